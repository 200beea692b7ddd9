//! A key on its way into a set.

use super::manifest::Source;
use stockade_keystore::bls::SecretKey;

/// A key that goes into a set.
#[derive(Debug)]
pub struct NewKey {
    /// The key.
    pub secret: SecretKey,
    /// Its EIP-2334 path; empty where nobody knows it.
    pub path: String,
    /// What the keystore says of it.
    pub description: String,
    /// Where it comes from.
    pub source: Source,
}
