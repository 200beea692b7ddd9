//! The fields of messages that the mock supports. It refuses others: ignoring a field would lead to
//! an answer that no device gives.

use super::{failure::Failure, kind, protobuf::Message};

/// The failure for a field that firmware supports and the mock does not.
const NOT_SIMULATED: Failure = Failure::new(
    99,
    "The mock does not simulate a field of this message",
    "The mock does not simulate a field of this message",
);

/// The fields that the mock supports, and those that only change the look of a screen: definitions of
/// networks and tokens, chunked addresses. `None` if the message has no relevant fields.
fn known(kind: u16) -> Option<&'static [u64]> {
    Some(match kind {
        // Including a flag for Cardano.
        kind::INITIALIZE => &[1, 2, 3],
        kind::THP_CREATE_NEW_SESSION => &[1, 2, 3],
        kind::PING => &[1, 2],
        // Including the language, the U2F counter, and a flag to skip a checksum.
        kind::LOAD_DEVICE => &[1, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        kind::APPLY_SETTINGS => &[2, 3, 6, 9],
        kind::APPLY_FLAGS | kind::GET_ENTROPY => &[1],
        kind::CIPHER_KEY_VALUE => &[1, 2, 3, 4, 5, 6, 7],
        kind::SIGN_IDENTITY => &[1, 2, 3, 4],
        kind::GET_ECDH_SESSION_KEY => &[1, 2, 3],
        kind::GET_PUBLIC_KEY => &[1, 2, 3, 4, 5, 6],
        kind::GET_ADDRESS => &[1, 2, 3, 5, 6, 7],
        kind::ETHEREUM_GET_PUBLIC_KEY => &[1, 2],
        kind::ETHEREUM_GET_ADDRESS => &[1, 2, 3, 4],
        kind::ETHEREUM_SIGN_TX => &[1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 15],
        kind::ETHEREUM_SIGN_TX_EIP1559 => &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15],
        kind::ETHEREUM_SIGN_MESSAGE => &[1, 2, 3, 4],
        kind::ETHEREUM_VERIFY_MESSAGE => &[2, 3, 4, 5],
        kind::ETHEREUM_SIGN_TYPED_DATA => &[1, 2, 3, 4],
        kind::ETHEREUM_SIGN_TYPED_HASH => &[1, 2, 3, 4],
        _ => return None,
    })
}

/// The required fields and their names.
fn required(kind: u16) -> &'static [(u64, Failure)] {
    macro_rules! fields {
        ($($number:literal $name:literal),*) => {
            const {
                &[$(($number, Failure::new(
                    3,
                    "missing required field",
                    concat!("Failed to decode message: Missing required field. ", $name),
                ))),*]
            }
        };
    }
    match kind {
        kind::CIPHER_KEY_VALUE => fields![2 "key", 3 "value"],
        kind::GET_ENTROPY => fields![1 "size"],
        kind::APPLY_FLAGS => fields![1 "flags"],
        kind::PIN_MATRIX_ACK => fields![1 "pin"],
        kind::SIGN_IDENTITY => fields![1 "identity"],
        kind::GET_ECDH_SESSION_KEY => fields![1 "identity", 2 "peer_public_key"],
        kind::ETHEREUM_SIGN_TX => fields![3 "gas_price", 4 "gas_limit", 9 "chain_id"],
        kind::ETHEREUM_SIGN_TX_EIP1559 => fields![
            2 "nonce", 3 "max_gas_fee", 4 "max_priority_fee", 5 "gas_limit", 7 "value",
            9 "data_length", 10 "chain_id"
        ],
        kind::ETHEREUM_TX_ACK => fields![1 "data_chunk"],
        kind::ETHEREUM_SIGN_MESSAGE => fields![2 "message"],
        kind::ETHEREUM_VERIFY_MESSAGE => fields![2 "signature", 3 "message", 4 "address"],
        kind::ETHEREUM_SIGN_TYPED_DATA => fields![2 "primary_type"],
        kind::ETHEREUM_TYPED_DATA_VALUE_ACK => fields![1 "value"],
        kind::ETHEREUM_SIGN_TYPED_HASH => fields![2 "domain_separator_hash"],
        _ => &[],
    }
}

/// Checks the fields of a message, in the firmware's order.
pub(super) fn check(kind: u16, message: &Message<'_>) -> Result<(), Failure> {
    let has = |field: u64| message.fields.iter().any(|(number, _)| *number == field);
    if let Some((_, failure)) = required(kind).iter().find(|(number, _)| !has(*number)) {
        return Err(*failure);
    }
    let Some(known) = known(kind) else { return Ok(()) };
    let unknown = message.fields.iter().any(|(number, _)| !known.contains(number));
    if unknown || has_other_value(kind, message) {
        return Err(NOT_SIMULATED);
    }
    Ok(())
}

/// Whether a field has a value that the mock does not support.
fn has_other_value(kind: u16, message: &Message<'_>) -> bool {
    let is = |field, right: &str| message.text(field).is_none_or(|text| text == right);
    let zero = |field| message.number(field).unwrap_or_default() == 0;
    match kind {
        kind::GET_PUBLIC_KEY => !(is(2, "secp256k1") && is(4, "Bitcoin") && zero(5)),
        // A mnemonic in several shares, and a missing backup.
        kind::LOAD_DEVICE => message.all_bytes(1).len() > 1 || ![9, 10, 11].into_iter().all(zero),
        kind::GET_ADDRESS => !is_of_trezor_connect(message),
        _ => false,
    }
}

/// The address that Trezor Connect requests to recognize a session.
fn is_of_trezor_connect(message: &Message<'_>) -> bool {
    const HARDENED: u32 = 1 << 31;
    message.path() == [44 | HARDENED, 1 | HARDENED, HARDENED, 0, 0]
        && message.text(2).as_deref() == Some("Testnet")
        && message.number(5).unwrap_or_default() == 0
}
