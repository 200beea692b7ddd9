//! Derives many keys from one seed.

use super::{KeyError, SecretKey};
use stockade_base::path::DerivationPath;

/// The keys below one seed (EIP-2333). The branch of all validators (EIP-2334) is derived only once.
#[derive(Debug)]
pub struct KeyTree {
    root: SecretKey,
    validators: SecretKey,
}

/// `m/12381/3600`.
const VALIDATORS: [u32; 2] = [12381, 3600];

impl KeyTree {
    /// The keys below a seed of at least 32 bytes.
    pub fn new(seed: &[u8]) -> Result<Self, KeyError> {
        let root = SecretKey::derive_master(seed)?;
        let validators = root.derive(&VALIDATORS);
        Ok(Self { root, validators })
    }

    /// The key at `path`.
    pub fn key(&self, path: &DerivationPath) -> SecretKey {
        match path.levels().strip_prefix(&VALIDATORS) {
            Some(levels) => self.validators.derive(levels),
            None => self.root.derive_path(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_equals_the_one_derived_level_by_level() {
        let (root, tree) =
            (SecretKey::derive_master(&[7; 32]).unwrap(), KeyTree::new(&[7; 32]).unwrap());
        for path in ["m/12381/3600/9/0/0", "m/12381/3600/9/0", "m/12381/3600", "m/12381/1/9", "m/0"]
        {
            let path = path.parse().unwrap();
            assert_eq!(tree.key(&path).public_key(), root.derive_path(&path).public_key());
        }
    }
}
