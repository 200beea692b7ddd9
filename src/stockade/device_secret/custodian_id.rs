//! The 8 hex digits that identify a custodian in prompts and manifests.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// 8 lowercase hex digits, random.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CustodianId(String);

/// Why a text is not a custodian id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a custodian id: it has 8 lowercase hex digits")]
pub struct CustodianIdError;

impl CustodianId {
    /// Makes a new id.
    pub fn random() -> Result<Self, stockade_base::secret::RandomError> {
        let mut bytes = [0; 4];
        stockade_base::secret::fill_random(&mut bytes)?;
        Ok(Self(hex::encode(bytes)))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CustodianId {
    type Err = CustodianIdError;

    fn from_str(text: &str) -> Result<Self, CustodianIdError> {
        let digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 8 && text.bytes().all(digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(CustodianIdError)
        }
    }
}

impl fmt::Display for CustodianId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for CustodianId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for CustodianId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
