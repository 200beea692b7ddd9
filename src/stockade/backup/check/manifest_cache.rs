//! Caches what was read of sets. A manifest is parsed and held once, however many copies have it,
//! and hostile copies cannot fill the memory.

use std::{collections::HashMap, sync::Arc};

use super::read_manifest::ReadManifest;
use crate::backup::set::{
    digest::Digest,
    manifest::{Manifest, ManifestError},
    origin::Origin,
    set_id::SetId,
    sums::{self, Sums},
};
use stockade_base::eth::Address;

/// The most memory that manifests and SHA256SUMS may take at once, with the findings about each
/// key: as much as the largest possible set needs.
const MAX_HELD: u64 = 192 * 1024 * 1024;

/// The most memory that files take from when they were checked until the set is opened. The others
/// are read again.
const MAX_KEPT: usize = 32 * 1024 * 1024;

/// What was read of several sets in several copies.
#[derive(Debug, Default)]
pub struct ManifestCache {
    manifests: HashMap<Digest, Arc<ReadManifest>>,
    listed: HashMap<Digest, Option<Arc<Manifest>>>,
    sums: HashMap<Digest, Option<Arc<(Sums, Digest)>>>,
    signers: HashMap<(Digest, SetId, Digest), Option<Address>>,
    held: u64,
    refused: bool,
    /// Room for files of sets that are opened later.
    room: usize,
}

/// Why a manifest is not held.
#[derive(Debug)]
pub(crate) enum NotHeld {
    /// It is not a manifest.
    Malformed,
    /// Too much is held already.
    TooMuch,
}

impl From<ManifestError> for NotHeld {
    fn from(_: ManifestError) -> Self {
        Self::Malformed
    }
}

impl ManifestCache {
    /// A cache for sets that are opened afterwards: short files that would take a moment to come
    /// again are kept.
    pub(crate) fn for_opening() -> Self {
        Self { room: MAX_KEPT, ..Self::default() }
    }

    /// Whether there may be room for files.
    pub(crate) fn keeps(&self) -> bool {
        self.room > 0
    }

    /// Reserves room for a file of so many bytes. Returns whether there was any.
    pub(crate) fn keep(&mut self, bytes: usize) -> bool {
        let left = self.room.checked_sub(bytes);
        self.room = left.unwrap_or(0);
        left.is_some()
    }

    /// Whether something was not read because too much is held already.
    pub fn refused(&self) -> bool {
        self.refused
    }

    /// Reserves about this many bytes. Returns whether there was room.
    pub(crate) fn hold(&mut self, bytes: usize) -> bool {
        let held = self.held.saturating_add(bytes as u64);
        let fits = held <= MAX_HELD;
        if fits {
            self.held = held;
        }
        self.refused |= !fits;
        fits
    }

    pub(crate) fn manifest(&mut self, bytes: Vec<u8>) -> Result<Arc<ReadManifest>, NotHeld> {
        let digest = Digest::of(&bytes);
        if let Some(known) = self.manifests.get(&digest) {
            return Ok(Arc::clone(known));
        }
        if !self.hold(bytes.len()) {
            return Err(NotHeld::TooMuch);
        }
        let manifest = Manifest::parse(&bytes)?;
        if !self.hold(manifest.memory()) {
            return Err(NotHeld::TooMuch);
        }
        let read = Arc::new(ReadManifest { manifest, bytes, digest });
        self.manifests.insert(digest, Arc::clone(&read));
        Ok(read)
    }

    /// The digest of a manifest of which only the content is kept, and the content if it is valid.
    pub(crate) fn listed(
        &mut self,
        bytes: &[u8],
    ) -> Result<(Option<Digest>, Option<Arc<Manifest>>), NotHeld> {
        let digest = Digest::of(bytes);
        if let Some(known) = self.listed.get(&digest) {
            return Ok((Some(digest), known.clone()));
        }
        let manifest = Manifest::parse(bytes).ok().map(Arc::new);
        if !self.hold(manifest.as_ref().map_or(0, |manifest| manifest.memory())) {
            return Err(NotHeld::TooMuch);
        }
        self.listed.insert(digest, manifest.clone());
        Ok((Some(digest), manifest))
    }

    /// The content of SHA256SUMS and its digest; `None` if it is damaged.
    pub(crate) fn sums(&mut self, bytes: &[u8]) -> Result<Option<Arc<(Sums, Digest)>>, NotHeld> {
        let digest = Digest::of(bytes);
        if let Some(known) = self.sums.get(&digest) {
            return Ok(known.clone());
        }
        if !self.hold(sums::memory(bytes)) {
            return Err(NotHeld::TooMuch);
        }
        let parsed = sums::parse(bytes).map(|sums| Arc::new((sums, digest)));
        self.sums.insert(digest, parsed.clone());
        Ok(parsed)
    }

    /// Who signed that `manifest` is the set's.
    pub(crate) fn signer(
        &mut self,
        origin: &[u8],
        set: &SetId,
        manifest: &Digest,
    ) -> Option<Address> {
        let key = (Digest::of(origin), set.clone(), *manifest);
        *self.signers.entry(key).or_insert_with(|| Origin::signer(origin, set, manifest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_manifests_cannot_fill_the_memory() {
        let mut known = ManifestCache::default();
        let mib = 1 << 20;
        for _ in 0..192 {
            assert!(known.hold(mib));
        }
        assert!(!known.refused());
        assert!(!known.hold(1));
        assert!(known.refused());
        assert!(matches!(known.manifest(b"{}".to_vec()), Err(NotHeld::TooMuch)));
        assert!(matches!(
            ManifestCache::default().manifest(b"{}".to_vec()),
            Err(NotHeld::Malformed)
        ));
    }
}
