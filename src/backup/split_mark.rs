//! Marks beside a set: keys of it were split into shares, which sign without it from then on. Like
//! histories they are only ever added, and nobody signs them: they make people more careful.

use serde::{Deserialize, Serialize};

use super::{BackupError, Copy, SetId, history::sets_with_history};
use crate::{
    bls::PublicKey,
    json,
    store::{EntryKind, StorePath},
    timestamp::Timestamp,
};

const FORMAT: &str = "stockade-split";
const VERSION: u32 = 1;
const MAX_LEN: u64 = 16 * 1024 * 1024;
const ENDING: &str = "-split.json";

/// That keys were split into shares.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitMark {
    format: String,
    version: u32,
    time: String,
    /// Into how many.
    pub shares: u8,
    /// How many of them sign together.
    pub threshold: u8,
    /// Which keys.
    pub keys: Vec<PublicKey>,
}

/// Marks that lie beside sets.
#[derive(Debug, Default)]
pub struct Marks {
    /// Each once, oldest first.
    pub marks: Vec<SplitMark>,
    /// Files that are named as one and cannot be read: each may name any key.
    pub unread: Vec<String>,
}

impl SplitMark {
    /// A mark of a split that is done now.
    pub fn new(keys: &[PublicKey], shares: u8, threshold: u8, now: Timestamp) -> Self {
        let (format, time) = (FORMAT.to_owned(), now.to_string());
        Self { format, version: VERSION, time, shares, threshold, keys: keys.to_vec() }
    }

    /// When, by the clock of the host.
    pub fn time(&self) -> &str {
        &self.time
    }

    /// Whether a file's name is that of a mark.
    pub(super) fn is_name(name: &str) -> bool {
        let time = name.strip_suffix(ENDING).and_then(|stem| stem.parse::<Timestamp>().ok());
        time.is_some()
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mark: Self = json::from_slice(bytes, MAX_LEN as usize).ok()?;
        let known = mark.format == FORMAT && mark.version == VERSION;
        (known && mark.time.parse::<Timestamp>().is_ok() && !mark.keys.is_empty()).then_some(mark)
    }

    /// Puts it beside the set in `copy`; one that says the same stays alone.
    pub fn leave(&self, copy: &Copy, set: &SetId) -> Result<(), BackupError> {
        copy.lock()?;
        let there = beside(std::slice::from_ref(copy), set)?;
        if there.marks.contains(self) {
            return Ok(());
        }
        let mut bytes = serde_json::to_vec(self)?;
        bytes.push(b'\n');
        // A second for each that lies there is enough to find one that is free.
        let mut time = self.time.parse().unwrap_or_else(|_| Timestamp::now());
        for _ in 0..=there.marks.len() + there.unread.len() {
            let path: StorePath = format!("history/{set}/{time}{ENDING}").parse()?;
            if copy.add_if_absent(&path, &bytes)? {
                return Ok(());
            }
            time = Timestamp::from_unix(time.unix() + 1).unwrap_or(time);
        }
        Err(BackupError::History(format!("no name is free for a mark beside {set}")))
    }
}

/// The marks beside `set`, in all copies.
pub fn beside(copies: &[Copy], set: &SetId) -> Result<Marks, BackupError> {
    let folder: StorePath = format!("history/{set}").parse()?;
    let mut found = Marks::default();
    for copy in copies {
        for entry in copy.list(&folder)?.iter().filter(|entry| SplitMark::is_name(&entry.name)) {
            let path = folder.join(&entry.name)?;
            let bytes = match entry.kind {
                EntryKind::File => copy.read(&path, MAX_LEN).ok(),
                _ => None,
            };
            match bytes.and_then(|bytes| SplitMark::parse(&bytes)) {
                Some(mark) => found.marks.push(mark),
                None => {
                    let place = copy.dir().join("stockade").join(path.as_str());
                    found.unread.push(place.display().to_string());
                }
            }
        }
    }
    found.tidy();
    Ok(found)
}

/// The marks of any of `keys` beside any set of the network of `set`, for a key may lie in several.
pub fn of_keys(copies: &[Copy], set: &SetId, keys: &[PublicKey]) -> Result<Marks, BackupError> {
    let mut found = Marks::default();
    for id in sets_with_history(copies, set)? {
        let Marks { marks, unread } = beside(copies, &id)?;
        found.marks.extend(marks);
        found.unread.extend(unread);
    }
    found.marks.retain(|mark| mark.keys.iter().any(|key| keys.contains(key)));
    found.tidy();
    Ok(found)
}

/// All marks beside `set`. One that cannot be read is an error: keys that go on without it would look
/// as if they ran nowhere else.
pub(super) fn all(copies: &[Copy], set: &SetId) -> Result<Vec<SplitMark>, BackupError> {
    let Marks { marks, unread } = beside(copies, set)?;
    match unread.first() {
        None => Ok(marks),
        Some(file) => Err(BackupError::History(format!(
            "{file}: it cannot be read; repair the copies, or move it away"
        ))),
    }
}

impl Marks {
    fn tidy(&mut self) {
        self.marks.sort_by(|one, other| (&one.time, one).cmp(&(&other.time, other)));
        self.marks.dedup();
    }
}
