//! A manifest that was read.

use crate::backup::set::{digest::Digest, manifest::Manifest};
use stockade_keystore::bls::PublicKey;

/// A manifest and its bytes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReadManifest {
    /// The content.
    pub manifest: Manifest,
    /// The bytes, which the MAC and the origin cover.
    pub bytes: Vec<u8>,
    /// The digest of the bytes.
    pub digest: Digest,
}

impl ReadManifest {
    /// The keys in the manifest, in its order.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.manifest.keystores.iter().map(|entry| entry.pubkey).collect()
    }
}
