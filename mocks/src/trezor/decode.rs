//! Decodes messages like each firmware. The One has size limits for its fields
//! (`legacy/firmware/protob/*.options`); core firmware has none.

use super::{
    failure::Failure,
    fields, kind,
    model::Model,
    protobuf::{Malformed, Message, Value},
};

enum Limit {
    /// At most this many bytes.
    Bytes(usize),
    /// At most this many bytes of text.
    Text(usize),
    /// At most this many values.
    Count(usize),
}

use Limit::{Bytes, Count, Text};

const BYTES_OVERFLOW: Failure = Failure::new(3, "bytes overflow", "");
const TEXT_OVERFLOW: Failure = Failure::new(3, "string overflow", "");
const COUNT_OVERFLOW: Failure = Failure::new(3, "array overflow", "");

fn limits(kind: u16) -> &'static [(u64, Limit)] {
    match kind {
        kind::INITIALIZE => &[(1, Bytes(32))],
        kind::PING => &[(1, Text(255))],
        kind::LOAD_DEVICE => {
            &[(1, Count(16)), (1, Text(240)), (3, Text(50)), (5, Text(16)), (6, Text(32))]
        }
        kind::PIN_MATRIX_ACK | kind::PASSPHRASE_ACK => &[(1, Text(50))],
        kind::CIPHER_KEY_VALUE => {
            &[(1, Count(8)), (2, Text(255)), (3, Bytes(1024)), (7, Bytes(16))]
        }
        kind::APPLY_SETTINGS => &[(1, Text(16)), (2, Text(32)), (4, Bytes(1024))],
        kind::ETHEREUM_GET_ADDRESS => &[(1, Count(8)), (3, Bytes(1024))],
        kind::ETHEREUM_SIGN_MESSAGE => &[(1, Count(8)), (2, Bytes(1024)), (3, Bytes(1024))],
        kind::ETHEREUM_VERIFY_MESSAGE => &[(2, Bytes(65)), (3, Bytes(1024)), (4, Text(42))],
        kind::GET_PUBLIC_KEY => &[(1, Count(8)), (2, Text(32)), (4, Text(21))],
        kind::ETHEREUM_GET_PUBLIC_KEY => &[(1, Count(8))],
        kind::ETHEREUM_SIGN_TX => &[
            (1, Count(8)),
            (2, Bytes(32)),
            (3, Bytes(32)),
            (4, Bytes(32)),
            (6, Bytes(32)),
            (7, Bytes(1024)),
            (11, Text(42)),
        ],
        kind::ETHEREUM_SIGN_TX_EIP1559 => &[
            (1, Count(8)),
            (2, Bytes(32)),
            (3, Bytes(32)),
            (4, Bytes(32)),
            (5, Bytes(32)),
            (6, Text(42)),
            (7, Bytes(32)),
            (8, Bytes(1024)),
            (11, Count(8)),
        ],
        kind::GET_ADDRESS => &[(1, Count(8)), (2, Text(20))],
        kind::ETHEREUM_TX_ACK => &[(1, Bytes(1024))],
        kind::ETHEREUM_SIGN_TYPED_HASH => &[(1, Count(8)), (2, Bytes(32)), (3, Bytes(32))],
        _ => &[],
    }
}

/// Decodes a message of type `kind`.
pub(super) fn decode(model: Model, kind: u16, payload: &[u8]) -> Result<Message<'_>, Failure> {
    let (message, fault) = Message::read(payload);
    match fault {
        // Core firmware treats this as the end of the message.
        Some(Malformed::EndInKey) if model != Model::One => {}
        Some(fault) => return Err(Failure::malformed(fault)),
        None if model == Model::One => check(kind, &message)?,
        None => {}
    }
    fields::check(kind, &message)?;
    Ok(message)
}

/// Checks the One's size limits.
fn check(kind: u16, message: &Message<'_>) -> Result<(), Failure> {
    for (field, limit) in limits(kind) {
        let values = message.fields.iter().filter(|(number, _)| number == field);
        let longest = values.clone().filter_map(|(_, value)| match value {
            Value::Bytes(bytes) => Some(bytes.len()),
            Value::Number(_) => None,
        });
        let longest = longest.max().unwrap_or(0);
        match limit {
            Bytes(most) if longest > *most => return Err(BYTES_OVERFLOW),
            Text(most) if longest > *most => return Err(TEXT_OVERFLOW),
            Count(most) if values.count() > *most => return Err(COUNT_OVERFLOW),
            _ => {}
        }
    }
    Ok(())
}
