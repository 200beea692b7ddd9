//! Requests that a withdrawal address makes for its validators by a transaction: EIP-7002 and
//! EIP-7251.

use std::num::NonZeroU64;

use crate::bls::PublicKey;
use stockade_base::eth::Address;

/// The contract of EIP-7002, at the same address on every chain. On Gnosis and Chiado by
/// [their specification](https://github.com/gnosischain/specs/blob/master/network-upgrades/pectra.md).
const WITHDRAWALS: [u8; 20] = [
    0x00, 0x00, 0x09, 0x61, 0xef, 0x48, 0x0e, 0xb5, 0x5e, 0x80, 0xd1, 0x9a, 0xd8, 0x35, 0x79, 0xa6,
    0x4c, 0x00, 0x70, 0x02,
];

/// The contract of EIP-7251, at the same address on every chain.
const CONSOLIDATIONS: [u8; 20] = [
    0x00, 0x00, 0xbb, 0xdd, 0xc7, 0xce, 0x48, 0x86, 0x42, 0xfb, 0x57, 0x9f, 0x8b, 0x00, 0xf3, 0xa5,
    0x90, 0x00, 0x72, 0x51,
];

/// A request that the execution layer passes on to the consensus layer.
///
/// It is a call of a system contract by the validator's withdrawal address. The chain ignores a
/// request from any other address, and keeps its fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecutionRequest {
    /// The validator exits, and its whole balance is paid out (EIP-7002).
    Exit {
        /// Which validator.
        validator: PublicKey,
    },
    /// Part of what a compounding (0x02) validator has above 32·10⁹ Gwei is paid out (EIP-7002).
    Withdrawal {
        /// Which validator.
        validator: PublicKey,
        /// The amount in consensus layer Gwei.
        gwei: NonZeroU64,
    },
    /// One validator exits, and its balance goes to another, which must have compounding (0x02)
    /// credentials (EIP-7251).
    Consolidation {
        /// The validator that exits.
        source: PublicKey,
        /// The validator that receives the balance.
        target: PublicKey,
    },
    /// The validator's credentials become compounding (0x02): a consolidation with itself (EIP-7251).
    Compounding {
        /// Which validator.
        validator: PublicKey,
    },
}

impl ExecutionRequest {
    /// The contract to call. Called without data, it returns the fee of a request in wei, as a number of
    /// 32 bytes.
    pub fn contract(&self) -> Address {
        Address::from_bytes(match self {
            Self::Exit { .. } | Self::Withdrawal { .. } => WITHDRAWALS,
            Self::Consolidation { .. } | Self::Compounding { .. } => CONSOLIDATIONS,
        })
    }

    /// The data of the call: a key (48 bytes) and an amount (8 bytes, big-endian), or two keys.
    pub fn calldata(&self) -> Vec<u8> {
        match self {
            Self::Exit { validator } => [&validator.as_bytes()[..], &[0; 8]].concat(),
            Self::Withdrawal { validator, gwei } => {
                [&validator.as_bytes()[..], &gwei.get().to_be_bytes()].concat()
            }
            Self::Consolidation { source, target } => {
                [&source.as_bytes()[..], target.as_bytes()].concat()
            }
            Self::Compounding { validator } => validator.as_bytes().repeat(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The signing keys of validators 0 and 1 of abandon..about.
    const KEYS: [&str; 2] = [
        "b3e445d43871965d890a398f719348a1405ac72e35b92727cc570026f54471af7ea7b2040622a8fd0b5bfb2a209b5911",
        "8b52e53cb73723a8f60fe279edfb277f48ec3ae54070326113c7277decd0f1dd9fab5267dfe40604c2614028be7860b1",
    ];

    #[test]
    fn requests_are_encoded_as_their_eips_say() {
        let [one, other] = KEYS.map(|key| key.parse::<PublicKey>().unwrap());
        let requests = [
            (ExecutionRequest::Exit { validator: one }, format!("{}0000000000000000", KEYS[0])),
            (
                ExecutionRequest::Withdrawal {
                    validator: one,
                    gwei: NonZeroU64::new(1_500_000_000).unwrap(),
                },
                format!("{}0000000059682f00", KEYS[0]),
            ),
            (
                ExecutionRequest::Consolidation { source: one, target: other },
                format!("{}{}", KEYS[0], KEYS[1]),
            ),
            (ExecutionRequest::Compounding { validator: one }, format!("{0}{0}", KEYS[0])),
        ];
        for (request, calldata) in &requests {
            assert_eq!(hex::encode(request.calldata()), *calldata);
        }
        let contracts = requests.map(|(request, _)| request.contract().to_string());
        let withdrawals = "0x00000961Ef480Eb55e80D19ad83579A64c007002";
        let consolidations = "0x0000BBdDc7CE488642fb579F8B00f3a590007251";
        assert_eq!(contracts, [withdrawals, withdrawals, consolidations, consolidations]);
    }
}
