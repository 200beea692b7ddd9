//! Single files without secrets that other users read: metrics, manual pages.

use std::{io, path::Path};

use super::{StoreError, folder::Folder, fs_ops, private_file, publish::name_of};

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
