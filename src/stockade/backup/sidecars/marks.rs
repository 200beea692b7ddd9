//! Marks that are stored with a set, about what happened to its keys elsewhere. Like histories they
//! are only ever added. They are not signed: a false one only makes people more careful.

use std::collections::BTreeSet;

use serde::{Serialize, de::DeserializeOwned};

use super::sets::sets_with;
use crate::backup::{
    copy::{Copy, folders},
    set::{error::BackupError, set_id::SetId},
};
use crate::store::{EntryKind, StorePath};
use stockade_base::{json, timestamp::Timestamp};
use stockade_keystore::bls::PublicKey;

const MAX_LEN: u64 = 16 * 1024 * 1024;

/// A kind of mark.
pub trait Mark: Clone + Ord + Serialize + DeserializeOwned {
    /// The ending of the names of its files, after the time.
    const ENDING: &'static str;

    /// Whether its format and version are known.
    fn is_known(&self) -> bool;

    /// When, by the clock of the host.
    fn time(&self) -> &str;

    /// The keys that it is about.
    fn keys(&self) -> &[PublicKey];
}

/// The marks of one or more sets.
#[derive(Debug)]
pub struct Marks<M> {
    /// Each mark once, oldest first.
    pub marks: Vec<M>,
    /// Files that are named as a mark but cannot be read: each may be about any key.
    pub unread: Vec<String>,
}

/// Whether a file's name is that of a mark.
pub(crate) fn is_name<M: Mark>(name: &str) -> bool {
    name.strip_suffix(M::ENDING).is_some_and(|stem| stem.parse::<Timestamp>().is_ok())
}

pub(crate) fn parse<M: Mark>(bytes: &[u8]) -> Option<M> {
    let mark: M = json::from_slice(bytes, MAX_LEN as usize).ok()?;
    let dated = mark.time().parse::<Timestamp>().is_ok();
    (mark.is_known() && dated && !mark.keys().is_empty()).then_some(mark)
}

/// Stores `mark` with the set in `copy`, unless an identical one is there.
pub fn leave<M: Mark>(mark: &M, copy: &Copy, set: &SetId) -> Result<(), BackupError> {
    copy.lock()?;
    let there = beside::<M>(std::slice::from_ref(copy), set)?;
    if there.marks.contains(mark) {
        return Ok(());
    }
    let mut bytes = serde_json::to_vec(mark)?;
    bytes.push(b'\n');
    let time = mark.time().parse().unwrap_or_else(|_| Timestamp::now());
    copy.add_dated(&format!("history/{set}").parse()?, time, M::ENDING, &bytes)
}

/// The marks of `set`, in all copies.
pub fn beside<M: Mark>(copies: &[Copy], set: &SetId) -> Result<Marks<M>, BackupError> {
    let folder: StorePath = format!("history/{set}").parse()?;
    let mut found = Marks::default();
    for copy in copies {
        for entry in copy.list(&folder)?.iter().filter(|entry| is_name::<M>(&entry.name)) {
            let path = folder.join(&entry.name)?;
            let bytes = match entry.kind {
                EntryKind::File => copy.read(&path, MAX_LEN).ok(),
                _ => None,
            };
            match bytes.and_then(|bytes| parse(&bytes)) {
                Some(mark) => found.marks.push(mark),
                None => {
                    let place = copy.path_of(path.as_str());
                    found.unread.push(stockade_base::shown(&place).to_string());
                }
            }
        }
    }
    found.tidy();
    Ok(found)
}

/// The marks about any of `keys`, of all sets of the same network as `set`, since a key may be in
/// several sets.
pub fn of_keys<M: Mark>(
    copies: &[Copy],
    set: &SetId,
    keys: &[PublicKey],
) -> Result<Marks<M>, BackupError> {
    let mut found = Marks::default();
    for id in sets_with(copies, set, &[folders::HISTORY])? {
        let Marks { marks, unread } = beside(copies, &id)?;
        found.marks.extend(marks);
        found.unread.extend(unread);
    }
    let asked: BTreeSet<_> = keys.iter().collect();
    found.marks.retain(|mark: &M| mark.keys().iter().any(|key| asked.contains(key)));
    found.tidy();
    Ok(found)
}

/// All marks of `set`. A mark that cannot be read is an error: without it, keys would look as if
/// they ran nowhere else.
pub(crate) fn all<M: Mark>(copies: &[Copy], set: &SetId) -> Result<Vec<M>, BackupError> {
    let Marks { marks, unread } = beside(copies, set)?;
    match unread.first() {
        None => Ok(marks),
        Some(file) => Err(BackupError::History(format!(
            "{file}: the file cannot be read; repair the copies, or move it away"
        ))),
    }
}

/// Copies the marks of one kind of the set `from`, in all copies, to the set `to` in `copy`.
pub(crate) fn carry_over<M: Mark>(
    copies: &[Copy],
    from: &SetId,
    to: &SetId,
    copy: &Copy,
) -> Result<(), BackupError> {
    all::<M>(copies, from)?.iter().try_for_each(|mark| leave(mark, copy, to))
}

impl<M> Default for Marks<M> {
    fn default() -> Self {
        Self { marks: Vec::new(), unread: Vec::new() }
    }
}

impl<M: Mark> Marks<M> {
    fn tidy(&mut self) {
        self.marks.sort_by(|one, other| (one.time(), one).cmp(&(other.time(), other)));
        self.marks.dedup();
    }
}
