//! Folders that appear whole or not at all.

use std::{
    ffi::OsString,
    fs,
    path::{Component, Path, PathBuf},
};

use super::{
    NewFile, ReadBack, StoreError,
    calls::{self, parent},
    direct, require_folder,
};

/// Writes `files` as the new folder `target`, all or nothing: after a crash at any moment there is
/// either no such folder or the whole of it. An empty folder makes room; any other stays.
pub fn publish_folder(target: &Path, files: &[NewFile]) -> Result<ReadBack, StoreError> {
    require_folder(target)?;
    if in_the_way(target) {
        return Err(StoreError::Exists(target.to_owned()));
    }
    let folder = parent(target);
    calls::make_folders(folder)?;
    let partial = partial_of(target);
    let read_back = write_partial(&partial, files)?;
    if fs::symlink_metadata(target).is_ok() && !calls::remove_empty(target) {
        let _ = calls::remove(&partial);
        return Err(StoreError::Exists(target.to_owned()));
    }
    let published = calls::rename_new(&partial, target).and_then(|()| {
        calls::sync_folder(folder).inspect_err(|_| {
            // Whether it would outlast a power cut is not known: it is as if it had never been.
            let _ = calls::rename_new(target, &partial);
        })
    });
    discard_unless(published, &partial)?;
    Ok(read_back)
}

/// Writes one file under another name and lets `rename` give it its own: one cut short by a crash
/// would be taken for the real one.
pub(super) fn publish_file(
    path: &Path,
    bytes: &[u8],
    rename: impl FnOnce(&Path, &Path) -> Result<(), StoreError>,
) -> Result<ReadBack, StoreError> {
    let partial = partial_of(path);
    calls::remove(&partial)?;
    let written = calls::write_new(&partial, bytes)
        .and_then(|()| compare(&partial, bytes))
        .and_then(|read_back| rename(&partial, path).map(|()| read_back));
    let read_back = discard_unless(written, &partial)?;
    calls::sync_folder(parent(path))?;
    Ok(read_back)
}

/// As [`publish_folder`], in the place of a folder that is there already.
pub(super) fn replace_folder(target: &Path, files: &[NewFile]) -> Result<ReadBack, StoreError> {
    if fs::symlink_metadata(target).is_err() {
        return publish_folder(target, files);
    }
    let partial = partial_of(target);
    let read_back = write_partial(&partial, files)?;
    let swapped = calls::exchange(&partial, target);
    match discard_unless(swapped, &partial)? {
        true => {
            calls::sync_folder(parent(target))?;
            // The new one is whole and in its place; what stays of the old one, the next lock clears.
            let _ = calls::remove(&partial);
        }
        false => discard_unless(replace_in_two(&partial, target), &partial)?,
    }
    Ok(read_back)
}

/// Removes a folder, all or nothing. Under the name of what was never finished it is nothing any
/// more, whatever is left of it: [`sweep`] clears it away.
pub(super) fn remove_folder(target: &Path) -> Result<(), StoreError> {
    let partial = partial_of(target);
    calls::remove(&partial)?;
    calls::rename_new(target, &partial)?;
    calls::sync_folder(parent(target))?;
    calls::remove(&partial)
}

/// Where a file system cannot swap two folders: the old one steps aside for the new one. In the
/// instant between the two, [`aside_of`] is where readers find it, and [`sweep`] puts it back.
fn replace_in_two(new: &Path, target: &Path) -> Result<(), StoreError> {
    let aside = aside_of(target);
    calls::remove(&aside)?;
    calls::rename_new(target, &aside)?;
    if let Err(error) = calls::rename_new(new, target) {
        let _ = calls::rename_new(&aside, target);
        return Err(error);
    }
    calls::sync_folder(parent(target))?;
    let _ = calls::remove(&aside);
    Ok(())
}

/// Clears away what a killed process left in a folder that nobody else writes to now: what was not
/// finished goes, and what had stepped aside comes back.
pub(super) fn sweep(folder: &Path) -> Result<(), StoreError> {
    let names = super::directory::list_folder(folder)?;
    let names: Vec<_> = names.into_iter().map(|entry| entry.name).collect();
    let inner = |name: &str, end: &str| -> Option<String> {
        let inner = name.strip_prefix('.')?.strip_suffix(end)?;
        (!inner.is_empty()).then(|| inner.to_owned())
    };
    let aside: Vec<_> = names.iter().filter_map(|name| inner(name, ASIDE)).collect();
    let partial: Vec<_> = names.iter().filter(|name| inner(name, PARTIAL).is_some()).collect();
    if aside.is_empty() && partial.is_empty() {
        return Ok(());
    }
    for name in aside.iter().filter(|name| !names.contains(name)) {
        let target = folder.join(name);
        calls::rename_new(&aside_of(&target), &target)?;
    }
    // What replaced it is on the medium before what it replaced goes.
    calls::sync_folder(folder)?;
    for name in aside.iter().filter(|name| names.contains(name)) {
        calls::remove(&aside_of(&folder.join(name)))?;
    }
    partial.into_iter().try_for_each(|name| calls::remove(&folder.join(name)))
}

const PARTIAL: &str = ".partial";
const ASIDE: &str = ".old";

/// Where a file or folder is written before it gets its name.
fn partial_of(target: &Path) -> PathBuf {
    beside(target, PARTIAL)
}

/// The name that a person knows, for a path below a folder or file that has not got its name yet.
pub(super) fn target_of(path: &Path) -> PathBuf {
    let known = |part: Component<'_>| -> OsString {
        let text = part.as_os_str().to_str();
        let inner = text.and_then(|text| text.strip_prefix('.')?.strip_suffix(PARTIAL));
        inner.filter(|inner| !inner.is_empty()).map_or(part.as_os_str().into(), OsString::from)
    };
    path.components().map(known).collect()
}

/// Where a folder stays that steps aside for its successor.
pub(super) fn aside_of(target: &Path) -> PathBuf {
    beside(target, ASIDE)
}

/// The name that a folder of this name has where it is aside.
pub(super) fn name_aside(name: &str) -> Option<&str> {
    name.strip_prefix('.')?.strip_suffix(ASIDE)
}

fn beside(target: &Path, end: &str) -> PathBuf {
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned());
    target.with_file_name(format!(".{}{end}", name.unwrap_or_default()))
}

fn in_the_way(target: &Path) -> bool {
    match fs::symlink_metadata(target) {
        Ok(metadata) if metadata.is_dir() => {
            fs::read_dir(target).map_or(true, |mut entries| entries.next().is_some())
        }
        Ok(_) => true,
        Err(_) => false,
    }
}

/// Nothing half written stays where it can be removed; where not, it still is no set.
fn discard_unless<T>(done: Result<T, StoreError>, partial: &Path) -> Result<T, StoreError> {
    done.inspect_err(|_| {
        let _ = calls::remove(partial);
    })
}

/// Writes `files` below `partial` and reads them back; what a killed process left there goes.
fn write_partial(partial: &Path, files: &[NewFile]) -> Result<ReadBack, StoreError> {
    calls::remove(partial)?;
    discard_unless(write_files(partial, files), partial)
}

fn write_files(partial: &Path, files: &[NewFile]) -> Result<ReadBack, StoreError> {
    calls::make_folders(partial)?;
    let mut folders = vec![partial.to_owned()];
    for file in files {
        let path = partial.join(file.path.as_str());
        let folder = parent(&path).to_owned();
        if !folders.contains(&folder) {
            calls::make_folders(&folder)?;
            folders.push(folder);
        }
        calls::write_new(&path, &file.bytes)?;
    }
    folders.iter().try_for_each(|folder| calls::sync_folder(folder))?;
    let mut read_back = ReadBack::Device;
    for file in files {
        read_back = read_back.max(compare(&partial.join(file.path.as_str()), &file.bytes)?);
    }
    Ok(read_back)
}

/// Reads a file back: past the page cache where the system lets it.
fn compare(path: &Path, expected: &[u8]) -> Result<ReadBack, StoreError> {
    let direct = direct::read(path, expected.len()).map_err(|e| StoreError::io(path, e))?;
    let (found, how) = match direct {
        Some(bytes) => (bytes, ReadBack::Device),
        None => {
            let bytes = fs::read(path).map_err(|e| StoreError::io(path, e))?;
            (bytes, ReadBack::CachePossible)
        }
    };
    match found == expected {
        true => Ok(how),
        false => Err(StoreError::ReadBack(path.to_owned())),
    }
}
