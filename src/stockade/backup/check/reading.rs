//! Reading one set in one copy: first the files that say what it holds, then all others.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    iter::successors,
    sync::Arc,
};

use super::{
    ahead::{Ahead, Named},
    inspect_file::{Checked, Damage, Listed, Whole},
    manifest_cache::{ManifestCache, NotHeld},
    read_manifest::ReadManifest,
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
use stockade_base::eth::Address;
use stockade_keystore::bls::PublicKey;

const SUMS: Named = ("SHA256SUMS", sums::MAX_LEN);
const MANIFEST: Named = ("manifest.json", Manifest::MAX_LEN);
const ORIGIN: Named = ("origin.json", Origin::MAX_LEN);
/// The file with the MAC over the manifest.
const MAC: Named = ("manifest.mac", 256);

/// The files that say what a set holds.
pub(super) const HEADS: [Named; 4] = [SUMS, MANIFEST, ORIGIN, MAC];

/// Intact files that opening the set needs, by their paths in the set.
#[derive(Default)]
pub(crate) struct Kept(pub(super) BTreeMap<StorePath, Vec<u8>>);

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({})", self.0.len())
    }
}

/// What was read so far.
pub(super) struct Reading<'a> {
    pub copy: &'a Copy,
    pub set: &'a SetId,
    pub damage: BTreeMap<String, Reason>,
    pub details: BTreeMap<String, String>,
    pub sums: Option<Arc<(Sums, Digest)>>,
    pub manifest: Option<Arc<ReadManifest>>,
    pub signer: Option<Address>,
    pub mac: Option<Vec<u8>>,
    ahead: Ahead,
    /// Every file that should be there.
    expected: BTreeMap<StorePath, Digest>,
    /// The lengths of the intact files.
    sizes: BTreeMap<StorePath, u64>,
    /// The digests and lengths of the files that were read whole.
    read: BTreeMap<&'static str, (Digest, u64)>,
    keep: bool,
}

impl<'a> Reading<'a> {
    /// Reads the files that say what the set holds.
    pub fn begin(copy: &'a Copy, set: &'a SetId, ahead: Ahead, known: &mut ManifestCache) -> Self {
        let mut reading = Self {
            copy,
            set,
            damage: BTreeMap::new(),
            details: BTreeMap::new(),
            sums: None,
            manifest: None,
            signer: None,
            mac: None,
            ahead,
            expected: BTreeMap::new(),
            sizes: BTreeMap::new(),
            read: BTreeMap::new(),
            keep: known.keeps() && copy.is_remote(),
        };
        let sums = reading.sums(known);
        reading.manifest = reading.manifest(sums.as_deref().map(|(sums, _)| sums), known);
        reading.sums = reading.affordable(sums, known);
        reading.signer = reading.signer(known);
        reading.mac = reading.mac();
        reading.expected = reading.expected_files();
        reading.compare_lists();
        reading
    }

    fn bytes(&mut self, file: Named) -> Option<Vec<u8>> {
        match self.read(file) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                self.note(file.0, error.into());
                None
            }
        }
    }

    fn read(&mut self, file: Named) -> Result<Vec<u8>, StoreError> {
        let bytes = self.ahead.read(self.copy, self.set, file)?;
        self.read.insert(file.0, (Digest::of(&bytes), bytes.len() as u64));
        Ok(bytes)
    }

    /// Damage to this file is found with the other files.
    fn mac(&mut self) -> Option<Vec<u8>> {
        self.read(MAC).ok()
    }

    fn note(&mut self, path: &str, damage: Damage) {
        self.damage.insert(path.to_owned(), damage.reason);
        if let Some(detail) = damage.detail {
            self.details.insert(path.to_owned(), detail);
        }
    }

    fn sums(&mut self, known: &mut ManifestCache) -> Option<Arc<(Sums, Digest)>> {
        let bytes = self.bytes(SUMS)?;
        let reason = match known.sums(&bytes) {
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
        known: &mut ManifestCache,
    ) -> Option<Arc<(Sums, Digest)>> {
        let sums = sums?;
        if self.manifest.is_some() || known.hold(sums::memory_of_all(&sums.0)) {
            return Some(sums);
        }
        self.damage.insert("SHA256SUMS".to_owned(), Reason::Unreadable);
        None
    }

    fn manifest(
        &mut self,
        sums: Option<&Sums>,
        known: &mut ManifestCache,
    ) -> Option<Arc<ReadManifest>> {
        let bytes = self.bytes(MANIFEST)?;
        let digest = Digest::of(&bytes);
        let listed = sums.map(|sums| digest_of(sums, "manifest.json") == Some(digest));
        if listed == Some(false) {
            self.damage.insert("manifest.json".to_owned(), Reason::BitRot);
            return None;
        }
        let reason = match known.manifest(bytes) {
            Ok(read) if read.manifest.set_id == *self.set => return Some(read),
            // Without SHA256SUMS, a manifest that does not parse may be damaged, or may have been
            // written that way.
            Ok(_) | Err(NotHeld::Malformed) => Reason::Malformed,
            Err(NotHeld::TooMuch) => Reason::Unreadable,
        };
        self.damage.insert("manifest.json".to_owned(), reason);
        None
    }

    fn signer(&mut self, known: &mut ManifestCache) -> Option<Address> {
        let bytes = self.bytes(ORIGIN)?;
        let manifest = self.manifest.as_deref();
        let signer = manifest.and_then(|m| known.signer(&bytes, self.set, &m.digest));
        // Without a digest to compare with, a signature that does not fit shows that one of the two
        // files changed.
        if self.sums.is_none() && manifest.is_some() && signer.is_none() {
            self.damage.insert("origin.json".to_owned(), Reason::BitRot);
        }
        signer
    }

    /// Every file and its digest: the files that the manifest lists, and the three that it cannot
    /// list. If it cannot be read, those in SHA256SUMS. The manifest is signed and SHA256SUMS is not,
    /// so a file that only SHA256SUMS names is not part of the set.
    fn expected_files(&self) -> BTreeMap<StorePath, Digest> {
        let mut expected = BTreeMap::new();
        if let Some(read) = &self.manifest {
            let keystores = read.manifest.keystores.iter().map(|e| (e.file.clone(), e.sha256));
            expected.extend(keystores);
            expected.extend(read.manifest.files.iter().map(|e| (e.path.clone(), e.sha256)));
        }
        for (path, digest) in self.sums.iter().flat_map(|read| &read.0) {
            let own = RESERVED.contains(&path.as_str());
            if self.manifest.is_none() || own {
                expected.entry(path.clone()).or_insert(*digest);
            }
        }
        expected
    }

    /// SHA256SUMS and the manifest must list the same files. If both are intact and differ, the set
    /// contradicts itself.
    fn compare_lists(&mut self) {
        let (Some(read), Some(_)) = (&self.sums, &self.manifest) else { return };
        let (sums, _) = &**read;
        let own = [MANIFEST.0, MAC.0, ORIGIN.0];
        let all_listed = own.iter().all(|path| digest_of(sums, path).is_some());
        if *sums != self.expected || !all_listed {
            self.damage.insert("SHA256SUMS".to_owned(), Reason::Malformed);
        }
    }

    /// The files that were not read yet and are not known to be damaged.
    pub fn unread(&self) -> Vec<Listed<'_>> {
        let files = self.expected.iter().filter(|(path, _)| {
            !self.damage.contains_key(path.as_str()) && !self.read.contains_key(path.as_str())
        });
        let listed = files.map(|(path, digest)| {
            let in_keystores = path.names().next() == Some(KEYSTORES);
            let is_keystore = self.manifest.is_none() && in_keystores;
            Listed { path, digest: *digest, is_keystore, keep: self.keep }
        });
        listed.collect()
    }

    /// Takes what became of those of [`Reading::unread`]. Without a manifest, returns the paths of
    /// the keystores and the public keys that they name themselves. Short files are kept as
    /// far as `known` has room.
    pub fn take(
        &mut self,
        checked: Vec<Checked>,
        known: &mut ManifestCache,
    ) -> (Vec<(String, Option<PublicKey>)>, Kept) {
        let unread: Vec<_> = self.unread().into_iter().map(|file| file.path.clone()).collect();
        for (path, digest) in &self.expected {
            match self.read.get(path.as_str()) {
                _ if self.damage.contains_key(path.as_str()) => {}
                Some((found, _)) if found != digest => {
                    self.damage.insert(path.to_string(), Reason::BitRot);
                }
                Some((_, size)) => {
                    self.sizes.insert(path.clone(), *size);
                }
                None => {}
            }
        }
        let (mut pubkeys, mut kept) = (BTreeMap::new(), Kept::default());
        for (path, checked) in unread.into_iter().zip(checked) {
            match checked {
                Ok(Whole { size, pubkey, kept: bytes }) => {
                    let bytes = bytes.filter(|bytes| known.keep(bytes.len()));
                    kept.0.extend(bytes.map(|bytes| (path.clone(), bytes)));
                    self.sizes.insert(path.clone(), size);
                    pubkeys.insert(path, pubkey);
                }
                Err(damage) => self.note(path.as_str(), damage),
            }
        }
        let is_unsigned =
            |path: &&StorePath| self.manifest.is_none() && path.names().next() == Some(KEYSTORES);
        let unsigned = self.expected.keys().filter(is_unsigned);
        let of = |path: &StorePath| (path.to_string(), pubkeys.get(path).copied().flatten());
        (unsigned.map(of).collect(), kept)
    }

    /// Finds intact files whose length is not the one in the manifest: the lists of such a set
    /// contradict each other.
    pub fn compare_sizes(&mut self) {
        let Some(read) = &self.manifest else { return };
        let differs = |path, size| self.sizes.get(path).is_some_and(|found| *found != size);
        if read.manifest.files.iter().any(|entry| differs(&entry.path, entry.size)) {
            self.damage.insert("manifest.json".to_owned(), Reason::Malformed);
        }
    }

    /// Files in the set's folder that nothing lists, two levels deep like a set itself.
    pub fn unlisted(&mut self) -> Vec<String> {
        let known: BTreeSet<&str> =
            self.expected.keys().map(StorePath::as_str).chain(RESERVED).collect();
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

pub(super) fn digest_of(sums: &Sums, path: &str) -> Option<Digest> {
    sums.iter().find(|(listed, _)| listed.as_str() == path).map(|(_, digest)| *digest)
}
