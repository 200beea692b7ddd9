//! The document of `backup list`.

use serde::Serialize;
use stockade::{
    backup::{
        Copy, ListedSet,
        manifest::{Manifest, Source},
        marks::Marks,
        retired::Note,
        split_mark::SplitMark,
    },
    timestamp::Timestamp,
};

use crate::commands::{
    share_rows::{ShareRow, rows},
    shares::{self, Split},
    unreachable::Unreached,
};

#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// Each set in each copy.
    pub sets: Vec<SetRow>,
    /// The notes about sets that were retired.
    pub retired: Vec<NoteRow>,
    /// Keys of --expect that no set lists: public keys in hex.
    pub missing: Vec<String>,
    /// What interrupted commands left behind, as texts for people.
    pub unfinished: Vec<String>,
    #[serde(flatten)]
    pub unreached: Unreached,
}

/// A set in a copy, as its manifest describes it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SetRow {
    /// The id of the set.
    set_id: String,
    /// The id of the copy.
    copy: String,
    /// The network of the keys.
    network: &'static str,
    /// Whether the manifest can be read. If not, the fields that come from it are null.
    readable: bool,
    /// The address that signed the set, with the checksum of EIP-55; null if no signature fits this
    /// manifest.
    signer: Option<String>,
    /// When the set was made, in RFC 3339.
    created: Option<String>,
    /// Whether it was made with a publicly known seed, for tests.
    test: Option<bool>,
    /// The number of keys.
    keys: Option<usize>,
    /// Those of its keys that are shares of validators' keys.
    shares: Vec<ShareRow>,
    /// The numbers of the batches that its keys are from.
    batches: Vec<u32>,
    /// The ids of the custodians that can open the set.
    custodians: Option<Vec<String>>,
    /// The records of keys that were split into shares.
    splits: Vec<Split>,
    /// Files that may record a split and cannot be read.
    unread_marks: Vec<String>,
}

/// A note that a set was retired.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NoteRow {
    /// The id of the set that was retired.
    set_id: String,
    /// The id of the copy that has the note.
    copy: String,
    /// The id of the set that replaces it.
    by: String,
    /// When the set was retired, as YYYYMMDDTHHMMSSZ.
    time: Option<String>,
    /// The same time in RFC 3339.
    retired_at: Option<String>,
}

impl SetRow {
    /// The set, with the records of its splits.
    pub fn of(set: &ListedSet, marks: &Marks<SplitMark>) -> Self {
        let manifest = set.manifest.as_deref();
        let custodians = |manifest: &Manifest| {
            manifest.custodians.iter().map(|custodian| custodian.id().to_string()).collect()
        };
        Self {
            set_id: set.id.to_string(),
            copy: set.copy.clone(),
            network: set.id.network().name(),
            readable: manifest.is_some(),
            signer: set.signer.map(|signer| signer.to_string()),
            created: manifest.map(|manifest| manifest.created.clone()),
            test: manifest.map(|manifest| manifest.test),
            keys: manifest.map(|manifest| manifest.keystores.len()),
            shares: manifest
                .map(|read| rows(&read.shares().collect::<Vec<_>>()))
                .unwrap_or_default(),
            batches: batches(set),
            custodians: manifest.map(custodians),
            splits: shares::splits(marks),
            unread_marks: marks.unread.clone(),
        }
    }
}

impl NoteRow {
    /// The note in `copy`.
    pub fn of(note: &Note, copy: &Copy) -> Self {
        Self {
            set_id: note.set.to_string(),
            copy: copy.id().to_owned(),
            by: note.by.to_string(),
            time: note.time().map(|time| time.to_string()),
            retired_at: note.time().map(Timestamp::rfc3339),
        }
    }
}

/// The batches that the keys of a set are from.
pub fn batches(set: &ListedSet) -> Vec<u32> {
    let mut batches: Vec<_> = set
        .keystores()
        .iter()
        .filter_map(|entry| match entry.source {
            Source::Device { batch, .. } => Some(batch),
            _ => None,
        })
        .collect();
    batches.dedup();
    batches
}
