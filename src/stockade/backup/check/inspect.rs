//! Reads one set in one copy and compares every file with its digest. Needs no secret.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter::successors,
    sync::Arc,
};

use super::{
    inspect_file::{Damage, Listed, MAX_FILE, Whole, check},
    manifest_cache::{ManifestCache, NotHeld},
};
use crate::backup::{
    copy::Copy,
    set::{
        digest::Digest,
        manifest::{KEYSTORES, Manifest, RESERVED},
        origin::Origin,
        set_id::SetId,
        sums::{self, Sums},
        verdict::Reason,
    },
};
use crate::store::{EntryKind, StoreError, StorePath};
use stockade_base::{eth::Address, parallel};
use stockade_keystore::bls::PublicKey;

pub use super::read_manifest::ReadManifest;

/// The file with the MAC over the manifest, and the longest that is read.
const MAC: &str = "manifest.mac";
const MAX_MAC: u64 = 256;

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
}

impl Inspection {
    /// Reads the set `set` in `copy`: every byte of it, once. `known` caches what was read of the
    /// set in other copies.
    pub fn read(copy: &Copy, set: &SetId, known: &mut ManifestCache) -> Self {
        let mut reading = Reading {
            copy,
            set,
            known,
            damage: BTreeMap::new(),
            details: BTreeMap::new(),
            sizes: BTreeMap::new(),
            read: BTreeMap::new(),
        };
        let read = reading.sums();
        let manifest = reading.manifest(read.as_deref().map(|(sums, _)| sums));
        let read = reading.affordable(read, manifest.is_some());
        let sums = read.as_deref().map(|(sums, _)| sums);
        let signer = reading.signer(sums, manifest.as_deref());
        let mac = reading.mac();
        let expected = expected_files(sums, manifest.as_deref());
        reading.compare_lists(sums, manifest.as_deref(), &expected);
        let unsigned_keys = reading.check_all(&expected, manifest.is_none());
        if let Some(read) = &manifest {
            reading.compare_sizes(read);
        }
        let unlisted = reading.unlisted(&expected);
        let (damage, details) = (reading.damage, reading.details);
        let manifest = manifest.filter(|_| !damage.contains_key("manifest.json"));
        let copy = copy.id().to_owned();
        let sums = read;
        Self {
            set: set.clone(),
            copy,
            damage,
            details,
            unlisted,
            manifest,
            signer,
            mac,
            sums,
            unsigned_keys,
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
        let full: StorePath = format!("{}/{path}", self.set).parse().ok()?;
        let bytes = copy.read(&full, MAX_FILE).ok()?;
        (Digest::of(&bytes) == *digest).then_some(bytes)
    }
}

struct Reading<'a> {
    copy: &'a Copy,
    set: &'a SetId,
    known: &'a mut ManifestCache,
    damage: BTreeMap<String, Reason>,
    details: BTreeMap<String, String>,
    /// The lengths of the intact files.
    sizes: BTreeMap<StorePath, u64>,
    /// The digests and lengths of the files that were read whole.
    read: BTreeMap<String, (Digest, u64)>,
}

impl Reading<'_> {
    fn bytes(&mut self, path: &str, limit: u64) -> Option<Vec<u8>> {
        match self.read(path, limit) {
            Ok(bytes) => {
                self.read.insert(path.to_owned(), (Digest::of(&bytes), bytes.len() as u64));
                Some(bytes)
            }
            Err(error) => {
                self.note(path, error.into());
                None
            }
        }
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, StoreError> {
        let full: StorePath = format!("{}/{path}", self.set).parse()?;
        self.copy.read(&full, limit)
    }

    /// Damage to this file is found with the other files.
    fn mac(&mut self) -> Option<Vec<u8>> {
        let bytes = self.read(MAC, MAX_MAC).ok()?;
        self.read.insert(MAC.to_owned(), (Digest::of(&bytes), bytes.len() as u64));
        Some(bytes)
    }

    fn note(&mut self, path: &str, damage: Damage) {
        self.damage.insert(path.to_owned(), damage.reason);
        if let Some(detail) = damage.detail {
            self.details.insert(path.to_owned(), detail);
        }
    }

    fn sums(&mut self) -> Option<Arc<(Sums, Digest)>> {
        let bytes = self.bytes("SHA256SUMS", sums::MAX_LEN)?;
        let reason = match self.known.sums(&bytes) {
            Ok(Some(sums)) => return Some(sums),
            Ok(None) => Reason::BitRot,
            Err(_) => Reason::Unreadable,
        };
        self.damage.insert("SHA256SUMS".to_owned(), reason);
        None
    }

    /// Without a manifest, anybody may have written any number of names into SHA256SUMS.
    fn affordable(
        &mut self,
        sums: Option<Arc<(Sums, Digest)>>,
        signed: bool,
    ) -> Option<Arc<(Sums, Digest)>> {
        let sums = sums?;
        if signed || self.known.hold(sums::memory_of_all(&sums.0)) {
            return Some(sums);
        }
        self.damage.insert("SHA256SUMS".to_owned(), Reason::Unreadable);
        None
    }

    fn manifest(&mut self, sums: Option<&Sums>) -> Option<Arc<ReadManifest>> {
        let bytes = self.bytes("manifest.json", Manifest::MAX_LEN)?;
        let digest = Digest::of(&bytes);
        let listed = sums.map(|sums| digest_of(sums, "manifest.json") == Some(digest));
        if listed == Some(false) {
            self.damage.insert("manifest.json".to_owned(), Reason::BitRot);
            return None;
        }
        let reason = match self.known.manifest(bytes) {
            Ok(read) if read.manifest.set_id == *self.set => return Some(read),
            // Without SHA256SUMS, a manifest that does not parse may be damaged, or may have been
            // written that way.
            Ok(_) | Err(NotHeld::Malformed) => Reason::Malformed,
            Err(NotHeld::TooMuch) => Reason::Unreadable,
        };
        self.damage.insert("manifest.json".to_owned(), reason);
        None
    }

    fn signer(&mut self, sums: Option<&Sums>, manifest: Option<&ReadManifest>) -> Option<Address> {
        let bytes = self.bytes("origin.json", Origin::MAX_LEN)?;
        let signer = manifest.and_then(|m| self.known.signer(&bytes, self.set, &m.digest));
        // Without a digest to compare with, a signature that does not fit shows that one of the two
        // files changed.
        if sums.is_none() && manifest.is_some() && signer.is_none() {
            self.damage.insert("origin.json".to_owned(), Reason::BitRot);
        }
        signer
    }

    /// SHA256SUMS and the manifest must list the same files. If both are intact and differ, the set
    /// contradicts itself.
    fn compare_lists(
        &mut self,
        sums: Option<&Sums>,
        manifest: Option<&ReadManifest>,
        expected: &BTreeMap<StorePath, Digest>,
    ) {
        let (Some(sums), Some(_)) = (sums, manifest) else { return };
        let own = ["manifest.json", MAC, "origin.json"];
        let all_listed = own.iter().all(|path| digest_of(sums, path).is_some());
        if sums != expected || !all_listed {
            self.damage.insert("SHA256SUMS".to_owned(), Reason::Malformed);
        }
    }

    /// Compares every file with its digest, on all cores. Without a manifest, returns the paths of
    /// the keystores and the public keys that they name themselves.
    fn check_all(
        &mut self,
        expected: &BTreeMap<StorePath, Digest>,
        unsigned: bool,
    ) -> Vec<(String, Option<PublicKey>)> {
        let listed = expected.iter().map(|(path, digest)| {
            let is_keystore = unsigned && path.names().next() == Some(KEYSTORES);
            Listed { path, digest: *digest, is_keystore }
        });
        let listed: Vec<_> = listed.collect();
        let undamaged = |file: &&Listed<'_>| !self.damage.contains_key(file.path.as_str());
        let undamaged: Vec<_> = listed.iter().filter(undamaged).collect();
        let (copy, set) = (self.copy, self.set);
        let read = &self.read;
        let checked = parallel::map(&undamaged, |file| match read.get(file.path.as_str()) {
            Some((digest, _)) if *digest != file.digest => Err(Reason::BitRot.into()),
            Some((_, size)) => Ok(Whole { size: *size, pubkey: None }),
            None => check(copy, set, file),
        });
        let mut pubkeys = BTreeMap::new();
        for (file, checked) in undamaged.into_iter().zip(checked) {
            match checked {
                Ok(Whole { size, pubkey }) => {
                    self.sizes.insert(file.path.clone(), size);
                    pubkeys.insert(file.path, pubkey);
                }
                Err(damage) => self.note(file.path.as_str(), damage),
            }
        }
        let keystores = listed.iter().filter(|file| file.is_keystore).map(|file| file.path);
        keystores.map(|path| (path.to_string(), pubkeys.get(path).copied().flatten())).collect()
    }

    /// Finds intact files whose length is not the one in the manifest: the lists of such a set
    /// contradict each other.
    fn compare_sizes(&mut self, read: &ReadManifest) {
        let differs = |path, size| self.sizes.get(path).is_some_and(|found| *found != size);
        if read.manifest.files.iter().any(|entry| differs(&entry.path, entry.size)) {
            self.damage.insert("manifest.json".to_owned(), Reason::Malformed);
        }
    }

    /// Files in the set's folder that nothing lists, two levels deep like a set itself.
    fn unlisted(&mut self, expected: &BTreeMap<StorePath, Digest>) -> Vec<String> {
        let known: BTreeSet<&str> =
            expected.keys().map(StorePath::as_str).chain(RESERVED).collect();
        let above = |path| successors(folder_of(path), |folder| folder_of(folder));
        let folders: BTreeSet<&str> = known.iter().copied().flat_map(above).collect();
        let mut unlisted = Vec::new();
        let mut to_list = vec![String::new()];
        while let Some(folder) = to_list.pop() {
            let full = match folder.as_str() {
                "" => self.set.to_string(),
                folder => format!("{}/{folder}", self.set),
            };
            let Ok(entries) = full.parse().and_then(|full: StorePath| self.copy.list(&full)) else {
                self.damage.insert(folder, Reason::Unreadable);
                continue;
            };
            for entry in entries {
                let path = match folder.as_str() {
                    "" => entry.name,
                    folder => format!("{folder}/{}", entry.name),
                };
                match entry.kind {
                    EntryKind::Folder if folders.contains(path.as_str()) => to_list.push(path),
                    _ if known.contains(path.as_str()) => {}
                    _ => unlisted.push(path),
                }
            }
        }
        unlisted
    }
}

/// The folder that a path is in.
fn folder_of(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(folder, _)| folder)
}

fn digest_of(sums: &Sums, path: &str) -> Option<Digest> {
    sums.iter().find(|(listed, _)| listed.as_str() == path).map(|(_, digest)| *digest)
}

/// Every file and its digest: the files that the manifest lists, and the three that it cannot list.
/// If it cannot be read, those in SHA256SUMS. The manifest is signed and SHA256SUMS is not, so a
/// file that only SHA256SUMS names is not part of the set.
fn expected_files(
    sums: Option<&Sums>,
    manifest: Option<&ReadManifest>,
) -> BTreeMap<StorePath, Digest> {
    let mut expected = BTreeMap::new();
    if let Some(read) = manifest {
        let keystores = read.manifest.keystores.iter().map(|e| (e.file.clone(), e.sha256));
        expected.extend(keystores);
        expected.extend(read.manifest.files.iter().map(|e| (e.path.clone(), e.sha256)));
    }
    for (path, digest) in sums.into_iter().flatten() {
        let own = RESERVED.contains(&path.as_str());
        if manifest.is_none() || own {
            expected.entry(path.clone()).or_insert(*digest);
        }
    }
    expected
}
