//! What the mock makes of each field of a message. One that it does not know is refused: to pass
//! over it would give an answer that no device gives.

use super::{failure::Failure, kind, protobuf::Message};

/// Of a field that firmware heeds and the mock does not.
const NOT_SIMULATED: Failure = Failure::new(
    99,
    "The mock does not simulate a field of this message",
    "The mock does not simulate a field of this message",
);

/// The fields that the mock reads, and those that change nothing but how a screen looks: networks and
/// tokens by their definitions, addresses in chunks. `None` of a message without fields that count.
fn known(kind: u16) -> Option<&'static [u64]> {
    Some(match kind {
        // With a flag for Cardano.
        kind::INITIALIZE => &[1, 2, 3],
        kind::THP_CREATE_NEW_SESSION => &[1, 2, 3],
        kind::PING => &[1, 2],
        // With the language, the counter of U2F, and a flag that waives a checksum.
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

/// The fields that must be there, with their names.
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

/// What is wrong with the fields of a message, of which the firmware sees the first first.
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

/// Whether a field has a value of which the mock makes nothing.
fn has_other_value(kind: u16, message: &Message<'_>) -> bool {
    let is = |field, right: &str| message.text(field).is_none_or(|text| text == right);
    let zero = |field| message.number(field).unwrap_or_default() == 0;
    match kind {
        kind::GET_PUBLIC_KEY => !(is(2, "secp256k1") && is(4, "Bitcoin") && zero(5)),
        // Words in several shares, and a backup that is missing.
        kind::LOAD_DEVICE => message.all_bytes(1).len() > 1 || ![9, 10, 11].into_iter().all(zero),
        kind::GET_ADDRESS => !is_of_trezor_connect(message),
        _ => false,
    }
}

/// Trezor Connect asks for this one address, to know a session again.
fn is_of_trezor_connect(message: &Message<'_>) -> bool {
    const HARDENED: u32 = 1 << 31;
    message.path() == [44 | HARDENED, 1 | HARDENED, HARDENED, 0, 0]
        && message.text(2).as_deref() == Some("Testnet")
        && message.number(5).unwrap_or_default() == 0
}
