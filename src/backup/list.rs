//! What copies hold, by their manifests, without reading the keystores.

use super::{
    BackupError, Copy, Digest, Known, SetId,
    manifest::{KeystoreEntry, Manifest},
    origin::Origin,
};
use crate::{bls::PublicKey, eth::Address, staking::Network, store::StorePath};

/// A set that a copy holds.
#[derive(Debug, Clone)]
pub struct ListedSet {
    /// Which.
    pub id: SetId,
    /// The copy's id.
    pub copy: String,
    /// What it lists; `None` where the manifest cannot be read: scrub says more.
    pub manifest: Option<Manifest>,
    /// The digest of the manifest's bytes, whatever they say.
    pub digest: Option<Digest>,
    /// Who signed the origin of exactly this manifest. Without one, what it says may have rotted,
    /// or been written by anybody.
    pub signer: Option<Address>,
}

impl ListedSet {
    /// A set that `copy` lacks.
    pub(crate) fn absent(id: &SetId, copy: &Copy) -> Self {
        let copy = copy.id().to_owned();
        Self { id: id.clone(), copy, manifest: None, digest: None, signer: None }
    }

    /// The keystores that it lists.
    pub fn keystores(&self) -> &[KeystoreEntry] {
        self.manifest.as_ref().map_or(&[], |manifest| &manifest.keystores)
    }
}

/// The sets of `copies`, by what their manifests say.
pub fn list(copies: &[Copy]) -> Result<Vec<ListedSet>, BackupError> {
    let mut listed = Vec::new();
    let mut known = Known::default();
    for copy in copies.iter().filter(|copy| copy.exists()) {
        for id in copy.set_ids()?.0 {
            let read = |name: &str, limit: u64| {
                let path: StorePath = format!("{id}/{name}").parse().ok()?;
                copy.read(&path, limit).ok()
            };
            let bytes = read("manifest.json", Manifest::MAX_LEN);
            let bytes = bytes.filter(|bytes| known.hold(bytes.len()));
            let digest = bytes.as_deref().map(Digest::of);
            let origin = read("origin.json", Origin::MAX_LEN);
            let signer = origin.zip(digest).and_then(|(o, d)| Origin::signer(&o, &id, &d));
            let manifest = bytes.and_then(|bytes| Manifest::parse(&bytes).ok());
            let manifest = manifest.filter(|manifest| manifest.set_id == id);
            listed.push(ListedSet { id, copy: copy.id().to_owned(), manifest, digest, signer });
        }
    }
    Ok(listed)
}

/// The set that lists any of `keys`, and which: a key is never made, nor taken over, twice.
pub fn holder<'a>(sets: &'a [ListedSet], keys: &[PublicKey]) -> Option<(&'a SetId, PublicKey)> {
    let keys: std::collections::BTreeSet<_> = keys.iter().collect();
    sets.iter().find_map(|set| {
        let entry = set.keystores().iter().find(|entry| keys.contains(&entry.pubkey))?;
        Some((&set.id, entry.pubkey))
    })
}

/// A set for `network` of which it is not known what it holds: no copy has a manifest of it that
/// somebody signed, or what the copies have was signed more than once.
pub fn unknown(sets: &[ListedSet], network: Network) -> Option<&ListedSet> {
    let mut of_network = sets.iter().filter(|set| set.id.network() == network);
    of_network.find(|set| signed(sets, &set.id).is_none())
}

/// The same where only `own` signatures count for a set whose copies differ: a stranger's may stand
/// in the place of one that rotted elsewhere.
pub fn unknown_to<'a>(
    own: &[Address],
    sets: &'a [ListedSet],
    network: Network,
) -> Option<&'a ListedSet> {
    let is_known = |set: &ListedSet| {
        let Some((digest, signer)) = signed(sets, &set.id) else { return false };
        let mut copies = sets.iter().filter(|other| other.id == set.id);
        own.contains(&signer) || copies.all(|other| other.digest == Some(digest))
    };
    let mut of_network = sets.iter().filter(|set| set.id.network() == network);
    of_network.find(|set| !is_known(set))
}

/// The only manifest of the set that anybody signed, and the only one who did.
fn signed(sets: &[ListedSet], id: &SetId) -> Option<(Digest, Address)> {
    let of_it = sets.iter().filter(|set| set.id == *id && set.manifest.is_some());
    let mut signed = of_it.filter_map(|set| set.digest.zip(set.signer));
    let first = signed.next()?;
    signed.all(|other| other == first).then_some(first)
}
