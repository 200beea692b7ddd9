//! A manifest as it was read.

use crate::backup::set::{digest::Digest, manifest::Manifest};
use stockade_keystore::bls::PublicKey;

/// A manifest and the bytes that it was read from.
#[derive(Debug, Clone)]
pub struct ReadManifest {
    /// What it says.
    pub manifest: Manifest,
    /// Its bytes, which the mac and the origin are over.
    pub bytes: Vec<u8>,
    /// Their digest.
    pub digest: Digest,
}

impl ReadManifest {
    /// The keys that it lists, in its order.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.manifest.keystores.iter().map(|entry| entry.pubkey).collect()
    }
}
