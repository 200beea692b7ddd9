//! Secret keys, and the key tree of EIP-2333.

use std::{fmt, sync::OnceLock};

use blst::min_pk;
use zeroize::Zeroize;

use super::{KeyError, PublicKey, Signature, signature::DST};
use stockade_base::{
    path::DerivationPath,
    secret::{SecretBytes, keep_in_memory},
};

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
        Self::boxed(Box::new(number))
    }

    fn boxed(number: Box<min_pk::SecretKey>) -> Self {
        keep_in_memory(&*number);
        Self { number, public: OnceLock::new() }
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
        let this = Self::boxed(self.number.clone());
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
        *self.public.get_or_init(|| PublicKey::from_point(&self.number.sk_to_pk()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_a_secret_key() {
        let key = SecretKey::derive_master(&[7; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(..)");
    }

    #[test]
    fn invalid_secret_keys_are_refused() {
        assert_eq!(SecretKey::from_bytes(&[0; 32]).unwrap_err(), KeyError::InvalidSecretKey);
        assert_eq!(SecretKey::from_bytes(&[0xff; 32]).unwrap_err(), KeyError::InvalidSecretKey);
        assert_eq!(SecretKey::derive_master(&[7; 31]).unwrap_err(), KeyError::ShortSeed(31));
    }
}
