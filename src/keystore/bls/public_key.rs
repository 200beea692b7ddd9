//! Public keys.

use std::{fmt, str::FromStr};

use blst::min_pk;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::KeyError;

/// A public key: 48 bytes, compressed. Displayed as 96 lowercase hex digits without 0x, as in
/// keystores and deposit data.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicKey([u8; 48]);

impl PublicKey {
    /// Reads 48 bytes, which must be a point in the right group.
    pub fn from_bytes(bytes: [u8; 48]) -> Result<Self, KeyError> {
        min_pk::PublicKey::key_validate(&bytes).map_err(|_| KeyError::InvalidPublicKey)?;
        Ok(Self(bytes))
    }

    /// The 48 bytes.
    pub fn as_bytes(&self) -> &[u8; 48] {
        &self.0
    }

    pub(super) fn from_point(point: &min_pk::PublicKey) -> Self {
        Self(point.compress())
    }

    pub(super) fn point(&self) -> Option<min_pk::PublicKey> {
        min_pk::PublicKey::from_bytes(&self.0).ok()
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    /// Reads 96 hex digits in either case, with or without 0x.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        text.parse::<UncheckedPublicKey>()?.check()
    }
}

/// 48 bytes that should be a public key. The check is slow, so the caller decides when to do it: for
/// thousands of keys on all cores, or not at all for keys that are known to be valid.
pub struct UncheckedPublicKey([u8; 48]);

impl UncheckedPublicKey {
    /// Checks that the bytes are a public key.
    pub fn check(&self) -> Result<PublicKey, KeyError> {
        PublicKey::from_bytes(self.0)
    }

    /// Like [`Self::check`], but free of cost if the bytes equal the valid key `known`.
    pub fn check_unless(&self, known: Option<&PublicKey>) -> Result<PublicKey, KeyError> {
        match known {
            Some(known) if known.0 == self.0 => Ok(*known),
            _ => self.check(),
        }
    }
}

impl FromStr for UncheckedPublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let mut bytes = [0; 48];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| KeyError::Malformed)?;
        Ok(Self(bytes))
    }
}

impl<'de> Deserialize<'de> for UncheckedPublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_point_at_infinity_is_refused() {
        let mut infinity = [0; 48];
        infinity[0] = 0xc0;
        assert_eq!(PublicKey::from_bytes(infinity), Err(KeyError::InvalidPublicKey));
    }
}
