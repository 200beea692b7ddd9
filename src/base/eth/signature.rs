//! 65-byte secp256k1 signatures, r ‖ s ‖ v, from which the signer's address is recovered.

use std::{fmt, str::FromStr};

use k256::ecdsa::{RecoveryId, Signature as Ecdsa, VerifyingKey};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::Address;

/// A recoverable signature with a low s, as every current wallet makes it. The equivalent form with a
/// high s is rejected, so that nobody can turn a signed document into a second, different one.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature {
    ecdsa: Ecdsa,
    odd: bool,
}

/// Bytes are not a signature that Stockade accepts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// Not 65 bytes in hex, or r or s out of range.
    #[error("not a signature: write 0x and 130 lowercase hex digits (r, s, v)")]
    Malformed,
    /// s is in the upper half of the group's order.
    #[error("the signature has a high s, which no wallet makes: use the original signature")]
    HighS,
    /// v is neither 27 nor 28.
    #[error("the signature's v is {0}, but must be 27 or 28")]
    V(u8),
    /// No public key matches.
    #[error("no key can have made this signature")]
    Unrecoverable,
}

/// The parts of a signature.
#[derive(Clone, PartialEq, Eq)]
pub struct Parts {
    /// r, 32 bytes big-endian.
    pub r: [u8; 32],
    /// s, 32 bytes big-endian; low.
    pub s: [u8; 32],
    /// Whether R's y coordinate is odd.
    pub y_is_odd: bool,
}

impl Signature {
    /// Builds a signature from r, s (32 bytes each, big-endian) and v (27 or 28).
    pub fn from_parts(r: [u8; 32], s: [u8; 32], v: u8) -> Result<Self, SignatureError> {
        let odd = match v {
            27 => false,
            28 => true,
            other => return Err(SignatureError::V(other)),
        };
        let ecdsa = Ecdsa::from_scalars(r, s).map_err(|_| SignatureError::Malformed)?;
        match ecdsa.normalize_s() {
            Some(_) => Err(SignatureError::HighS),
            None => Ok(Self { ecdsa, odd }),
        }
    }

    /// r ‖ s ‖ v, where v is 27 or 28.
    pub fn to_bytes(&self) -> [u8; 65] {
        let mut bytes = [27 + u8::from(self.odd); 65];
        for (to, from) in bytes.iter_mut().zip(self.ecdsa.to_bytes()) {
            *to = from;
        }
        bytes
    }

    /// r, s and the parity, as transactions carry them.
    pub fn parts(&self) -> Parts {
        let (r, s) = self.ecdsa.split_bytes();
        Parts { r: r.into(), s: s.into(), y_is_odd: self.odd }
    }

    /// The address whose key signed the 32-byte `digest`.
    pub fn recover(&self, digest: &[u8; 32]) -> Result<Address, SignatureError> {
        let id = RecoveryId::new(self.odd, false);
        let key = VerifyingKey::recover_from_prehash(digest, &self.ecdsa, id)
            .map_err(|_| SignatureError::Unrecoverable)?;
        Ok(Address::of_key(&key))
    }
}

impl FromStr for Signature {
    type Err = SignatureError;

    fn from_str(text: &str) -> Result<Self, SignatureError> {
        let digits = text.strip_prefix("0x").ok_or(SignatureError::Malformed)?;
        // A signature has one spelling only, so that nobody can make a second document from a first.
        if digits.bytes().any(|digit| digit.is_ascii_uppercase()) {
            return Err(SignatureError::Malformed);
        }
        let mut bytes = [0; 65];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| SignatureError::Malformed)?;
        let mut reader = crate::reader::Reader::new(&bytes);
        let mut parts = || Some((reader.array().ok()?, reader.array().ok()?, reader.u8().ok()?));
        let (r, s, v) = parts().ok_or(SignatureError::Malformed)?;
        Self::from_parts(r, s, v)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.to_bytes()))
    }
}

/// Secrets are derived from signatures over prompts, so Debug never prints the bytes.
impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
