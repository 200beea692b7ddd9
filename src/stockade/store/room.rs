//! Checks that a place has room for what will be written there, before the user is asked to approve
//! anything. Writes nothing.

use std::{io, path::Path};

use super::{BucketAddress, StoreError, failpoint, fs_ops};

/// The room that is needed.
#[derive(Debug, Clone, Copy)]
pub struct Needed {
    /// The number of files.
    pub files: u64,
    /// Their total size in bytes.
    pub bytes: u64,
}

/// Makes sure, as far as the system tells, that a new file can be created at `path`: its folder
/// exists, can be written to, and has room for `bytes`.
pub fn require_room_for_file(path: &Path, bytes: u64) -> Result<(), StoreError> {
    let folder = fs_ops::parent(path);
    match folder.metadata() {
        Ok(metadata) if metadata.is_dir() => require(folder, Needed { files: 1, bytes }),
        Ok(_) => Err(StoreError::NotAFolder(folder.to_owned())),
        Err(error) => Err(StoreError::io(folder, error)),
    }
}

/// Like [`require_room_for_file`], for files in the folder `path`, which may be new, as may its
/// parents. Buckets are not checked here: their lock shows whether they can be written to.
pub fn require_room(path: &Path, needed: Needed) -> Result<(), StoreError> {
    if BucketAddress::of(path).is_some() {
        return Ok(());
    }
    let existing = path.ancestors().find_map(|folder| {
        let folder = if folder == Path::new("") { Path::new(".") } else { folder };
        Some((folder, folder.metadata().ok()?))
    });
    match existing {
        Some((folder, metadata)) if metadata.is_dir() => require(folder, needed),
        Some((file, _)) => Err(StoreError::NotAFolder(file.to_owned())),
        None => Err(StoreError::NotFound(path.to_owned())),
    }
}

/// Checks that an existing folder can be written to and has room.
#[cfg(unix)]
fn require(folder: &Path, needed: Needed) -> Result<(), StoreError> {
    use rustix::fs::{Access, access, statvfs};

    failpoint::foretold().map_err(|error| StoreError::io(folder, error))?;
    access(folder, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|error| StoreError::io(folder, error.into()))?;
    // A file system that does not report its free space is only tried by the write itself.
    let Ok(stat) = statvfs(folder) else { return Ok(()) };
    if stat.f_blocks == 0 {
        return Ok(());
    }
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    // The last block of every file is partly unused.
    let wanted = needed.bytes.saturating_add(needed.files.saturating_mul(stat.f_frsize));
    if wanted <= free { Ok(()) } else { Err(StoreError::io(folder, no_space(wanted, free))) }
}

/// Not checked on this system.
#[cfg(not(unix))]
fn require(_folder: &Path, _needed: Needed) -> Result<(), StoreError> {
    Ok(())
}

fn no_space(wanted: u64, free: u64) -> io::Error {
    let kib = |bytes: u64| bytes.div_ceil(1024);
    let what = format!(
        "No space left on device: {} KiB are needed, but only {} KiB are free",
        kib(wanted),
        free / 1024
    );
    io::Error::new(io::ErrorKind::StorageFull, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Needed = Needed { files: 1, bytes: 1 };

    #[test]
    fn a_new_folder_has_the_room_of_its_parent() {
        let folder = tempfile::tempdir().unwrap();
        let new = folder.path().join("a/b/c");
        require_room(&new, ONE).unwrap();
        assert!(folder.path().read_dir().unwrap().next().is_none(), "something was written");
        let much = Needed { files: 1, bytes: u64::MAX };
        let error = require_room(&new, much).unwrap_err();
        assert!(error.to_string().contains("No space left"), "{error}");
        assert!(matches!(error, StoreError::Io { source, .. }
            if source.kind() == io::ErrorKind::StorageFull));
    }

    #[test]
    fn a_file_needs_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        require_room_for_file(&folder.path().join("new"), 1).unwrap();
        require_room_for_file(Path::new("relative"), 1).unwrap();
        let nowhere = folder.path().join("nowhere");
        let error = require_room_for_file(&nowhere.join("new"), 1).unwrap_err();
        assert!(matches!(error, StoreError::NotFound(path) if path == nowhere));
    }

    #[test]
    fn nothing_is_created_below_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        super::super::private_file::create(&file, b"x").unwrap();
        let error = require_room(&file.join("below"), ONE).unwrap_err();
        assert!(matches!(error, StoreError::NotAFolder(path) if path == file));
        assert!(matches!(
            require_room_for_file(&file.join("x"), 1),
            Err(StoreError::NotAFolder(_))
        ));
    }
}
