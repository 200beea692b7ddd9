//! Reads one set in one copy and compares every file with its digest. Needs no secret.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    ahead::{self, Ahead},
    inspect_file::{Checked, MAX_FILE, check},
    manifest_cache::ManifestCache,
    reading::{HEADS, Kept, Reading, digest_of},
};
use crate::backup::{
    copy::Copy,
    set::{digest::Digest, set_id::SetId, sums::Sums, verdict::Reason},
};
use crate::store::StorePath;
use stockade_base::eth::Address;
use stockade_keystore::bls::PublicKey;

pub use super::read_manifest::ReadManifest;

/// What was read of one set in one copy.
#[derive(Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// The set.
    pub set: SetId,
    /// The copy's id.
    pub copy: String,
    /// What is wrong, by the file's path in the set's folder.
    pub damage: BTreeMap<String, Reason>,
    /// The answers of a service that did not return a file, by file.
    pub(crate) details: BTreeMap<String, String>,
    /// Files that neither the manifest nor SHA256SUMS lists.
    pub unlisted: Vec<String>,
    /// The manifest, if its bytes are unchanged.
    pub manifest: Option<Arc<ReadManifest>>,
    /// Who signed the origin of exactly this manifest.
    pub signer: Option<Address>,
    /// The bytes of manifest.mac, unchanged or not.
    pub(crate) mac: Option<Vec<u8>>,
    /// SHA256SUMS and its own digest, if it is unchanged.
    pub(crate) sums: Option<Arc<(Sums, Digest)>>,
    /// If the manifest cannot be read: the keystores that SHA256SUMS lists, with the public keys
    /// that they name themselves.
    pub unsigned_keys: Vec<(String, Option<PublicKey>)>,
    /// Intact files that would take a moment to come again.
    pub(crate) kept: Kept,
}

impl Inspection {
    /// Reads the set `set` in `copy`: every byte of it, once. `known` caches what was read of the
    /// set in other copies.
    pub fn read(copy: &Copy, set: &SetId, known: &mut ManifestCache) -> Self {
        let reading = Reading::begin(copy, set, Ahead::default(), known);
        let checked = copy.map(&reading.unread(), |file| check(copy, set, file));
        Self::of(reading, checked, known)
    }

    /// Like [`Inspection::read`], for sets in several copies, which are read together.
    pub(crate) fn read_all(pairs: &[(&Copy, &SetId)], known: &mut ManifestCache) -> Vec<Self> {
        let ahead = ahead::read(pairs, &HEADS).into_iter();
        let begun = pairs.iter().zip(ahead);
        let begun: Vec<_> =
            begun.map(|((copy, set), ahead)| Reading::begin(copy, set, ahead, known)).collect();
        let (mut files, mut counts) = (Vec::new(), Vec::new());
        for (reading, (copy, set)) in begun.iter().zip(pairs) {
            let unread = reading.unread();
            counts.push(unread.len());
            files.extend(unread.into_iter().map(|file| (*copy, (*set, file))));
        }
        let checked = ahead::each(&files, |copy, (set, file)| check(copy, set, file));
        let mut checked = checked.into_iter();
        let begun = begun.into_iter().zip(counts);
        let own =
            |(reading, count)| Self::of(reading, checked.by_ref().take(count).collect(), known);
        begun.map(own).collect()
    }

    fn of(mut reading: Reading<'_>, checked: Vec<Checked>, known: &mut ManifestCache) -> Self {
        let (unsigned_keys, kept) = reading.take(checked, known);
        reading.compare_sizes();
        let unlisted = reading.unlisted();
        let (damage, details) = (reading.damage, reading.details);
        let manifest = reading.manifest.filter(|_| !damage.contains_key("manifest.json"));
        Self {
            set: reading.set.clone(),
            copy: reading.copy.id().to_owned(),
            damage,
            details,
            unlisted,
            manifest,
            signer: reading.signer,
            mac: reading.mac,
            sums: reading.sums,
            unsigned_keys,
            kept,
        }
    }

    /// The digest of the manifest according to this copy: that of the manifest itself, or the one
    /// in SHA256SUMS if the manifest is damaged.
    pub(crate) fn claimed_manifest(&self) -> Option<Digest> {
        let read = self.manifest.as_ref().map(|read| read.digest);
        read.or_else(|| digest_of(&self.sums.as_deref()?.0, "manifest.json"))
    }

    /// What is wrong with the set as a whole, other than damage to a single keystore.
    pub fn set_damage(&self) -> Option<(&str, Reason)> {
        let keystore = |file: &str| file.starts_with("keystores/");
        let mut damage = self.damage.iter().filter(|(file, _)| !keystore(file));
        damage.next().map(|(file, reason)| (file.as_str(), *reason))
    }

    /// Reads a file of this set again. Returns it only if it has this digest.
    pub fn file(&self, copy: &Copy, path: &StorePath, digest: &Digest) -> Option<Vec<u8>> {
        let bytes = match self.kept.0.get(path) {
            Some(kept) => kept.clone(),
            None => copy.read(&format!("{}/{path}", self.set).parse().ok()?, MAX_FILE).ok()?,
        };
        (Digest::of(&bytes) == *digest).then_some(bytes)
    }
}
