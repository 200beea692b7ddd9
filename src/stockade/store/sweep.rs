//! What a killed process, or a power cut, left half done: cleared away by the next writer, and never
//! at the cost of what is whole.

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    fs::File,
    io::{BufReader, Read as _},
};

use super::{
    EntryKind, StoreError, StorePath, calls,
    failpoint::{self, Change},
    folder::Folder,
    names::{ASIDE, PARTIAL, aside_of, partial_of},
};

/// Clears away what was left in a folder that nobody else writes to now: what was not finished goes,
/// and what had stepped aside comes back. What no writer of ours names so stays.
pub(super) fn sweep(folder: &Folder) -> Result<(), StoreError> {
    let entries = folder.entries()?;
    let folders = entries.iter().filter(|(_, kind)| *kind == EntryKind::Folder);
    let aside: Vec<_> = folders.filter_map(|(name, _)| inner(name, ASIDE)).collect();
    let partial: Vec<_> = entries.iter().filter_map(|(name, _)| inner(name, PARTIAL)).collect();
    if aside.is_empty() && partial.is_empty() {
        return Ok(());
    }
    // Before anything is removed: what looks like a leftover may be another name of what is whole.
    let leftovers = aside.iter().map(|name| (name, aside_of(name)));
    let leftovers = leftovers.chain(partial.iter().map(|name| (name, partial_of(name))));
    for (name, leftover) in leftovers {
        require_two(folder, &leftover, name)?;
    }
    for name in &aside {
        match folder.kind(name)? {
            // Its successor never came to be.
            Some(EntryKind::Folder) if folder.folder(name)?.entries()?.is_empty() => {
                calls::remove_empty(folder, name);
                calls::rename_new(folder, &aside_of(name), name)?;
            }
            None => calls::rename_new(folder, &aside_of(name), name)?,
            Some(_) => {
                // What replaced it is on the medium before what it replaced goes.
                calls::settle(folder, name)?;
                remove(folder, &aside_of(name))?;
            }
        }
    }
    partial.iter().try_for_each(|name| remove(folder, &partial_of(name)))?;
    calls::sync(folder)
}

/// Removes the leftover of a write to `name`, where there is one.
pub(super) fn discard(folder: &Folder, leftover: &OsStr, name: &OsStr) -> Result<(), StoreError> {
    if folder.kind(leftover)?.is_none() {
        return Ok(());
    }
    require_two(folder, leftover, name)?;
    calls::remove(folder, leftover)
}

/// What is deeper, or more, than anything that is written here is somebody else's, and what cannot be
/// read is nothing: where they stay, they stop nobody.
fn remove(folder: &Folder, name: &OsStr) -> Result<(), StoreError> {
    let is_unreadable = || match folder.kind(name) {
        Ok(Some(EntryKind::Folder)) => {
            folder.folder(name).and_then(|folder| folder.entries()).is_err()
        }
        // An entry that leads nowhere, as `fsck.vfat` leaves one.
        kind => kind.is_err(),
    };
    match calls::remove(folder, name) {
        Err(StoreError::TooDeep(_) | StoreError::TooMany { .. }) => Ok(()),
        Err(_) if is_unreadable() => Ok(()),
        done => done,
    }
}

/// The name whose leftover this is, where it is a name that is ever written.
fn inner(name: &OsStr, end: &str) -> Option<OsString> {
    let inner = name.to_str()?.strip_prefix('.')?.strip_suffix(end)?;
    let ours = inner.parse::<StorePath>().is_ok_and(|path| path.names().count() == 1);
    ours.then(|| inner.into())
}

/// The name that a folder of this name has where it is aside.
pub(super) fn name_aside(name: &str) -> Option<&str> {
    name.strip_prefix('.')?.strip_suffix(ASIDE)
}

/// Refuses where `leftover` and `name` are two names of one file or folder, as FAT shows them when the
/// power went in the middle of a rename: whoever removes the one empties the other.
fn require_two(folder: &Folder, leftover: &OsStr, name: &OsStr) -> Result<(), StoreError> {
    // An entry that leads nowhere is no name of anything.
    let kind = folder.kind(leftover).ok().flatten();
    let one = match (kind, folder.kind(name)?) {
        (Some(EntryKind::Folder), Some(EntryKind::Folder)) => {
            is_one_folder(folder, leftover, name)?
        }
        (Some(EntryKind::File), Some(EntryKind::File)) => {
            // No leftover of ours ever equals what it was to replace: see `Directory::try_write`.
            let fat = folder.is_fat() || failpoint::exfat();
            fat && is_one_content(folder.file(leftover)?, folder.file(name)?)
        }
        _ => false,
    };
    let two_names = || StoreError::TwoNames {
        path: folder.path_of(name),
        other: leftover.to_string_lossy().into_owned(),
    };
    (!one).then_some(()).ok_or_else(two_names)
}

const PROBE: &str = ".stockade-two-names";

/// Whether what is made in the one appears in the other.
fn is_one_folder(folder: &Folder, leftover: &OsStr, name: &OsStr) -> Result<bool, StoreError> {
    let (Ok(left), Ok(whole)) = (folder.folder(leftover), folder.folder(name)) else {
        return Ok(false);
    };
    let sorted = |folder: &Folder| folder.entries().map(|e| e.into_iter().collect::<BTreeSet<_>>());
    // Two lists that differ are those of two folders; nothing need be written on a full stick.
    // So are two of which one cannot be read.
    let lists = sorted(&left).and_then(|left| Ok((left, sorted(&whole)?)));
    if !lists.is_ok_and(|(left, whole)| left == whole && !left.is_empty()) {
        return Ok(false);
    }
    let probe = OsStr::new(PROBE);
    let made = failpoint::pass(Change::Write).and_then(|()| left.create_file(probe));
    made.map_err(|e| StoreError::io(left.path_of(probe), e))?;
    let shows = whole.kind(probe);
    let removed = left.remove_file(probe);
    removed.map_err(|e| StoreError::io(left.path_of(probe), e))?;
    Ok(shows?.is_some())
}

/// Whether both hold the same bytes, and any. What cannot be read may be the same.
fn is_one_content(left: File, whole: File) -> bool {
    let len = |file: &File| file.metadata().map_or(0, |metadata| metadata.len());
    if len(&left) == 0 || len(&left) != len(&whole) {
        return false;
    }
    let (mut left, mut whole) = (BufReader::new(left).bytes(), BufReader::new(whole).bytes());
    loop {
        match (left.next(), whole.next()) {
            (Some(Ok(one)), Some(Ok(other))) if one == other => {}
            (Some(Ok(_)), Some(Ok(_))) => return false,
            _ => return true,
        }
    }
}
