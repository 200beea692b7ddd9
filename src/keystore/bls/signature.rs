//! BLS signatures over signing roots.

use std::{fmt, str::FromStr};

use blst::{BLST_ERROR, min_pk};

use super::{KeyError, PublicKey};

/// The ciphersuite of Ethereum's consensus layer (proof of possession).
pub(super) const DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/// A signature: 96 bytes, compressed.
#[derive(Clone, PartialEq, Eq)]
pub struct Signature([u8; 96]);

impl Signature {
    pub(super) fn from_point(point: &min_pk::Signature) -> Self {
        Self(point.compress())
    }

    /// Wraps 96 bytes. Whether they are a valid point is checked by [`Signature::verify`].
    pub fn from_bytes(bytes: [u8; 96]) -> Self {
        Self(bytes)
    }

    /// The 96 bytes.
    pub fn as_bytes(&self) -> &[u8; 96] {
        &self.0
    }

    /// Whether `key` made this signature over the 32-byte signing `root`.
    pub fn verify(&self, root: &[u8; 32], key: &PublicKey) -> bool {
        let (Ok(signature), Some(key)) = (min_pk::Signature::from_bytes(&self.0), key.point())
        else {
            return false;
        };
        signature.verify(true, root, DST, &[], &key, true) == BLST_ERROR::BLST_SUCCESS
    }
}

impl FromStr for Signature {
    type Err = KeyError;

    /// Reads 192 hex digits, with or without 0x.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let mut bytes = [0; 96];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| KeyError::Malformed)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use crate::bls::SecretKey;

    #[test]
    fn a_signature_verifies_only_for_its_root_and_key() {
        let key = SecretKey::derive_master(&[1; 32]).unwrap();
        let other = SecretKey::derive_master(&[2; 32]).unwrap();
        let signature = key.sign(&[3; 32]);
        assert!(signature.verify(&[3; 32], &key.public_key()));
        assert!(!signature.verify(&[4; 32], &key.public_key()));
        assert!(!signature.verify(&[3; 32], &other.public_key()));
    }
}
