//! 20-byte account addresses with the mixed-case checksum of EIP-55.
//!
//! They are made from public keys in SEC1 encoding, so that callers choose their secp256k1 crate.

use std::{fmt, str::FromStr};

use k256::ecdsa::VerifyingKey;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha3::{Digest, Keccak256};

/// An account address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address([u8; 20]);

/// A text is not an address, or bytes are not a public key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Not 0x and 40 hex digits.
    #[error("not an address: write 0x and 40 hex digits")]
    Malformed,
    /// All letters are in one case, and the caller requires the checksum.
    #[error(
        "this address has no EIP-55 checksum (its letters are all in one case): copy it in mixed case"
    )]
    NoChecksum,
    /// The case of the letters does not match EIP-55.
    #[error("this address fails its EIP-55 checksum: a digit is wrong")]
    WrongChecksum,
    /// Not a point of the curve.
    #[error("not a secp256k1 public key")]
    NotAPublicKey,
}

impl Address {
    /// Wraps the 20 bytes of an address.
    pub fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The 20 bytes.
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The address of a secp256k1 public key in SEC1 encoding, compressed or not.
    pub fn from_public_key(sec1: &[u8]) -> Result<Self, AddressError> {
        let key = VerifyingKey::from_sec1_bytes(sec1).map_err(|_| AddressError::NotAPublicKey)?;
        Ok(Self::of_key(&key))
    }

    /// The last 20 bytes of Keccak-256 of the key's coordinates.
    pub(super) fn of_key(key: &VerifyingKey) -> Self {
        let point = key.to_encoded_point(false);
        let coordinates = point.as_bytes().get(1..).unwrap_or_default();
        Self(Keccak256::digest(coordinates).last_chunk().copied().unwrap_or_default())
    }

    /// Reads an address that must have an EIP-55 checksum, as one typed by a person must.
    pub fn parse_checksummed(text: &str) -> Result<Self, AddressError> {
        let address: Self = text.parse()?;
        if address.to_string() == text { Ok(address) } else { Err(AddressError::NoChecksum) }
    }
}

impl FromStr for Address {
    type Err = AddressError;

    /// Accepts a checksummed address, or one whose letters are all in one case.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let digits = text.strip_prefix("0x").ok_or(AddressError::Malformed)?;
        let mut bytes = [0; 20];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| AddressError::Malformed)?;
        let address = Self(bytes);
        let one_case = !digits.bytes().any(|b| b.is_ascii_uppercase())
            || !digits.bytes().any(|b| b.is_ascii_lowercase());
        if one_case || address.to_string() == text {
            Ok(address)
        } else {
            Err(AddressError::WrongChecksum)
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = hex::encode(self.0);
        let hash = hex::encode(Keccak256::digest(digits.as_bytes()));
        f.write_str("0x")?;
        for (digit, nibble) in digits.chars().zip(hash.chars()) {
            let upper = matches!(nibble, '8'..='9' | 'a'..='f');
            write!(f, "{}", if upper { digit.to_ascii_uppercase() } else { digit })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eip_55_examples() {
        for text in [
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        ] {
            assert_eq!(Address::parse_checksummed(text).unwrap().to_string(), text);
            let lower = text.to_lowercase();
            assert_eq!(lower.parse::<Address>().unwrap().to_string(), text);
            assert_eq!(Address::parse_checksummed(&lower), Err(AddressError::NoChecksum));
        }
        let typo = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD";
        assert_eq!(typo.parse::<Address>(), Err(AddressError::WrongChecksum));
    }
}
