//! Transactions.

use stockade::{
    bls::PublicKey,
    device::Show,
    eth::{Fee, Transaction},
    staking::ExecutionRequest,
};

use super::{
    super::{
        known,
        subject::{Role, Subject, Words},
    },
    Outcome, session,
};

const PATH: &str = "m/44'/60'/0'/0/0";
const EIP_1559: Fee =
    Fee::Eip1559 { max_fee_per_gas: 30_000_000_000, max_priority_fee_per_gas: 1_000_000_000 };

/// On a chain that no wallet keeps from anybody.
fn payment(fee: Fee) -> Transaction {
    let to = "0x5252525252525252525252525252525252525252".parse().unwrap();
    let value = 100_000_000_000_000_000;
    Transaction { chain_id: 1, nonce: 7, fee, gas_limit: 21_000, to, value, data: Vec::new() }
}

pub(in super::super) fn legacy(subject: &Subject) -> Outcome {
    let fee = Fee::Legacy { gas_price: 20_000_000_000 };
    let transaction = Transaction { nonce: 1, ..payment(fee) };
    signs(subject, &transaction, Some(known::SIGNED_LEGACY))
}

pub(in super::super) fn eip_1559(subject: &Subject) -> Outcome {
    signs(subject, &payment(EIP_1559), Some(known::SIGNED_EIP_1559))
}

pub(in super::super) fn exit(subject: &Subject) -> Outcome {
    let validator: PublicKey = known::BLS_SIGNING_KEY.parse().unwrap();
    let request = ExecutionRequest::Exit { validator };
    let (to, data) = (request.contract(), request.calldata());
    let transaction = Transaction { to, data, value: 1, gas_limit: 200_000, ..payment(EIP_1559) };
    signs(subject, &transaction, None)
}

/// `known` is r and s of abandon..about.
fn signs(subject: &Subject, transaction: &Transaction, known: Option<&str>) -> Outcome {
    if !subject.offers.transactions {
        return Outcome::NotOffered("no transactions");
    }
    let words = subject.words();
    let mut session = session!(subject, Role::Approves);
    let path = PATH.parse().unwrap();
    let transactions = session.wallet.transactions().unwrap();
    let signature = transactions.sign_transaction(&path, transaction, &mut session.person).unwrap();
    assert!(!session.person.looked_at.is_empty(), "its user was not asked");
    let address = session.address(PATH, Show::Silently).unwrap();
    assert_eq!(transaction.recover(&signature).unwrap(), address);
    if let (Words::AbandonAbout, Some(known)) = (words, known) {
        assert_eq!(hex::encode(&signature.to_bytes()[..64]), known);
    }
    Outcome::Passed
}
