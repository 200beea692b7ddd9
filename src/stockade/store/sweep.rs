//! Removes what a killed process or a power cut left half done, without ever touching what is
//! complete. The next writer does this.

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    fs::File,
    io::{BufReader, Read as _},
};

use super::{
    EntryKind, StoreError, StorePath,
    failpoint::{self, Change},
    folder::Folder,
    fs_ops,
    names::{ASIDE, PARTIAL, aside_of, partial_of},
};

/// Sweeps a folder that nobody else is writing to: removes unfinished entries, and renames back
/// what was being replaced. Names that Stockade never writes are left alone.
pub(super) fn sweep(folder: &Folder) -> Result<(), StoreError> {
    let entries = folder.entries()?;
    let folders = entries.iter().filter(|(_, kind)| *kind == EntryKind::Folder);
    let aside: Vec<_> = folders.filter_map(|(name, _)| inner(name, ASIDE)).collect();
    let partial: Vec<_> = entries.iter().filter_map(|(name, _)| inner(name, PARTIAL)).collect();
    if aside.is_empty() && partial.is_empty() {
        return Ok(());
    }
    // Checked before anything is removed: what looks like a leftover may be another name of
    // something complete.
    let leftovers = aside.iter().map(|name| (name, aside_of(name)));
    let leftovers = leftovers.chain(partial.iter().map(|name| (name, partial_of(name))));
    for (name, leftover) in leftovers {
        require_two(folder, &leftover, name)?;
    }
    for name in &aside {
        match folder.kind(name)? {
            // Its replacement was never finished.
            Some(EntryKind::Folder) if folder.folder(name)?.entries()?.is_empty() => {
                fs_ops::remove_empty(folder, name);
                fs_ops::rename_new(folder, &aside_of(name), name)?;
            }
            None => fs_ops::rename_new(folder, &aside_of(name), name)?,
            Some(_) => {
                // The replacement must be on the medium before the old one is removed.
                fs_ops::sync_renamed(folder, name)?;
                remove(folder, &aside_of(name))?;
            }
        }
    }
    partial.iter().try_for_each(|name| remove(folder, &partial_of(name)))?;
    fs_ops::sync(folder)
}

/// Removes the leftover of a write to `name`, if there is one.
pub(super) fn discard(folder: &Folder, leftover: &OsStr, name: &OsStr) -> Result<(), StoreError> {
    if folder.kind(leftover)?.is_none() {
        return Ok(());
    }
    require_two(folder, leftover, name)?;
    fs_ops::remove(folder, leftover)
}

/// What is deeper or larger than anything that Stockade writes belongs to somebody else, and what
/// cannot be read does not count. Such entries stay and do not stop the writer.
fn remove(folder: &Folder, name: &OsStr) -> Result<(), StoreError> {
    let is_unreadable = || match folder.kind(name) {
        Ok(Some(EntryKind::Folder)) => {
            folder.folder(name).and_then(|folder| folder.entries()).is_err()
        }
        // An entry without content, as `fsck.vfat` leaves one.
        kind => kind.is_err(),
    };
    match fs_ops::remove(folder, name) {
        Err(StoreError::TooDeep(_) | StoreError::TooMany { .. }) => Ok(()),
        Err(_) if is_unreadable() => Ok(()),
        done => done,
    }
}

/// The name whose leftover this is, if it is a name that is ever written.
fn inner(name: &OsStr, end: &str) -> Option<OsString> {
    let inner = name.to_str()?.strip_prefix('.')?.strip_suffix(end)?;
    let ours = inner.parse::<StorePath>().is_ok_and(|path| path.names().count() == 1);
    ours.then(|| inner.into())
}

/// The name of a folder that is called `name` while it is being replaced.
pub(super) fn name_aside(name: &str) -> Option<&str> {
    name.strip_prefix('.')?.strip_suffix(ASIDE)
}

/// Fails if `leftover` and `name` are two names of one file or folder, as FAT shows them if the
/// power failed during a rename: removing one would empty the other.
fn require_two(folder: &Folder, leftover: &OsStr, name: &OsStr) -> Result<(), StoreError> {
    // An entry without content is not a second name of anything.
    let kind = folder.kind(leftover).ok().flatten();
    let one = match (kind, folder.kind(name)?) {
        (Some(EntryKind::Folder), Some(EntryKind::Folder)) => {
            is_one_folder(folder, leftover, name)?
        }
        (Some(EntryKind::File), Some(EntryKind::File)) => {
            // A leftover of ours never equals what it was to replace: see `Directory::try_write`.
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

/// Whether what is created in one appears in the other.
fn is_one_folder(folder: &Folder, leftover: &OsStr, name: &OsStr) -> Result<bool, StoreError> {
    let (Ok(left), Ok(whole)) = (folder.folder(leftover), folder.folder(name)) else {
        return Ok(false);
    };
    let sorted = |folder: &Folder| folder.entries().map(|e| e.into_iter().collect::<BTreeSet<_>>());
    // If the lists differ, these are two folders. Nothing need be written, which could fail on a
    // full stick.
    // The same holds if only one can be read.
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

/// Whether both have the same, non-empty content. Content that cannot be read may be the same.
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
