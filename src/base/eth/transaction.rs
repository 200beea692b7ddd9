//! Transactions that wallets sign: legacy ones with EIP-155 replay protection, and EIP-1559.

use sha3::{Digest, Keccak256};

use super::{
    Address, Signature,
    rlp::List,
    signature::{Parts, SignatureError},
};

/// EIP-2718's type byte of an EIP-1559 transaction.
const EIP_1559: u8 = 0x02;

/// A transaction to an account or a contract. Contract creation is not supported.
///
/// Exhaustive: every field is signed, so code that builds one must set each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The chain on which it is valid (EIP-155).
    pub chain_id: u64,
    /// The number of transactions that the sender has sent before.
    pub nonce: u64,
    /// The price of gas.
    pub fee: Fee,
    /// The most gas that it may use.
    pub gas_limit: u64,
    /// The recipient: an account or a contract.
    pub to: Address,
    /// The amount transferred, in wei.
    pub value: u128,
    /// The call data; empty for a plain transfer.
    pub data: Vec<u8>,
}

/// The price of gas, in wei per unit of gas.
///
/// Exhaustive: code that signs transactions must handle each kind of fee, or refuse it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fee {
    /// A single price, in a legacy transaction.
    Legacy {
        /// The price.
        gas_price: u128,
    },
    /// EIP-1559: the block's base fee and a tip, up to a maximum.
    Eip1559 {
        /// The maximum of base fee and tip together.
        max_fee_per_gas: u128,
        /// The maximum tip.
        max_priority_fee_per_gas: u128,
    },
}

impl Fee {
    /// The highest possible price of a unit of gas, in wei.
    pub fn most_per_gas(&self) -> u128 {
        match *self {
            Self::Legacy { gas_price } => gas_price,
            Self::Eip1559 { max_fee_per_gas, .. } => max_fee_per_gas,
        }
    }
}

impl Transaction {
    /// The bytes whose hash is signed: EIP-155's list, or 02 and EIP-1559's list.
    pub fn unsigned(&self) -> Vec<u8> {
        match self.fee {
            Fee::Legacy { .. } => {
                self.fields().number(&self.chain_id.to_be_bytes()).bytes(&[]).bytes(&[]).encode()
            }
            Fee::Eip1559 { .. } => typed(self.fields()),
        }
    }

    /// Keccak-256 of [`unsigned`](Self::unsigned).
    pub fn signing_hash(&self) -> [u8; 32] {
        Keccak256::digest(self.unsigned()).into()
    }

    /// The signed transaction, as nodes broadcast it.
    pub fn signed(&self, signature: &Signature) -> Vec<u8> {
        let Parts { r, s, y_is_odd } = signature.parts();
        let parity = u128::from(y_is_odd);
        let with_v = |v: u128| self.fields().number(&v.to_be_bytes()).number(&r).number(&s);
        match self.fee {
            Fee::Legacy { .. } => with_v(u128::from(self.chain_id) * 2 + 35 + parity).encode(),
            Fee::Eip1559 { .. } => typed(with_v(parity)),
        }
    }

    /// The address that signed it.
    pub fn recover(&self, signature: &Signature) -> Result<Address, SignatureError> {
        signature.recover(&self.signing_hash())
    }

    /// The highest possible cost of its gas, in wei; `None` if that exceeds a `u128`.
    pub fn most_gas_cost(&self) -> Option<u128> {
        self.fee.most_per_gas().checked_mul(u128::from(self.gas_limit))
    }

    /// All fields before the signature.
    fn fields(&self) -> List {
        let list = match self.fee {
            Fee::Legacy { gas_price } => {
                List::default().number(&self.nonce.to_be_bytes()).number(&gas_price.to_be_bytes())
            }
            Fee::Eip1559 { max_fee_per_gas, max_priority_fee_per_gas } => List::default()
                .number(&self.chain_id.to_be_bytes())
                .number(&self.nonce.to_be_bytes())
                .number(&max_priority_fee_per_gas.to_be_bytes())
                .number(&max_fee_per_gas.to_be_bytes()),
        };
        let list = list
            .number(&self.gas_limit.to_be_bytes())
            .bytes(self.to.as_bytes())
            .number(&self.value.to_be_bytes())
            .bytes(&self.data);
        match self.fee {
            Fee::Legacy { .. } => list,
            // An empty access list.
            Fee::Eip1559 { .. } => list.empty_list(),
        }
    }
}

/// The hash of a signed transaction, by which explorers and nodes identify it: Keccak-256 of the
/// broadcast bytes.
pub fn hash(raw: &[u8]) -> [u8; 32] {
    Keccak256::digest(raw).into()
}

fn typed(list: List) -> Vec<u8> {
    let mut bytes = vec![EIP_1559];
    bytes.extend(list.encode());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENDER: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";

    fn call(chain_id: u64, nonce: u64, fee: Fee) -> Transaction {
        let to = "0x00000961Ef480Eb55e80D19ad83579A64c007002".parse().unwrap();
        Transaction { chain_id, nonce, fee, gas_limit: 21_000, to, value: 0, data: Vec::new() }
    }

    fn exit(nonce: u64, fee: Fee) -> Transaction {
        let data = [&[0xab; 48][..], &[0; 8]].concat();
        Transaction { gas_limit: 200_000, value: 1, data, ..call(560_048, nonce, fee) }
    }

    fn eip_1559(max_fee_per_gas: u128, max_priority_fee_per_gas: u128) -> Fee {
        Fee::Eip1559 { max_fee_per_gas, max_priority_fee_per_gas }
    }

    /// Made with eth-account and the key of `SENDER`: the transaction, the hash that is signed, the
    /// signature, and the broadcast bytes.
    #[test]
    fn transactions_are_encoded_and_hashed_as_eth_account_does() {
        for (transaction, hash, signature, raw) in [
            (
                exit(0, eip_1559(30_000_000_000, 1_000_000_000)),
                "a30a5db2da32c18c7191511d2cc802595436ce0fa10d1be7b47aa4c108c55406",
                "525d59a3649ce7e2fbb03873bf3afdee6c6ea8912ebe23bb9e2d996a9128a453061ce04c49f05e8a8e12aaf4724d75ca64c952630a730c74aa6060e1c3f40cea1c",
                "02f8a883088bb080843b9aca008506fc23ac0083030d409400000961ef480eb55e80d19ad83579a64c00700201b838abababababababababababababababababababababababababababababababababababababababababababababababab0000000000000000c001a0525d59a3649ce7e2fbb03873bf3afdee6c6ea8912ebe23bb9e2d996a9128a453a0061ce04c49f05e8a8e12aaf4724d75ca64c952630a730c74aa6060e1c3f40cea",
            ),
            (
                exit(7, Fee::Legacy { gas_price: 20_000_000_000 }),
                "7e9c877f8035f3369470dbc5c227d803458395453f239d957aa34f14a6de81a3",
                "72fe6ab0f15b3f611e4eb961c5e03f138a6eb23100858e54fa7333ed807001401f2ed04c612b55840ffceb73ac0ca9274917575748a6e3507d4ba9923120b26b1c",
                "f8a1078504a817c80083030d409400000961ef480eb55e80d19ad83579a64c00700201b838abababababababababababababababababababababababababababababababababababababababababababababababab000000000000000083111784a072fe6ab0f15b3f611e4eb961c5e03f138a6eb23100858e54fa7333ed80700140a01f2ed04c612b55840ffceb73ac0ca9274917575748a6e3507d4ba9923120b26b",
            ),
            (
                call(1, 127, Fee::Legacy { gas_price: 0 }),
                "c4bde70d0d7bf719151bf36e5165308b99cc6da177919791110752c1be2cca4f",
                "2c75b9d2993beeeca5443c6f1f733df6f414ae3afbad8d315eebe4ef81762bc56b797925e766b01b78f426b1691f6a6b416629459601948b576e91e174c1c9371b",
                "f85f7f808252089400000961ef480eb55e80d19ad83579a64c007002808025a02c75b9d2993beeeca5443c6f1f733df6f414ae3afbad8d315eebe4ef81762bc5a06b797925e766b01b78f426b1691f6a6b416629459601948b576e91e174c1c937",
            ),
            (
                call(1, 128, eip_1559(u128::MAX, 1 << 64)),
                "3660a687cfbe35bef02d8743d7260c42adc7d405a055d892caa5ffa6dff87adb",
                "3571e5098c21245f9cc4f7c3000d694ab3796c7cac46ceba8fe6750864d9ddd9658c1d112be79681845575e91a539a9db7683a312ba3b5362ca69b31e4e815ca1b",
                "02f87c0181808901000000000000000090ffffffffffffffffffffffffffffffff8252089400000961ef480eb55e80d19ad83579a64c0070028080c080a03571e5098c21245f9cc4f7c3000d694ab3796c7cac46ceba8fe6750864d9ddd9a0658c1d112be79681845575e91a539a9db7683a312ba3b5362ca69b31e4e815ca",
            ),
            // r, and then s, begins with a zero byte.
            (
                call(1, 350, eip_1559(1, 1)),
                "96a2e9a4de030833ea1d32a5af39904aeb5e799ba98dd931bae5a38ef7266a79",
                "0027593ac7473eafeaa689fdcaabe1198deef4e52d1f9a5d60cf7264d47687304bd5d4e255a86fdf0d5d7525cb353ac0403440a185e45e1095182ae48a1b54cd1b",
                "02f8630182015e01018252089400000961ef480eb55e80d19ad83579a64c0070028080c0809f27593ac7473eafeaa689fdcaabe1198deef4e52d1f9a5d60cf7264d4768730a04bd5d4e255a86fdf0d5d7525cb353ac0403440a185e45e1095182ae48a1b54cd",
            ),
            (
                call(1, 435, eip_1559(1, 1)),
                "f60503e6ddc44e5138123bd653500000a34624d5827c07a00880015619c08c2b",
                "729a36c2948ccc82f936bf6de5781f502bec7539a85afc33e24485f1565312ce0016729d7282a88d7c25480f8caa19817448641dae532884e25bae93f6e7b9d31c",
                "02f863018201b301018252089400000961ef480eb55e80d19ad83579a64c0070028080c001a0729a36c2948ccc82f936bf6de5781f502bec7539a85afc33e24485f1565312ce9f16729d7282a88d7c25480f8caa19817448641dae532884e25bae93f6e7b9d3",
            ),
            (
                call(u64::MAX, u64::MAX - 1, Fee::Legacy { gas_price: 1 }),
                "d17d757618c6fd6e9521a78daca25f52c5f1754a8de6bf986e6344793e1829c3",
                "c13c824734cff79d4bbe523bd0429905eeb429196769a48390e37377ccf2c022374d2cdd8368a7519678f19142a9ee2520b2136b4114c0caff69a98ad32dbf101b",
                "f87088fffffffffffffffe018252089400000961ef480eb55e80d19ad83579a64c007002808089020000000000000021a0c13c824734cff79d4bbe523bd0429905eeb429196769a48390e37377ccf2c022a0374d2cdd8368a7519678f19142a9ee2520b2136b4114c0caff69a98ad32dbf10",
            ),
        ] {
            let signature = format!("0x{signature}").parse().unwrap();
            assert_eq!(hex::encode(transaction.signing_hash()), hash);
            assert_eq!(transaction.recover(&signature).unwrap().to_string(), SENDER);
            assert_eq!(hex::encode(transaction.signed(&signature)), raw);
        }
    }

    #[test]
    fn the_highest_cost_of_gas_is_known_or_overflows() {
        let cost = |fee| call(1, 0, fee).most_gas_cost();
        assert_eq!(cost(eip_1559(30, 1)), Some(630_000));
        assert_eq!(cost(Fee::Legacy { gas_price: 2 }), Some(42_000));
        assert_eq!(cost(eip_1559(u128::MAX, 1)), None);
    }
}
