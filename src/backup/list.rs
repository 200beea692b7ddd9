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

/// A set for `network` of which no copy has a manifest that somebody signed: what it holds is not known.
pub fn unknown(sets: &[ListedSet], network: Network) -> Option<&ListedSet> {
    let known = |set: &ListedSet| set.manifest.is_some() && set.signer.is_some();
    let mut sets_of_network = sets.iter().filter(|set| set.id.network() == network);
    sets_of_network.find(|set| !sets.iter().any(|other| other.id == set.id && known(other)))
}
