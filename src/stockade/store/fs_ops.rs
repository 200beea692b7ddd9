//! Every call that changes a file system. `failpoint` can make each of them fail.

use std::{
    ffi::OsStr,
    fs::DirBuilder,
    io::{self, Write as _},
    path::Path,
};

use super::{
    EntryKind, StoreError,
    failpoint::{self, Change, Event},
    folder::Folder,
};

/// Creates a file that only its owner can read, and syncs it. Fails if it exists.
pub(super) fn write_new(folder: &Folder, name: &OsStr, bytes: &[u8]) -> Result<(), StoreError> {
    let path = folder.path_of(name);
    let write = || {
        failpoint::pass(Change::Write)?;
        failpoint::name(&path)?;
        let mut file = folder.create_file(name)?;
        failpoint::mode(&path)?;
        failpoint::record(|| Event::Written(path.clone(), bytes.to_vec()));
        // In two writes, so that a test can stop between them.
        let (first, rest) = bytes.split_at(bytes.len() / 2);
        failpoint::pass(Change::Write)?;
        file.write_all(first)?;
        failpoint::pass(Change::Write)?;
        file.write_all(rest)?;
        failpoint::pass(Change::Write)?;
        file.sync_all()?;
        failpoint::record(|| Event::Synced(path.clone()));
        Ok(())
    };
    write().map_err(|e| StoreError::io(&path, e))
}

/// Creates a folder that only its owner can enter, with all missing parents, and syncs each into
/// its parent. The user named the path, so links in it are followed.
pub(super) fn make_folders(path: &Path) -> Result<Folder, StoreError> {
    let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let folders: Vec<_> = path.ancestors().take_while(missing).collect();
    for folder in folders.into_iter().rev() {
        make_named(folder).map_err(|e| StoreError::io(folder, e))?;
        sync(&Folder::open(parent(folder))?)?;
    }
    if path.as_os_str().is_empty() || path.is_dir() {
        Folder::open(path)
    } else {
        Err(StoreError::NotAFolder(path.to_owned()))
    }
}

fn make_named(folder: &Path) -> io::Result<()> {
    failpoint::pass(Change::Write)?;
    failpoint::name(folder)?;
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    made(folder, builder.create(folder))
}

/// Finishes the creation of a folder.
fn made(folder: &Path, done: io::Result<()>) -> io::Result<()> {
    match done {
        // Another process created it first.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        done => {
            done.and_then(|()| failpoint::mode(folder))?;
            failpoint::record(|| Event::Made(folder.to_owned()));
            Ok(())
        }
    }
}

/// Opens the folder `name`, and creates it first if it does not exist.
pub(super) fn make_folder(folder: &Folder, name: &OsStr) -> Result<Folder, StoreError> {
    if folder.kind(name)?.is_none() {
        let path = folder.path_of(name);
        let make = || {
            failpoint::pass(Change::Write)?;
            failpoint::name(&path)?;
            made(&path, folder.create_folder(name))
        };
        make().map_err(|e| StoreError::io(&path, e))?;
        sync(folder)?;
    }
    folder.folder(name)
}

/// The folder that `path` is in.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Syncs a folder, so that new and renamed entries survive a power cut.
pub(super) fn sync(folder: &Folder) -> Result<(), StoreError> {
    let synced = failpoint::pass(Change::Write).and_then(|()| tolerant(folder.sync()));
    synced.map_err(|e| StoreError::io(folder.path(), e))?;
    failpoint::record(|| Event::Synced(folder.path().to_owned()));
    Ok(())
}

/// Syncs what was just renamed to `name`, then its folder. FAT stores in the directory entry where
/// a file begins. After a rename, only a sync of the file or folder itself writes that; after a
/// sync of its parent alone, it would be empty if the power failed.
pub(super) fn sync_renamed(folder: &Folder, name: &OsStr) -> Result<(), StoreError> {
    let path = folder.path_of(name);
    let synced = failpoint::pass(Change::Write).and_then(|()| tolerant(folder.sync_entry(name)));
    synced.map_err(|e| StoreError::io(&path, e))?;
    failpoint::record(|| Event::Synced(path));
    sync(folder)
}

/// Some file systems cannot sync a folder and say so. The files themselves are synced.
fn tolerant(synced: io::Result<()>) -> io::Result<()> {
    match synced {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        done => done,
    }
}

/// Renames to a name that does not exist yet, and syncs. If that fails, the rename is undone.
pub(super) fn rename_new(folder: &Folder, from: &OsStr, to: &OsStr) -> Result<(), StoreError> {
    let rename = |from: &OsStr, to: &OsStr| {
        let may = failpoint::pass(Change::Write);
        let may = may.and_then(|()| failpoint::name(&folder.path_of(to)));
        may.and_then(|()| folder.rename_new(from, to))
            .map_err(|e| StoreError::io(folder.path_of(to), e))?;
        failpoint::record(|| Event::Renamed(folder.path_of(from), folder.path_of(to)));
        Ok(())
    };
    rename(from, to)?;
    sync_renamed(folder, to).inspect_err(|_| {
        // It is not known whether it would survive a power cut.
        let _: Result<(), StoreError> = rename(to, from);
    })
}

/// Renames over an existing entry, and syncs.
pub(super) fn rename_over(folder: &Folder, from: &OsStr, to: &OsStr) -> Result<(), StoreError> {
    let renamed = failpoint::pass(Change::Write).and_then(|()| folder.rename(from, to));
    renamed.map_err(|e| StoreError::io(folder.path_of(to), e))?;
    failpoint::record(|| Event::Renamed(folder.path_of(from), folder.path_of(to)));
    sync_renamed(folder, to)
}

/// Removes an empty folder. Returns whether it was empty.
pub(super) fn remove_empty(folder: &Folder, name: &OsStr) -> bool {
    let removed = failpoint::pass(Change::Remove).and_then(|()| folder.remove_empty_folder(name));
    if removed.is_ok() {
        failpoint::record(|| Event::Removed(folder.path_of(name)));
    }
    removed.is_ok()
}

/// Removes a file, or a folder with its content, if it exists.
pub(super) fn remove(folder: &Folder, name: &OsStr) -> Result<(), StoreError> {
    let path = folder.path_of(name);
    let failed = |e| StoreError::io(&path, e);
    match folder.kind(name)? {
        None => return Ok(()),
        Some(EntryKind::Folder) => {
            failpoint::pass(Change::Remove)
                .and_then(|()| failpoint::tear(&path))
                .map_err(failed)?;
            remove_tree(folder, name, MAX_DEPTH)?;
        }
        Some(_) => {
            let removed = failpoint::pass(Change::Remove);
            removed.and_then(|()| folder.remove_file(name)).map_err(failed)?;
        }
    }
    failpoint::record(|| Event::Removed(path.clone()));
    Ok(())
}

/// The most levels of a folder that Stockade writes. A deeper one was not made here, and removing
/// it would need a handle for each level.
const MAX_DEPTH: usize = 8;

fn remove_tree(folder: &Folder, name: &OsStr, levels: usize) -> Result<(), StoreError> {
    if levels == 0 {
        return Err(StoreError::TooDeep(folder.path_of(name)));
    }
    match folder.folder(name).and_then(|below| Ok((below.entries()?, below))) {
        // A folder that cannot be read may still be removed if it is empty.
        Err(StoreError::Io { .. }) => {}
        read => {
            let (entries, below) = read?;
            for (entry, kind) in entries {
                match kind {
                    EntryKind::Folder => remove_tree(&below, &entry, levels - 1)?,
                    _ => {
                        let removed = below.remove_file(&entry);
                        removed.map_err(|e| StoreError::io(below.path_of(&entry), e))?;
                    }
                }
            }
        }
    }
    folder.remove_empty_folder(name).map_err(|e| StoreError::io(folder.path_of(name), e))
}
