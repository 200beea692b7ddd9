//! The public half of an age identity.

use std::fmt;

use age::x25519;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A valid `age1..` recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient(String);

impl Recipient {
    /// The recipient as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The recipient as a type of the `age` crate.
    pub(crate) fn to_age(&self) -> Result<x25519::Recipient, &'static str> {
        self.0.parse()
    }
}

impl TryFrom<String> for Recipient {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let recipient: x25519::Recipient = text.parse()?;
        // Only the canonical form: two spellings of one recipient would look like two custodians.
        if recipient.to_string() == text {
            Ok(Self(text))
        } else {
            Err("not an age recipient in its usual form")
        }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Recipient {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Recipient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
