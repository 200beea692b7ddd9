//! The keys in any number of copies: where each is stored, and when it was last drilled. Based on
//! the manifests; no keystore is read. Each manifest is in memory once, however many copies have
//! it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::WARN_BATCH;
use crate::{
    backup::{
        Digest, ListedSet, SetId,
        manifest::{KeystoreEntry, Source},
    },
    device_secret::Scheme,
    store::file_system_id,
};
use stockade_base::{eth::Address, path::DerivationPath, timestamp::Timestamp};
use stockade_keystore::{bls::PublicKey, distributed::LockHash, staking::Network};

/// The contents of several copies.
#[derive(Debug, Default)]
pub struct Fleet {
    copies: Vec<FleetCopy>,
    sets: BTreeMap<(SetId, Option<Digest>), FleetSet>,
}

/// A copy.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FleetCopy {
    /// The copy's id.
    pub id: String,
    /// Its folder.
    pub dir: PathBuf,
}

/// A set according to one manifest, and the copies that have this manifest.
#[derive(Debug)]
#[non_exhaustive]
pub struct FleetSet {
    /// The contents, and the signer of the origin in the first copy that has one.
    pub listed: ListedSet,
    /// The ids of the copies, and the last drills of the set in each.
    pub copies: BTreeMap<String, LastDrills>,
}

/// The last drills of a set in a copy. A good older one says nothing about the result of a newer
/// one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastDrills {
    own: Option<LastDrill>,
    claimed: Option<LastDrill>,
}

impl LastDrills {
    /// The newest that is attested by one of the user's own addresses.
    pub fn own(&self) -> Option<LastDrill> {
        self.own.filter(|drill| !drill.failed)
    }

    /// The newest that is attested by anybody else, who may be anybody with access to the copy.
    pub fn claimed(&self) -> Option<LastDrill> {
        self.claimed.filter(|drill| !drill.failed)
    }
}

/// The newest drill of a set. Among several at the same time, a failed one counts as the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LastDrill {
    /// When, by the clock of the host.
    pub time: Timestamp,
    /// Whether a key did not open.
    pub failed: bool,
    /// Who attested it.
    pub by: Address,
}

/// A key of a set.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FleetKey<'a> {
    /// The set.
    pub set: &'a FleetSet,
    /// The key's entry in the manifest.
    pub entry: &'a KeystoreEntry,
}

/// The root that many keys are derived from: they are lost or exposed together.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Root<'a> {
    Batch {
        network: &'static str,
        batch: u32,
        scheme: Scheme,
        wallet: &'a Address,
    },
    /// A mnemonic gives the same keys for every network.
    Words {
        check_address: &'a Address,
    },
}

impl<'a> Root<'a> {
    fn of(network: Network, source: &'a Source) -> Option<Self> {
        match source {
            Source::Device { scheme, batch, check_address } => Some(Self::Batch {
                network: network.name(),
                batch: *batch,
                scheme: *scheme,
                wallet: check_address,
            }),
            Source::Mnemonic { check_address } => Some(Self::Words { check_address }),
            Source::Imported => None,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Batch { network, batch, wallet, .. } => {
                format!("{network} batch {batch} of wallet {wallet}")
            }
            Self::Words { check_address } => {
                format!("the mnemonic with check address {check_address}")
            }
        }
    }
}

/// A warning for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// A word for it, which other programs rely on.
    pub kind: &'static str,
    /// The warning in words.
    pub text: String,
}

impl Fleet {
    /// Adds a set that a copy holds.
    pub fn add(&mut self, copy: &str, dir: &Path, listed: Option<ListedSet>) {
        if !self.copies.iter().any(|known| known.id == copy) {
            self.copies.push(FleetCopy { id: copy.to_owned(), dir: dir.to_owned() });
        }
        let Some(listed) = listed else { return };
        let key = (listed.id.clone(), listed.digest);
        let signer = listed.signer;
        let set = self.sets.entry(key);
        let set = set.or_insert_with(|| FleetSet { listed, copies: BTreeMap::new() });
        set.listed.signer = set.listed.signer.or(signer);
        set.copies.insert(copy.to_owned(), LastDrills::default());
    }

    /// Adds a drill of a set, by its manifest's digest, in some copies, attested by one of the
    /// user's own addresses or by anybody else. The newest counts.
    pub fn drilled(
        &mut self,
        id: &SetId,
        digest: Digest,
        copies: &[String],
        drill: LastDrill,
        own: bool,
    ) {
        let Some(set) = self.sets.get_mut(&(id.clone(), Some(digest))) else { return };
        for copy in copies {
            if let Some(drills) = set.copies.get_mut(copy) {
                let last = if own { &mut drills.own } else { &mut drills.claimed };
                *last = (*last).max(Some(drill));
            }
        }
    }

    /// The copies, in the order in which they were added.
    pub fn copies(&self) -> &[FleetCopy] {
        &self.copies
    }

    /// The sets, one for each manifest.
    pub fn sets(&self) -> impl Iterator<Item = &FleetSet> {
        self.sets.values()
    }

    /// Every key of every set, sorted by network, source and index.
    pub fn keys(&self) -> Vec<FleetKey<'_>> {
        let sets = self.sets.values();
        let mut keys: Vec<_> = sets
            .flat_map(|set| set.listed.keystores().iter().map(move |entry| FleetKey { set, entry }))
            .collect();
        keys.sort_by_cached_key(|key| {
            let network = key.set.listed.id.network().name();
            (network, key.entry.source.clone(), key.index(), key.entry.pubkey)
        });
        keys
    }

    /// The warnings for the user.
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |kind, text| warnings.push(Warning { kind, text });
        for set in self.sets.values() {
            let (id, keys) = (&set.listed.id, count(set.listed.keystores().len()));
            let Some(manifest) = &set.listed.manifest else {
                let copies = set.names();
                warn("unreadable", format!("{id}: its manifest cannot be read in copy {copies}"));
                continue;
            };
            if set.copies.len() == 1 {
                let copy = set.names();
                warn("one_copy", format!("{id}: no copy but {copy} holds its {keys}"));
            }
            for (copy, drill) in set.failed() {
                let date = drill.time.date();
                warn(
                    "drill_failed",
                    format!("{id}: the last drill, {date}, did not open every key in copy {copy}"),
                );
            }
            let (claimed, never): (Vec<_>, Vec<_>) =
                set.undrilled().partition(|(_, by)| by.is_some());
            let names = |copies: &[(&str, _)]| {
                copies.iter().map(|(copy, _)| *copy).collect::<Vec<_>>().join(", ")
            };
            if !never.is_empty() {
                let copies = names(&never);
                warn(
                    "never_drilled",
                    format!("{id}: no drill of its {keys} in copy {copies} is attested"),
                );
            }
            if let Some(by) = claimed.iter().find_map(|(_, by)| *by) {
                let copies = names(&claimed);
                warn(
                    "drill_not_known",
                    format!(
                        "{id}: a drill of its {keys} in copy {copies} is attested by {by}, who is \
                         not known to be yours"
                    ),
                );
            }
            if manifest.custodians.len() == 1 {
                warn("one_custodian", format!("{id}: one custodian alone can open its {keys}"));
            } else if usize::from(manifest.threshold) == manifest.custodians.len() {
                let all = manifest.threshold;
                warn(
                    "all_custodians",
                    format!(
                        "{id}: all of its {all} custodians are needed, so losing one loses the set"
                    ),
                );
            }
        }
        self.warn_of_disagreement(&mut warn);
        self.warn_of_large_batches(&mut warn);
        self.warn_of_keys_in_two_sets(&mut warn);
        self.warn_of_two_locks(&mut warn);
        self.warn_of_one_file_system(&mut warn);
        warnings
    }

    fn warn_of_disagreement(&self, warn: &mut impl FnMut(&'static str, String)) {
        let mut manifests: BTreeMap<&SetId, usize> = BTreeMap::new();
        for (id, _) in self.sets.keys() {
            *manifests.entry(id).or_default() += 1;
        }
        for (id, _) in manifests.into_iter().filter(|(_, count)| *count > 1) {
            warn("manifest_disagreement", format!("{id}: the copies disagree about what it holds"));
        }
    }

    fn warn_of_large_batches(&self, warn: &mut impl FnMut(&'static str, String)) {
        let mut roots: BTreeMap<Root<'_>, BTreeSet<PublicKey>> = BTreeMap::new();
        for set in self.sets.values() {
            for entry in set.listed.keystores() {
                if let Some(root) = Root::of(set.listed.id.network(), &entry.source) {
                    roots.entry(root).or_default().insert(entry.pubkey);
                }
            }
        }
        for (root, keys) in roots.into_iter().filter(|(_, keys)| keys.len() > WARN_BATCH as usize) {
            let (what, keys) = (root.name(), keys.len());
            warn(
                "large_batch",
                format!(
                    "{what} has {keys} keys: no more than {WARN_BATCH} should depend on one root"
                ),
            );
        }
    }

    /// Shares of one validator from two locks of its cluster: those of the older one are of no use.
    fn warn_of_two_locks(&self, warn: &mut impl FnMut(&'static str, String)) {
        let mut locks: BTreeMap<PublicKey, BTreeMap<LockHash, BTreeSet<&SetId>>> = BTreeMap::new();
        for set in self.sets.values() {
            for share in set.listed.keystores().iter().filter_map(|entry| entry.share) {
                let Some(hash) = share.cluster else { continue };
                let of_validator = locks.entry(share.validator).or_default();
                of_validator.entry(hash).or_default().insert(&set.listed.id);
            }
        }
        for (validator, locks) in locks.iter().filter(|(_, locks)| locks.len() > 1) {
            let each = locks.iter().map(|(hash, sets)| {
                let sets: Vec<_> = sets.iter().map(|set| set.as_str()).collect();
                format!("{} in {}", hash.short(), sets.join(", "))
            });
            let each: Vec<_> = each.collect();
            warn(
                "two_locks",
                format!(
                    "{validator}: there are shares of it from {} cluster locks ({}); only those of the \
                     present lock are of use",
                    locks.len(),
                    each.join("; ")
                ),
            );
        }
    }

    fn warn_of_keys_in_two_sets(&self, warn: &mut impl FnMut(&'static str, String)) {
        let mut seen: BTreeMap<PublicKey, &SetId> = BTreeMap::new();
        let mut both: BTreeMap<(&SetId, &SetId), usize> = BTreeMap::new();
        for (id, set) in self.sets.iter().map(|((id, _), set)| (id, set)) {
            for entry in set.listed.keystores() {
                match seen.insert(entry.pubkey, id) {
                    Some(other) if other != id => *both.entry((other, id)).or_default() += 1,
                    _ => {}
                }
            }
        }
        for ((one, other), keys) in both {
            warn(
                "two_sets",
                format!("{keys} keys are in both {one} and {other}: restore them from only one"),
            );
        }
    }

    fn warn_of_one_file_system(&self, warn: &mut impl FnMut(&'static str, String)) {
        let mut together: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
        for copy in &self.copies {
            if let Some(number) = file_system_id(&copy.dir) {
                together.entry(number).or_default().push(&copy.id);
            }
        }
        for copies in together.values().filter(|copies| copies.len() > 1) {
            let copies = copies.join(", ");
            warn(
                "one_file_system",
                format!(
                    "the copies {copies} are on the same file system: one failure would destroy them all"
                ),
            );
        }
    }
}

impl FleetSet {
    /// The copies without a drill attested by one of the user's own addresses, and who else
    /// attested one.
    pub fn undrilled(&self) -> impl Iterator<Item = (&str, Option<Address>)> {
        let undrilled = self.copies.iter().filter(|(_, drills)| drills.own.is_none());
        undrilled.map(|(copy, drills)| (copy.as_str(), drills.claimed().map(|claim| claim.by)))
    }

    /// The copies whose last drill did not open every key, whoever attested it.
    fn failed(&self) -> impl Iterator<Item = (&str, LastDrill)> {
        self.copies.iter().filter_map(|(copy, drills)| {
            let failed = [drills.own, drills.claimed].into_iter().flatten();
            let last = failed.filter(|drill| drill.failed).max()?;
            Some((copy.as_str(), last))
        })
    }

    /// The newest drill in any copy that is attested by one of the user's own addresses.
    pub fn last_drill(&self) -> Option<LastDrill> {
        self.copies.values().filter_map(LastDrills::own).max()
    }

    /// The newest one that is attested by anybody else.
    pub fn last_claim(&self) -> Option<LastDrill> {
        self.copies.values().filter_map(LastDrills::claimed).max()
    }

    /// The ids of the copies, as one text.
    pub fn names(&self) -> String {
        self.copies.keys().map(String::as_str).collect::<Vec<_>>().join(",")
    }
}

impl FleetKey<'_> {
    /// Its path, if the manifest has a valid one.
    pub fn path(&self) -> Option<DerivationPath> {
        self.entry.path.parse().ok()
    }

    /// The validator's index, if its path is that of a signing key. A share has none: charon writes
    /// the path of index 0 into every share.
    pub fn index(&self) -> Option<u32> {
        if self.entry.share.is_some() {
            return None;
        }
        let path = self.path()?;
        let index = *path.levels().get(2)?;
        (path == DerivationPath::signing_key(index)).then_some(index)
    }
}

/// How many keys, for people.
fn count(keys: usize) -> String {
    if keys == 1 { "1 key".to_owned() } else { format!("{keys} keys") }
}
