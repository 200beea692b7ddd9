//! Notes of retired sets, which keep a copy that was away from adding a retired set again. A note
//! is not signed and proves nothing alone: the set that it names must be there, intact, of the same
//! maker, not older, and hold every key. A note removes nothing.

use serde::{Deserialize, Serialize};

use crate::backup::{
    copy::{Copy, folders},
    set::{digest::Digest, error::BackupError, set_id::SetId},
};
use crate::store::{EntryKind, StorePath};
use stockade_base::{json, timestamp::Timestamp};

const FORMAT: &str = "stockade-retired";
const VERSION: u32 = 1;
const MAX_LEN: u64 = 4096;

/// States that a set was retired.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    format: String,
    version: u32,
    /// The set.
    pub set: SetId,
    /// The digest of its manifest.
    pub manifest: Digest,
    /// The set that replaces it.
    pub by: SetId,
    time: String,
}

/// The notes of one copy.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Notes {
    /// The notes, by the set in the file's name.
    pub notes: Vec<Note>,
    /// Files in their folder that are not notes.
    pub malformed: Vec<String>,
    /// Whether their folder cannot be read.
    pub unreadable: bool,
}

impl Note {
    pub(crate) fn new(set: SetId, manifest: Digest, by: SetId, time: Timestamp) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            set,
            manifest,
            by,
            time: time.to_string(),
        }
    }

    /// When, by the clock of the host.
    pub fn time(&self) -> Option<Timestamp> {
        self.time.parse().ok()
    }

    fn parse(bytes: &[u8], set: &SetId) -> Option<Self> {
        let note: Self = json::from_slice(bytes, MAX_LEN as usize).ok()?;
        let known = note.format == FORMAT && note.version == VERSION && note.time().is_some();
        (known && note.set == *set).then_some(note)
    }

    /// Adds the note to `copy`, unless there is one. Returns whether it was added.
    pub(crate) fn add_to(&self, copy: &Copy) -> Result<bool, BackupError> {
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        copy.add_if_absent(&format!("{}/{}.json", folders::RETIRED, self.set).parse()?, &bytes)
    }
}

/// Reads the notes in `copy`.
pub fn notes(copy: &Copy) -> Result<Notes, BackupError> {
    let folder: StorePath = folders::RETIRED.parse()?;
    let mut found = Notes::default();
    let entries = match copy.list(&folder) {
        Err(error) if error.is_damage() => return Ok(Notes { unreadable: true, ..found }),
        entries => entries?,
    };
    // A partial file that a killed process left does not count.
    let entries: Vec<_> =
        entries.into_iter().filter(|entry| !entry.name.ends_with(".partial")).collect();
    let read = copy.map(&entries, |entry| {
        let set = entry.name.strip_suffix(".json")?.parse::<SetId>().ok()?;
        let path = folder.join(&entry.name).ok().filter(|_| entry.kind == EntryKind::File)?;
        Note::parse(&copy.read(&path, MAX_LEN).ok()?, &set)
    });
    for (entry, note) in entries.into_iter().zip(read) {
        match note {
            Some(note) => found.notes.push(note),
            None => found.malformed.push(entry.name),
        }
    }
    Ok(found)
}
