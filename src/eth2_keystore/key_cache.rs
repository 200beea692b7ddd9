//! One key derivation for many keystores that share a password and a salt.

use std::{collections::HashMap, sync::Arc};

use sha2::{Digest, Sha256};

use super::{DecryptionKey, Kdf, KdfError, Password};
use crate::secret::SecretBytes;

/// Remembers decryption keys, so that a batch sharing a salt costs one scrypt and not one for each
/// keystore. The keys are wiped when this is dropped.
#[derive(Debug, Default)]
pub struct KeyCache {
    /// By what is public; then by the password's hash.
    keys: HashMap<Kdf, Vec<(SecretBytes<32>, Arc<DecryptionKey>)>>,
}

impl KeyCache {
    /// An empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    /// The decryption key of `password` under `kdf`, derived now unless it is remembered.
    pub fn key(&mut self, password: &Password, kdf: &Kdf) -> Result<Arc<DecryptionKey>, KdfError> {
        let id = SecretBytes::<32>::new(|out| {
            Sha256::new_with_prefix(password.as_bytes()).finalize_into(out.into());
        });
        let keys = self.keys.entry(kdf.clone()).or_default();
        if let Some((_, key)) = keys.iter().find(|(other, _)| other.expose() == id.expose()) {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(DecryptionKey::derive(password, kdf)?);
        keys.push((id, Arc::clone(&key)));
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eth2_keystore::KdfFunction;

    #[test]
    fn a_key_is_derived_once_for_each_password_and_kdf() {
        let kdf = |salt| Kdf::new(KdfFunction::Pbkdf2 { c: 2 }, vec![salt]).unwrap();
        let password = |text| Password::new(text).unwrap();
        let mut cache = KeyCache::new();
        let first = cache.key(&password("a"), &kdf(1)).unwrap();
        assert!(Arc::ptr_eq(&first, &cache.key(&password("a\n"), &kdf(1)).unwrap()));
        for (text, salt) in [("b", 1), ("a", 2)] {
            let other = cache.key(&password(text), &kdf(salt)).unwrap();
            assert_ne!(first.bytes().expose(), other.bytes().expose());
        }
        assert!(Arc::ptr_eq(&first, &cache.key(&password("a"), &kdf(1)).unwrap()));
    }
}
