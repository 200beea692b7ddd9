//! Files and folders that appear completely or not at all.

use std::{
    ffi::OsStr,
    io::Read as _,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    EntryKind, NewFile, ReadBack, StoreError, StorePath, direct,
    folder::Folder,
    fs_ops::{self, parent},
    names::{aside_of, partial_of},
    require_folder, sweep,
};

/// Writes `files` as the new folder `target`, all or nothing: after a crash there is either no such
/// folder or the complete one. An empty folder is replaced, any other is an error.
pub fn publish_folder(target: &Path, files: &[NewFile]) -> Result<ReadBack, StoreError> {
    require_folder(target)?;
    let name = name_of(target)?;
    // Checked before any parent is created.
    if let Ok(folder) = Folder::open(parent(target)) {
        require_room(&folder, name)?;
    }
    publish(&fs_ops::make_folders(parent(target))?, name, files)
}

/// Like [`publish_folder`], for the folder `name` in an open one.
pub(super) fn publish(
    folder: &Folder,
    name: &OsStr,
    files: &[NewFile],
) -> Result<ReadBack, StoreError> {
    require_room(folder, name)?;
    let partial = partial_of(name);
    let read_back = write_partial(folder, name, files)?;
    if folder.kind(name)?.is_some() && !fs_ops::remove_empty(folder, name) {
        let _ = fs_ops::remove(folder, &partial);
        return Err(StoreError::Exists(folder.path_of(name)));
    }
    discard_unless(fs_ops::rename_new(folder, &partial, name), folder, &partial)?;
    Ok(read_back)
}

/// Requires that there is nothing, or an empty folder.
fn require_room(folder: &Folder, name: &OsStr) -> Result<(), StoreError> {
    let is_free = match folder.kind(name)? {
        None => true,
        Some(EntryKind::Folder) => folder.folder(name)?.entries()?.is_empty(),
        Some(_) => false,
    };
    is_free.then_some(()).ok_or_else(|| StoreError::Exists(folder.path_of(name)))
}

/// How a file that was written under another name gets its own.
pub(super) type Rename = fn(&Folder, &OsStr, &OsStr) -> Result<(), StoreError>;

/// Writes one file under another name and gives it its own with `rename`: a truncated file under
/// its own name would look valid.
pub(super) fn publish_file(
    folder: &Folder,
    name: &OsStr,
    bytes: &[u8],
    rename: Rename,
) -> Result<ReadBack, StoreError> {
    let partial = partial_of(name);
    sweep::discard(folder, &partial, name)?;
    let written = fs_ops::write_new(folder, &partial, bytes)
        .and_then(|()| compare(folder, &partial, bytes))
        .and_then(|read_back| rename(folder, &partial, name).map(|()| read_back));
    discard_unless(written, folder, &partial)
}

/// Like [`publish`], but replaces an existing folder, which is renamed first. In the short time
/// between, readers find it under [`aside_of`], and the next sweep renames it back. Each step waits
/// until the one before is on the medium: on FAT, exchanging two folders in one step can lose both
/// if the power fails.
pub(super) fn replace(
    folder: &Folder,
    name: &OsStr,
    files: &[NewFile],
) -> Result<ReadBack, StoreError> {
    if folder.kind(name)?.is_none() {
        return publish(folder, name, files);
    }
    let (partial, aside) = (partial_of(name), aside_of(name));
    sweep::discard(folder, &aside, name)?;
    let read_back = write_partial(folder, name, files)?;
    discard_unless(fs_ops::rename_new(folder, name, &aside), folder, &partial)?;
    if let Err(error) = fs_ops::rename_new(folder, &partial, name) {
        let _ = fs_ops::rename_new(folder, &aside, name);
        let _ = fs_ops::remove(folder, &partial);
        return Err(error);
    }
    // The new folder is complete and in place. Remains of the old one are removed by the next lock.
    let _ = fs_ops::remove(folder, &aside).and_then(|()| fs_ops::sync(folder));
    Ok(read_back)
}

/// Removes a folder, all or nothing. It is first renamed to the name of an unfinished one, so that
/// it no longer counts, whatever is left of it: the next sweep removes that.
pub(super) fn remove(folder: &Folder, name: &OsStr) -> Result<(), StoreError> {
    let partial = partial_of(name);
    sweep::discard(folder, &partial, name)?;
    fs_ops::rename_new(folder, name, &partial)?;
    fs_ops::remove(folder, &partial)?;
    fs_ops::sync(folder)
}

/// Removes what was partly written if the result is an error. If that fails, it still does not
/// count as a set.
fn discard_unless<T>(
    done: Result<T, StoreError>,
    folder: &Folder,
    partial: &OsStr,
) -> Result<T, StoreError> {
    done.inspect_err(|_| {
        let _ = fs_ops::remove(folder, partial);
    })
}

/// Writes `files` below what will become `name`, and reads them back. Removes what a killed process
/// left there.
fn write_partial(folder: &Folder, name: &OsStr, files: &[NewFile]) -> Result<ReadBack, StoreError> {
    let partial = partial_of(name);
    sweep::discard(folder, &partial, name)?;
    discard_unless(write_files(folder, &partial, files), folder, &partial)
}

fn write_files(
    folder: &Folder,
    partial: &OsStr,
    files: &[NewFile],
) -> Result<ReadBack, StoreError> {
    let root = fs_ops::make_folder(folder, partial)?;
    let mut below: Vec<(String, Folder)> = Vec::new();
    for file in files {
        if stopped() {
            return Err(StoreError::Interrupted(folder.path_of(partial)));
        }
        let (path, name) = split(&file.path);
        if !path.is_empty() && !below.iter().any(|(known, _)| known == path) {
            below.push((path.to_owned(), make_below(&root, path)?));
        }
        let open = below.iter().find(|(known, _)| known == path);
        let open = open.map_or(&root, |(_, open)| open);
        fs_ops::write_new(open, OsStr::new(name), &file.bytes)?;
    }
    for open in below.iter().map(|(_, open)| open).chain([&root]) {
        fs_ops::sync(open)?;
    }
    let mut read_back = ReadBack::Device;
    for file in files {
        let (path, name) = split(&file.path);
        let open = below.iter().find(|(known, _)| known == path);
        let open = open.map_or(&root, |(_, open)| open);
        read_back = read_back.max(compare(open, OsStr::new(name), &file.bytes)?);
    }
    Ok(read_back)
}

static STOP: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// From now on, setting `flag` cancels a write of a folder that is not finished, and removes what
/// was written. Only the first flag counts.
pub fn stop_writing_when(flag: Arc<AtomicBool>) {
    let _ = STOP.set(flag);
}

fn stopped() -> bool {
    STOP.get().is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// What a process left that was killed while it wrote the folder `target`. It contains what was to
/// be written, including passwords, and the next write to `target` removes it.
pub fn leftover_of(target: &Path) -> Option<PathBuf> {
    let leftover = target.with_file_name(partial_of(target.file_name()?));
    leftover.symlink_metadata().is_ok().then_some(leftover)
}

/// A path as its folders and its last name.
fn split(path: &StorePath) -> (&str, &str) {
    path.as_str().rsplit_once('/').unwrap_or(("", path.as_str()))
}

fn make_below(root: &Folder, path: &str) -> Result<Folder, StoreError> {
    let mut names = path.split('/').map(OsStr::new);
    let first = fs_ops::make_folder(root, names.next().unwrap_or_default())?;
    names.try_fold(first, |folder, name| fs_ops::make_folder(&folder, name))
}

/// Reads a file back, past the page cache if the system supports it.
fn compare(folder: &Folder, name: &OsStr, expected: &[u8]) -> Result<ReadBack, StoreError> {
    let failed = |e| StoreError::io(folder.path_of(name), e);
    let direct = direct::read(folder.direct(name), expected.len()).map_err(failed)?;
    let (found, how) = match direct {
        Some(bytes) => (bytes, ReadBack::Device),
        None => {
            let mut bytes = Vec::with_capacity(expected.len() + 1);
            let most = expected.len() as u64 + 1;
            folder.file(name)?.take(most).read_to_end(&mut bytes).map_err(failed)?;
            (bytes, ReadBack::CachePossible)
        }
    };
    if found == expected { Ok(how) } else { Err(StoreError::ReadBack(folder.path_of(name))) }
}

/// The last name of a path that the user gave.
pub(super) fn name_of(path: &Path) -> Result<&OsStr, StoreError> {
    path.file_name().ok_or_else(|| StoreError::NotAFile(path.to_owned()))
}
