//! Single files without secrets that other users read: metrics, manual pages.

use std::{ffi::OsStr, io, io::Read as _, path::Path};

use super::{
    StoreError,
    folder::Folder,
    fs_ops,
    names::partial_of,
    private_file,
    publish::{self, name_of},
    sweep,
};

/// Writes a file that everybody can read, replacing an existing one. Its folder must exist.
/// Concurrent readers get the old or the new file.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = Folder::open(fs_ops::parent(path))?;
    private_file::replace_in(&folder, name_of(path)?, bytes, readable)
}

/// Like [`replace`], and creates the folder if necessary. Only its owner can enter a new one.
pub fn replace_below(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    fs_ops::make_folders(fs_ops::parent(path))?;
    replace(path, bytes)
}

/// Writes the new file `name` in the folder `dir`, and reads it back. An existing file is never
/// overwritten. `name` may have spaces: no reader of a copy depends on it.
pub(crate) fn create_in(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = Folder::open(dir)?;
    let publish = publish::publish_file(&folder, OsStr::new(name), bytes, |folder, from, to| {
        open_to_all(folder, from);
        fs_ops::rename_new(folder, from, to)
    });
    publish.map(|_| ())
}

/// Like [`create_in`], but replaces an existing file.
pub(crate) fn replace_in(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
    let folder = Folder::open(dir)?;
    let publish = publish::publish_file(&folder, OsStr::new(name), bytes, |folder, from, to| {
        open_to_all(folder, from);
        fs_ops::rename_over(folder, from, to)
    });
    publish.map(|_| ())
}

/// The file `name` in the folder `dir`, of at most `limit` bytes; `None` if there is none. A link is
/// not followed.
pub(crate) fn read(dir: &Path, name: &str, limit: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let folder = Folder::open(dir)?;
    if folder.kind(name)?.is_none() {
        return Ok(None);
    }
    let (path, mut bytes) = (folder.path_of(name), Vec::new());
    let file = folder.file(name)?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| StoreError::io(&path, e))?;
    if bytes.len() as u64 > limit {
        return Err(StoreError::TooLong { path, limit });
    }
    Ok(Some(bytes))
}

/// Removes what a killed process left of the file `name` in the folder `dir`.
pub(crate) fn discard_leftover(dir: &Path, name: &str) -> Result<(), StoreError> {
    let name = OsStr::new(name);
    sweep::discard(&Folder::open(dir)?, &partial_of(name), name)
}

/// A file system without such modes shows the file to everybody anyway.
fn open_to_all(folder: &Folder, name: &OsStr) {
    let _ = readable(&folder.path_of(name));
}

#[cfg(unix)]
fn readable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;

    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn everybody_can_read_the_file_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stockade.prom");
        for text in ["one\n", "two\n"] {
            replace(&path, text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        assert!(replace(&folder.path().join("none/x.prom"), b"").is_err());
    }
}
