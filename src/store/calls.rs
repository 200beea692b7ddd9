//! Every call that changes a file system. Each one can be made to fail by `failpoint`.

#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use super::{
    StoreError,
    failpoint::{self, Change},
};

/// Makes a file that only its owner can read, where none is yet, and syncs it.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let write = || {
        failpoint::pass(Change::Write)?;
        failpoint::name(path)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        let mut file = options.open(path)?;
        failpoint::mode(path)?;
        // In two, so that a test can end it in between.
        let (first, rest) = bytes.split_at(bytes.len() / 2);
        failpoint::pass(Change::Write)?;
        file.write_all(first)?;
        failpoint::pass(Change::Write)?;
        file.write_all(rest)?;
        failpoint::pass(Change::Write)?;
        file.sync_all()
    };
    write().map_err(|e| StoreError::io(path, e))
}

/// Makes a folder that only its owner can enter, and all above it that are missing; each is synced
/// into the one above.
pub(super) fn make_folders(path: &Path) -> Result<(), StoreError> {
    let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let folders: Vec<_> = path.ancestors().take_while(missing).collect();
    for folder in folders.into_iter().rev() {
        make_folder(folder).map_err(|e| StoreError::io(folder, e))?;
        sync_folder(parent(folder))?;
    }
    match path.is_dir() {
        true => Ok(()),
        false => Err(StoreError::NotAFolder(path.to_owned())),
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    failpoint::pass(Change::Write)?;
    failpoint::name(folder)?;
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    builder.mode(0o700);
    match builder.create(folder) {
        // Another process was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        done => done.and_then(|()| failpoint::mode(folder)),
    }
}

/// The folder that `path` lies in.
pub(super) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Syncs a folder: what was made or renamed in it stays so when the power goes.
pub(super) fn sync_folder(path: &Path) -> Result<(), StoreError> {
    // Windows opens no folder as a file.
    if cfg!(not(unix)) {
        return Ok(());
    }
    let synced = failpoint::pass(Change::Write)
        .and_then(|()| File::open(path))
        .and_then(|folder| folder.sync_all());
    match synced {
        // Some file systems cannot sync a folder and say so; the files themselves are synced.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        done => done.map_err(|e| StoreError::io(path, e)),
    }
}

/// Renames where nothing is yet, in one step where the system can.
pub(super) fn rename_new(from: &Path, to: &Path) -> Result<(), StoreError> {
    let may = failpoint::pass(Change::Write).and_then(|()| failpoint::name(to));
    may.map_err(|e| StoreError::io(to, e))?;
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};

        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(()),
            // Some network file systems do not know the flag.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {}
            Err(error) => return Err(StoreError::io(to, error.into())),
        }
    }
    if fs::symlink_metadata(to).is_ok() {
        return Err(StoreError::Exists(to.to_owned()));
    }
    fs::rename(from, to).map_err(|e| StoreError::io(to, e))
}

/// Renames over what is there.
pub(super) fn rename_over(from: &Path, to: &Path) -> Result<(), StoreError> {
    let renamed = failpoint::pass(Change::Write).and_then(|()| fs::rename(from, to));
    renamed.map_err(|e| StoreError::io(to, e))
}

/// Swaps two folders in one step; says whether the system and the file system could.
pub(super) fn exchange(new: &Path, old: &Path) -> Result<bool, StoreError> {
    failpoint::pass(Change::Write).map_err(|e| StoreError::io(old, e))?;
    #[cfg(target_os = "linux")]
    if !failpoint::exfat() {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;

        return match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
            Ok(()) => Ok(true),
            // exFAT, NTFS and network file systems do not know the flag.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
            Err(error) => Err(StoreError::io(old, error.into())),
        };
    }
    Ok(false)
}

/// Removes a folder that is empty; says whether it was.
pub(super) fn remove_empty(path: &Path) -> bool {
    failpoint::pass(Change::Remove).is_ok() && fs::remove_dir(path).is_ok()
}

/// Removes a file, or a folder with all that is in it, where there is one.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => failpoint::pass(Change::Remove)
            .and_then(|()| failpoint::tear(path))
            .and_then(|()| fs::remove_dir_all(path)),
        Ok(_) => failpoint::pass(Change::Remove).and_then(|()| fs::remove_file(path)),
        Err(_) => return Ok(()),
    };
    removed.map_err(|e| StoreError::io(path, e))
}
