//! A key that is about to go into a set.

use super::manifest::Source;
use stockade_keystore::bls::SecretKey;

/// A key that goes into a set.
#[derive(Debug)]
pub struct NewKey {
    /// The key.
    pub secret: SecretKey,
    /// Its EIP-2334 path; empty if it is not known.
    pub path: String,
    /// The description for the keystore.
    pub description: String,
    /// The key's source.
    pub source: Source,
}
