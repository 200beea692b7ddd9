//! Runs one key derivation for many keystores that share a password and a salt.

use std::{collections::HashMap, sync::Arc};

use sha2::{Digest, Sha256};

use super::{DecryptionKey, Kdf, KdfError, Password, derive_all};
use stockade_base::secret::SecretBytes;

/// Remembers decryption keys, so that keystores that share a salt cost one scrypt, not one each. The
/// keys are wiped when the cache is dropped.
#[derive(Debug, Default)]
pub struct KeyCache {
    /// By key derivation, which is public, and then by the password's hash.
    keys: HashMap<Kdf, Vec<(SecretBytes<32>, Arc<DecryptionKey>)>>,
}

impl KeyCache {
    /// An empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    /// The decryption key of `password` under `kdf`, derived now unless it is remembered.
    pub fn key(&mut self, password: &Password, kdf: &Kdf) -> Result<Arc<DecryptionKey>, KdfError> {
        let id = id(password);
        if let Some(key) = self.remembered(&id, kdf) {
            return Ok(key);
        }
        let key = Arc::new(DecryptionKey::derive(password, kdf)?);
        self.keys.entry(kdf.clone()).or_default().push((id, Arc::clone(&key)));
        Ok(key)
    }

    /// Derives the keys of `wanted` that are not remembered, each once, on all cores and within `budget`
    /// bytes of memory. `step` is called with the number of keys that are done, and with their total.
    pub fn fill<'a>(
        &mut self,
        wanted: impl IntoIterator<Item = (&'a Password, &'a Kdf)>,
        budget: u64,
        step: &mut dyn FnMut(usize, usize),
    ) -> Result<(), KdfError> {
        let mut ids: HashMap<&Kdf, Vec<SecretBytes<32>>> = HashMap::new();
        let mut jobs = Vec::new();
        for (password, kdf) in wanted {
            let id = id(password);
            let seen = ids.entry(kdf).or_default();
            let twice = seen.iter().any(|other| other.expose() == id.expose());
            if !twice && self.remembered(&id, kdf).is_none() {
                jobs.push((password, kdf));
                seen.push(id);
            }
        }
        let total = jobs.len();
        let derived = derive_all(&jobs, budget, &mut |done| step(done, total));
        for ((password, kdf), key) in jobs.into_iter().zip(derived) {
            let key = (id(password), Arc::new(key?));
            self.keys.entry(kdf.clone()).or_default().push(key);
        }
        Ok(())
    }

    fn remembered(&self, id: &SecretBytes<32>, kdf: &Kdf) -> Option<Arc<DecryptionKey>> {
        let mut keys = self.keys.get(kdf)?.iter();
        let found = keys.find(|(other, _)| other.expose() == id.expose());
        found.map(|(_, key)| Arc::clone(key))
    }
}

/// Identifies a password without storing it.
fn id(password: &Password) -> SecretBytes<32> {
    SecretBytes::new(|out| {
        Sha256::new_with_prefix(password.as_bytes()).finalize_into(out.into());
    })
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

    #[test]
    fn missing_keys_are_derived_once_and_then_remembered() {
        let kdfs: Vec<_> =
            (0..4).map(|s| Kdf::new(KdfFunction::Pbkdf2 { c: 2 }, vec![s]).unwrap()).collect();
        let [one, two] = ["a", "b"].map(|text| Password::new(text).unwrap());
        let mut cache = KeyCache::new();
        let first = cache.key(&one, &kdfs[0]).unwrap();
        let mut steps = Vec::new();
        let wanted = kdfs.iter().chain(&kdfs).flat_map(|kdf| [(&one, kdf), (&two, kdf)]);
        cache.fill(wanted, 0, &mut |done, total| steps.push((done, total))).unwrap();
        assert_eq!(steps, (1..=7).map(|done| (done, 7)).collect::<Vec<_>>());
        assert!(Arc::ptr_eq(&first, &cache.key(&one, &kdfs[0]).unwrap()));
        for (password, kdf) in kdfs.iter().flat_map(|kdf| [(&one, kdf), (&two, kdf)]) {
            let alone = DecryptionKey::derive(password, kdf).unwrap();
            let key = cache.remembered(&id(password), kdf).unwrap();
            assert_eq!(key.bytes().expose(), alone.bytes().expose());
        }
    }
}
