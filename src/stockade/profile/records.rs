//! What this computer remembers of the profile's copies: where each was last seen, and when it was
//! last scrubbed and drilled. These records are not signed: they remind, and prove nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ProfileError;
use crate::{
    backup::{
        Digest, SetId,
        scrub::Scrubbed,
        verdict::{Reason, Report},
    },
    store::{StoreError, private_file},
};
use stockade_base::timestamp::Timestamp;

/// The longest file: 500 sets in 50 copies, and more.
const MAX_LEN: u64 = 64 * 1024 * 1024;

/// A check that is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// Every byte was read.
    Scrub,
    /// Every key was opened.
    Drill,
    /// A wallet signed the result of either.
    Attestation,
}

impl CheckKind {
    /// All of them, from the most frequent on.
    pub const ALL: [Self; 3] = [Self::Scrub, Self::Drill, Self::Attestation];

    /// The word for it in JSON and in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scrub => "scrub",
            Self::Drill => "drill",
            Self::Attestation => "attestation",
        }
    }
}

/// The file of records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    /// The copies, by id.
    #[serde(default)]
    copies: BTreeMap<String, Seen>,
    /// The last check of each kind of a set in a copy.
    #[serde(default)]
    checks: Vec<Recorded>,
}

/// Where and when a copy was last seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The folder or bucket.
    pub place: String,
    /// When.
    #[serde(with = "compact")]
    pub at: Timestamp,
}

/// A check of a set in a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The set.
    pub set: SetId,
    /// The digest of its manifest.
    pub manifest: Digest,
    /// The id of the copy.
    pub copy: String,
    /// What was done.
    pub kind: CheckKind,
    /// When.
    #[serde(with = "compact")]
    pub at: Timestamp,
    /// Whether every key and file was as it should be.
    pub good: bool,
}

impl Records {
    /// Reads the file; empty if there is none.
    pub fn read(path: &Path) -> Result<Self, ProfileError> {
        let bytes = match private_file::read_regular(path, MAX_LEN) {
            Err(StoreError::NotFound(_)) => return Ok(Self::default()),
            bytes => bytes?,
        };
        serde_json::from_slice(&bytes).map_err(|error| ProfileError::Malformed {
            path: path.to_owned(),
            line: Some(error.line()),
            why: "its records cannot be read".to_owned(),
        })
    }

    /// Writes the file.
    pub fn write(&self, path: &Path) -> Result<(), ProfileError> {
        let bytes = serde_json::to_vec(self)
            .map_err(|error| ProfileError::Unwritable(error.to_string()))?;
        Ok(private_file::replace(path, &bytes)?)
    }

    /// Where a copy was last.
    pub fn seen(&self, copy: &str) -> Option<&Seen> {
        self.copies.get(copy)
    }

    /// The last checks.
    pub fn checks(&self) -> &[Recorded] {
        &self.checks
    }

    /// Remembers that a copy is in `place`.
    pub fn see(&mut self, copy: &str, place: &Path, at: Timestamp) {
        let place = place.to_string_lossy().into_owned();
        self.copies.insert(copy.to_owned(), Seen { place, at });
    }

    /// Remembers a scrub or drill: its result for every set in every copy. Of an older check of the
    /// same kind nothing is left, so a good one never hides a bad one that followed.
    pub fn check(&mut self, kind: CheckKind, read: &Scrubbed, report: &Report, at: Timestamp) {
        let new = results(kind, read, report, at);
        let known: BTreeSet<_> = new.iter().map(|one| (&one.set, &one.copy)).collect();
        self.checks.retain(|old| old.kind != kind || !known.contains(&(&old.set, &old.copy)));
        self.checks.extend(new.iter().cloned());
    }
}

/// The result of a check, for every set in every copy that has its manifest.
fn results(kind: CheckKind, read: &Scrubbed, report: &Report, at: Timestamp) -> Vec<Recorded> {
    // By copy and set: whether there is a key, and whether something is wrong.
    let mut found: BTreeMap<(&str, &str), (bool, bool)> = BTreeMap::new();
    for key in &report.keys {
        let Some(copy) = key.copy.as_deref() else { continue };
        let set = key.file.as_deref().map_or("", set_of);
        let (any, bad) = found.entry((copy, set)).or_default();
        *any = true;
        *bad |= key.reason != Reason::Ok;
    }
    for file in report.files.iter().filter(|file| file.reason != Reason::Unlisted) {
        found.entry((&file.copy, set_of(&file.file))).or_default().1 = true;
    }
    let inspections = read.sets.iter().flat_map(|set| set.copies.iter().flatten());
    let result = |inspection: &crate::backup::inspect::Inspection| {
        let manifest = inspection.manifest.as_ref()?.digest;
        let of = |set: &str| found.get(&(inspection.copy.as_str(), set)).copied();
        // A problem that names no set is one of every set in the copy.
        let elsewhere = of("").is_some_and(|(_, bad)| bad);
        let (any, bad) = of(inspection.set.as_str()).unwrap_or_default();
        let (set, copy) = (inspection.set.clone(), inspection.copy.clone());
        Some(Recorded { set, manifest, copy, kind, at, good: any && !bad && !elsewhere })
    };
    inspections.filter_map(result).collect()
}

/// The set of a file below `stockade/`: the first part of its path that is the id of one.
fn set_of(file: &str) -> &str {
    file.split('/').find(|part| part.parse::<SetId>().is_ok()).unwrap_or_default()
}

/// Times as `20261120T101500Z`.
mod compact {
    use super::{Deserialize as _, Deserializer, Serializer, Timestamp};
    use serde::de::Error as _;

    pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(time)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
