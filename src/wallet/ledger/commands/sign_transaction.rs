use crate::{
    interact::Attention,
    ledger::{
        apdu::{Apdu, TooLong, encode_path},
        command::{Command, ReplyError},
    },
};
use stockade_base::{
    eth::{Fee, Signature, Transaction},
    path::DerivationPath,
    reader::Reader,
};

/// The most bytes that follow the data of a legacy transaction: the chain id and two empty fields.
const LEGACY_END: usize = 9 + 2;

/// `E0 04`: signs a transaction, in as many APDUs as it needs. Always asks the user.
///
/// Specification: [SIGN ETH TRANSACTION](https://github.com/LedgerHQ/app-ethereum/blob/develop/doc/ethapp.adoc#sign-eth-transaction).
#[derive(Debug, Clone, Copy)]
pub struct SignTransaction<'a> {
    /// The key's path.
    pub path: &'a DerivationPath,
    /// The transaction to sign.
    pub transaction: &'a Transaction,
}

impl Command for SignTransaction<'_> {
    type Response = Signature;

    const SINCE: Option<&'static str> = Some("1.0.0");

    fn apdus(&self) -> Result<Vec<Apdu>, TooLong> {
        let mut data = encode_path(self.path);
        data.extend(self.transaction.unsigned());
        let is_legacy = matches!(self.transaction.fee, Fee::Legacy { .. });
        Apdu::in_chunks(0x04, chunks(&data, is_legacy))
    }

    fn attention(&self) -> Option<Attention<'_>> {
        Some(Attention::Transaction(self.transaction))
    }

    /// `v r s`. For a legacy transaction, v is the lowest byte of EIP-155's v; otherwise it is the
    /// parity.
    fn parse(&self, data: &[u8]) -> Result<Signature, ReplyError> {
        let mut reader = Reader::new(data);
        let (v, r, s) = (reader.u8()?, reader.array()?, reader.array()?);
        reader.finish()?;
        let even = match self.transaction.fee {
            Fee::Legacy { .. } => {
                self.transaction.chain_id.wrapping_mul(2).wrapping_add(35).to_le_bytes()[0]
            }
            Fee::Eip1559 { .. } => 0,
        };
        let v = match v.wrapping_sub(even) {
            parity @ 0..=1 => 27 + parity,
            _ => return Err(ReplyError::Invalid("the v of the signature is for another chain")),
        };
        Signature::from_parts(r, s, v)
            .map_err(|_| ReplyError::Invalid("not a signature with a low s"))
    }
}

/// Splits `data` into pieces that each fit into an APDU.
///
/// If a piece of a legacy transaction ends just before the chain id, the app treats the transaction as
/// one from before EIP-155, shows that, and signs it for every chain. So no piece may end there: the
/// fields after the data are never sent alone.
fn chunks(data: &[u8], legacy: bool) -> impl Iterator<Item = &[u8]> {
    let last = data.len() % Apdu::MAX_DATA;
    let first = if legacy && (1..=LEGACY_END).contains(&last) {
        Apdu::MAX_DATA - LEGACY_END
    } else {
        Apdu::MAX_DATA
    };
    let (first, rest) = data.split_at_checked(first).unwrap_or((data, &[]));
    std::iter::once(first).chain(rest.chunks(Apdu::MAX_DATA))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transaction(length: usize, fee: Fee) -> Transaction {
        let to = "0x00000961Ef480Eb55e80D19ad83579A64c007002".parse().unwrap();
        let data = vec![0xab; length];
        Transaction { chain_id: u64::MAX, nonce: 0, fee, gas_limit: 1, to, value: 0, data }
    }

    fn sent(transaction: &Transaction) -> Vec<Vec<u8>> {
        let path = DerivationPath::check_address();
        let apdus = SignTransaction { path: &path, transaction }.apdus().unwrap();
        apdus.iter().map(|apdu| apdu.to_bytes()[5..].to_vec()).collect()
    }

    #[test]
    fn no_piece_of_a_legacy_transaction_ends_before_its_chain_id() {
        for length in 0..1200 {
            let transaction = transaction(length, Fee::Legacy { gas_price: 1 });
            let pieces = sent(&transaction);
            let whole = pieces.concat();
            assert!(whole.ends_with(&transaction.unsigned()));
            assert!(pieces.iter().all(|piece| (1..=255).contains(&piece.len())), "{length}");
            if let [_, .., last] = &*pieces {
                assert!(last.len() > LEGACY_END, "{length}: {}", last.len());
            }
        }
    }

    #[test]
    fn other_transactions_fill_their_pieces() {
        let fee = Fee::Eip1559 { max_fee_per_gas: 1, max_priority_fee_per_gas: 1 };
        for length in 0..600 {
            let pieces = sent(&transaction(length, fee));
            let (_, full) = pieces.split_last().unwrap();
            assert!(full.iter().all(|piece| piece.len() == 255), "{length}");
        }
    }

    #[test]
    fn a_v_for_another_chain_is_rejected() {
        let path = DerivationPath::check_address();
        let reply = |v: u8| [&[v][..], &[1; 64]].concat();
        let mut transaction = transaction(0, Fee::Legacy { gas_price: 1 });
        transaction.chain_id = 560_048;
        // 560048 * 2 + 35 = 1120131 = 0x111783.
        let command = SignTransaction { path: &path, transaction: &transaction };
        assert_eq!(command.parse(&reply(0x83)).unwrap().to_bytes()[64], 27);
        assert_eq!(command.parse(&reply(0x84)).unwrap().to_bytes()[64], 28);
        for v in [0, 1, 27, 28, 0x82, 0x85] {
            assert!(command.parse(&reply(v)).is_err(), "{v}");
        }
    }
}
