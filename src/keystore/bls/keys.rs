//! Secret and public keys, and the key tree of EIP-2333.

use std::{fmt, str::FromStr, sync::OnceLock};

use blst::min_pk;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use zeroize::Zeroize;

use super::Signature;
use stockade_base::{path::DerivationPath, secret::SecretBytes};

/// The ciphersuite of Ethereum's consensus layer (proof of possession).
pub(super) const DST: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/// Why bytes are not a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The number is zero, or not below the group's order.
    #[error("not a BLS12-381 secret key: the number is zero or too large")]
    InvalidSecretKey,
    /// The text is not hex digits of the right length.
    #[error("a BLS public key has 96 hex digits, a signature 192")]
    Malformed,
    /// The bytes are not a point in the right group, or they are the point at infinity.
    #[error("not a BLS12-381 public key: these 48 bytes are not a valid point")]
    InvalidPublicKey,
    /// EIP-2333 requires a seed of at least 32 bytes.
    #[error("a seed of {0} bytes is too short: EIP-2333 requires 32")]
    ShortSeed(usize),
}

/// A validator's secret key. It is wiped when dropped.
pub struct SecretKey {
    /// Boxed, so that moving the key does not copy the secret. blst's own Debug would print it, so it
    /// never leaves this type.
    number: Box<min_pk::SecretKey>,
    /// The public key, once it is computed, which takes longer than anything else done with a key.
    public: OnceLock<PublicKey>,
}

impl SecretKey {
    fn new(number: min_pk::SecretKey) -> Self {
        Self { number: Box::new(number), public: OnceLock::new() }
    }

    /// The master key of `seed` (EIP-2333 `derive_master_SK`).
    pub fn derive_master(seed: &[u8]) -> Result<Self, KeyError> {
        min_pk::SecretKey::derive_master_eip2333(seed)
            .map(Self::new)
            .map_err(|_| KeyError::ShortSeed(seed.len()))
    }

    /// The child key at `index` (EIP-2333 `derive_child_SK`).
    pub fn derive_child(&self, index: u32) -> Self {
        Self::new(self.number.derive_child_eip2333(index))
    }

    /// The key at `path` below this one.
    pub fn derive_path(&self, path: &DerivationPath) -> Self {
        self.derive(path.levels())
    }

    pub(super) fn derive(&self, levels: &[u32]) -> Self {
        let this = Self { number: self.number.clone(), public: OnceLock::new() };
        levels.iter().fold(this, |key, level| key.derive_child(*level))
    }

    /// Reads 32 bytes, big-endian.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        min_pk::SecretKey::from_bytes(bytes).map(Self::new).map_err(|_| KeyError::InvalidSecretKey)
    }

    /// The key as 32 bytes, big-endian.
    pub fn to_bytes(&self) -> SecretBytes<32> {
        let mut bytes = self.number.to_bytes();
        let secret = SecretBytes::new(|to| to.copy_from_slice(&bytes));
        bytes.zeroize();
        secret
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        *self.public.get_or_init(|| PublicKey(self.number.sk_to_pk().compress()))
    }

    /// Stores the public key, so that it need not be computed. It must be the right one.
    pub(super) fn remember(&self, public: PublicKey) {
        let _ = self.public.set(public);
    }

    /// Signs a 32-byte signing root.
    pub fn sign(&self, root: &[u8; 32]) -> Signature {
        Signature::from_point(&self.number.sign(root, DST, &[]))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

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
    fn debug_never_shows_a_secret_key() {
        let key = SecretKey::derive_master(&[7; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(..)");
    }

    #[test]
    fn invalid_keys_are_refused() {
        assert_eq!(SecretKey::from_bytes(&[0; 32]).unwrap_err(), KeyError::InvalidSecretKey);
        assert_eq!(SecretKey::from_bytes(&[0xff; 32]).unwrap_err(), KeyError::InvalidSecretKey);
        assert_eq!(SecretKey::derive_master(&[7; 31]).unwrap_err(), KeyError::ShortSeed(31));
        let mut infinity = [0; 48];
        infinity[0] = 0xc0;
        assert_eq!(PublicKey::from_bytes(infinity), Err(KeyError::InvalidPublicKey));
    }
}
