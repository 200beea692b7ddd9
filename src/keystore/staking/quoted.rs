//! Numbers in the consensus layer's JSON: strings of digits.

use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

pub(super) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    // Rust would also accept `+5`.
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(D::Error::custom("a number must be a string of digits"));
    }
    text.parse().map_err(D::Error::custom)
}
