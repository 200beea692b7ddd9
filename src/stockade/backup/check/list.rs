//! Lists what copies hold, by their manifests, without reading the keystores.

use std::{collections::BTreeMap, slice, sync::Arc};

use super::{
    ahead::{self, Ahead, Named},
    manifest_cache::ManifestCache,
};
use crate::backup::{
    copy::Copy,
    set::{
        digest::Digest,
        error::BackupError,
        manifest::{KeystoreEntry, Manifest},
        origin::Origin,
        set_id::SetId,
    },
};
use stockade_base::eth::Address;
use stockade_keystore::{bls::PublicKey, staking::Network};

/// A set that a copy holds.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ListedSet {
    /// The set.
    pub id: SetId,
    /// The copy's id.
    pub copy: String,
    /// The manifest's content; `None` if the manifest cannot be read. Scrub finds out why.
    pub manifest: Option<Arc<Manifest>>,
    /// The digest of the manifest's bytes, readable or not.
    pub digest: Option<Digest>,
    /// Who signed the origin of exactly this manifest. Without a signer, the manifest may be
    /// damaged or anybody's.
    pub signer: Option<Address>,
}

impl ListedSet {
    /// A set that `copy` lacks.
    pub(crate) fn absent(id: &SetId, copy: &Copy) -> Self {
        let copy = copy.id().to_owned();
        Self { id: id.clone(), copy, manifest: None, digest: None, signer: None }
    }

    /// The keystores in the manifest.
    pub fn keystores(&self) -> &[KeystoreEntry] {
        self.manifest.as_ref().map_or(&[], |manifest| &manifest.keystores)
    }
}

/// The files that are read of each set.
const FILES: [Named; 2] = [("manifest.json", Manifest::MAX_LEN), ("origin.json", Origin::MAX_LEN)];

/// The sets of `copies`, according to their manifests.
pub fn list(copies: &[Copy]) -> Result<Vec<ListedSet>, BackupError> {
    let mut listed = Vec::new();
    let mut known = ManifestCache::default();
    for copy in copies.iter().filter(|copy| copy.exists()) {
        let ids = copy.set_ids()?.0;
        let mut rest = ids.as_slice();
        while !rest.is_empty() {
            let together = ahead::together(slice::from_ref(copy), rest, &FILES);
            let (now, later) = rest.split_at(together.min(rest.len()));
            let pairs: Vec<_> = now.iter().map(|id| (copy, id)).collect();
            let ahead = ahead::read(&pairs, &FILES).into_iter();
            listed.extend(now.iter().zip(ahead).map(|(id, ahead)| of(copy, id, ahead, &mut known)));
            rest = later;
        }
    }
    Ok(listed)
}

fn of(copy: &Copy, id: &SetId, mut ahead: Ahead, known: &mut ManifestCache) -> ListedSet {
    let [manifest, origin] = FILES.map(|file| ahead.read(copy, id, file).ok());
    // A manifest that is too large to hold has no known digest either, so its origin does not count.
    let (digest, manifest) = match manifest.map(|bytes| known.listed(&bytes)) {
        Some(Ok(listed)) => listed,
        Some(Err(_)) | None => (None, None),
    };
    let signer = origin.zip(digest).and_then(|(o, d)| known.signer(&o, id, &d));
    let manifest = manifest.filter(|manifest| manifest.set_id == *id);
    ListedSet { id: id.clone(), copy: copy.id().to_owned(), manifest, digest, signer }
}

/// The set that lists any of `keys`, and that key: a key is never created or imported twice.
pub fn holder<'a>(sets: &'a [ListedSet], keys: &[PublicKey]) -> Option<(&'a SetId, PublicKey)> {
    let keys: std::collections::BTreeSet<_> = keys.iter().collect();
    sets.iter().find_map(|set| {
        let entry = set.keystores().iter().find(|entry| keys.contains(&entry.pubkey))?;
        Some((&set.id, entry.pubkey))
    })
}

/// The first set for `network` whose contents cannot be established: no copy has a manifest of it
/// that somebody signed, or several manifests of it were signed.
pub fn unknown(sets: &[ListedSet], network: Network) -> Option<&ListedSet> {
    let by_id = by_id(sets);
    let mut of_network = sets.iter().filter(|set| set.id.network() == network);
    of_network.find(|set| by_id.get(&set.id).and_then(|copies| signed(copies)).is_none())
}

/// Like [`unknown`], but if the copies of a set differ, only `own` signatures count: a stranger's
/// manifest may have taken the place of a damaged one.
pub fn unknown_to<'a>(
    own: &[Address],
    sets: &'a [ListedSet],
    network: Network,
) -> Option<&'a ListedSet> {
    let by_id = by_id(sets);
    let is_known = |set: &ListedSet| {
        let copies = by_id.get(&set.id).map_or(&[][..], Vec::as_slice);
        let Some((digest, signer)) = signed(copies) else { return false };
        own.contains(&signer) || copies.iter().all(|other| other.digest == Some(digest))
    };
    let mut of_network = sets.iter().filter(|set| set.id.network() == network);
    of_network.find(|set| !is_known(set))
}

/// The copies of each set.
fn by_id(sets: &[ListedSet]) -> BTreeMap<&SetId, Vec<&ListedSet>> {
    let mut by_id: BTreeMap<_, Vec<_>> = BTreeMap::new();
    sets.iter().for_each(|set| by_id.entry(&set.id).or_default().push(set));
    by_id
}

/// The only signed manifest of a set and its only signer; `None` if there are several.
fn signed(copies: &[&ListedSet]) -> Option<(Digest, Address)> {
    let there = copies.iter().filter(|set| set.manifest.is_some());
    let mut signed = there.filter_map(|set| set.digest.zip(set.signer));
    let first = signed.next()?;
    signed.all(|other| other == first).then_some(first)
}
