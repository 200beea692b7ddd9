//! The permits by which key bytes and registrations leave the library. Only the record issues them,
//! so that no command can let a key sign somewhere without an entry.

use std::collections::BTreeSet;

use stockade_keystore::bls::PublicKey;

/// Proves that an entry records where these keys go.
#[derive(Debug)]
pub struct Permit {
    keys: BTreeSet<PublicKey>,
}

/// Proves that an entry records that a location is asked to remove these keys.
#[derive(Debug)]
pub struct RemovalPermit {
    keys: Vec<PublicKey>,
}

impl Permit {
    pub(crate) fn new(keys: &[PublicKey]) -> Self {
        Self { keys: keys.iter().copied().collect() }
    }

    /// Whether it is for this key.
    pub fn covers(&self, key: &PublicKey) -> bool {
        self.keys.contains(key)
    }
}

impl RemovalPermit {
    pub(crate) fn new(keys: &[PublicKey]) -> Self {
        Self { keys: keys.to_vec() }
    }

    /// The keys that may be removed.
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }
}
