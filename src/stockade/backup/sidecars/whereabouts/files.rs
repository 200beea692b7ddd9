//! The files of the record, `whereabouts/<set-id>/<utc>-<digest>.json`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entry, Location, State, entry::MAX_LEN};
use crate::backup::{
    copy::{Copy, folders::WHEREABOUTS},
    set::{digest::Digest, error::BackupError, secret::SetSecret, set_id::SetId},
};
use crate::store::{EntryKind, StoreError, StorePath};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::bls::PublicKey;

/// How many digits of its content's digest a file's name has.
const NAME_DIGITS: usize = 16;

/// An entry that was read.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// The digest of its bytes, by which closing entries name it.
    pub id: Digest,
    pub entry: Entry,
    /// The set that it is stored with, whose secret authenticates it.
    pub set: SetId,
}

/// A file that is named as an entry but cannot be read. It may be about any key.
#[derive(Debug, Clone)]
pub(crate) struct Unread {
    /// The digest of its path, by which a closing entry can name it.
    pub id: Digest,
    /// Where it is, for people.
    pub file: String,
    /// The time in its name.
    pub time: String,
}

/// All entries of one set in the copies, each once.
pub(crate) fn read(
    copies: &[Copy],
    set: &SetId,
    found: &mut Vec<Found>,
    unread: &mut Vec<Unread>,
) -> Result<(), BackupError> {
    let folder: StorePath = format!("{WHEREABOUTS}/{set}").parse()?;
    let mut bad = BTreeMap::new();
    let mut good = BTreeSet::new();
    for copy in copies {
        for entry in copy.list(&folder)?.iter().filter(|entry| is_name(&entry.name)) {
            if good.contains(&entry.name) {
                continue;
            }
            let path = folder.join(&entry.name)?;
            let file = stockade_base::shown(&copy.path_of(path.as_str())).to_string();
            let bytes = match entry.kind {
                EntryKind::File => copy.read(&path, MAX_LEN as u64).ok(),
                _ => None,
            };
            let bytes = bytes.filter(|bytes| check(&entry.name, bytes));
            match bytes.and_then(|bytes| Some((Digest::of(&bytes), Entry::parse(&bytes)?))) {
                Some((id, read)) => {
                    good.insert(entry.name.clone());
                    found.push(Found { id, entry: read, set: set.clone() });
                }
                None => {
                    bad.entry(entry.name.clone()).or_insert(file);
                }
            }
        }
    }
    // An entry that is intact in one copy is known.
    let bad = bad.into_iter().filter(|(name, _)| !good.contains(name));
    unread.extend(bad.map(|(name, file)| Unread {
        id: Digest::of(format!("{WHEREABOUTS}/{set}/{name}").as_bytes()),
        time: name.split('-').next().unwrap_or_default().to_owned(),
        file,
    }));
    Ok(())
}

/// Adds an entry of the set to `copy`. The same entry has the same id in all copies.
pub(crate) fn write(copy: &Copy, set: &SetId, entry: &Entry) -> Result<Digest, BackupError> {
    copy.lock()?;
    let bytes = entry.to_bytes()?;
    let id = Digest::of(&bytes);
    let digits: String = id.to_string().chars().take(NAME_DIGITS).collect();
    let path: StorePath = format!("{WHEREABOUTS}/{set}/{}-{digits}.json", entry.time).parse()?;
    if copy.add_if_absent(&path, &bytes)? || copy.read(&path, MAX_LEN as u64)? == bytes {
        return Ok(id);
    }
    Err(StoreError::Exists(copy.path_of(path.as_str())).into())
}

/// Gives the entries of the set `from` to the set `to`, which replaces it. Entries that the old
/// secret authenticates are authenticated with the new one.
pub(crate) fn adopt(
    copies: &[Copy],
    (from, old): (&SetId, &SetSecret),
    (to, new): (&SetId, &SetSecret),
) -> Result<(), BackupError> {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    read(copies, from, &mut found, &mut unread)?;
    if let Some(Unread { file, .. }) = unread.first() {
        return Err(BackupError::History(format!(
            "{file}: this entry of the location record cannot be read; repair the copies, or move it \
             away"
        )));
    }
    for Found { entry, .. } in found {
        let entry = if entry.is_by(old) { entry.sealed(new) } else { entry };
        for copy in copies {
            write(copy, to, &entry)?;
        }
    }
    Ok(())
}

/// Copies the entries of `from` to the set `to` in `copy`, unchanged. Closing entries only count
/// for the set whose secret authenticates them, so they stay with `from`.
pub(crate) fn carry_over(
    copies: &[Copy],
    from: &SetId,
    to: &SetId,
    copy: &Copy,
) -> Result<(), BackupError> {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    read(copies, from, &mut found, &mut unread)?;
    let open = found.iter().filter(|one| !one.entry.state.closes());
    open.map(|one| write(copy, to, &one.entry)).try_for_each(|written| written.map(|_| ()))
}

/// How many imported keys go into one entry.
const KEYS_AN_ENTRY: usize = 10_000;

/// The first entries of a new set: where its keys were when they were imported.
pub(crate) fn first(
    places: &[(Location, Vec<PublicKey>)],
    copies: &[Copy],
) -> Result<Vec<Entry>, BackupError> {
    let copies: Vec<_> = copies.iter().map(|copy| copy.id().to_owned()).collect();
    let mut entries = Vec::new();
    for (location, keys) in places {
        for keys in keys.chunks(KEYS_AN_ENTRY) {
            let (order, keys) = (entries.len() as u64 + 1, keys.to_vec());
            let copies = copies.clone();
            let mut entry = Entry::new(order, State::Listed, location, keys, Vec::new())?;
            entry.copies = copies;
            entries.push(entry);
        }
    }
    Ok(entries)
}

/// Whether a file's name is that of an entry.
pub(crate) fn is_name(name: &str) -> bool {
    let Some((time, digits)) = name.strip_suffix(".json").and_then(|stem| stem.split_once('-'))
    else {
        return false;
    };
    let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    time.parse::<Timestamp>().is_ok() && digits.len() == NAME_DIGITS && digits.bytes().all(hex)
}

/// Whether `bytes` are the content that the file's name requires.
pub(crate) fn check(name: &str, bytes: &[u8]) -> bool {
    let digest = Digest::of(bytes).to_string();
    let digits = name.strip_suffix(".json").and_then(|stem| stem.split_once('-'));
    digits.is_some_and(|(_, digits)| !digits.is_empty() && digest.starts_with(digits))
}
