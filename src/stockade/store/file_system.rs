//! Properties of the file system that a file is on.

use std::path::Path;

use super::StoreError;

/// A number that all files of a file system share for as long as it is mounted.
#[cfg(unix)]
pub fn file_system_id(path: &Path) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::dev(&path.metadata().ok()?))
}

/// Not known on this system.
#[cfg(not(unix))]
pub fn file_system_id(_path: &Path) -> Option<u64> {
    None
}

/// Whether the file at `path`, which this module wrote, is private to its owner. FAT and exFAT do
/// not store modes, so everybody can read it there.
#[cfg(unix)]
pub fn keeps_modes(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;

    path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o077 == 0)
}

/// This system has no modes.
#[cfg(not(unix))]
pub fn keeps_modes(_path: &Path) -> bool {
    false
}

/// Whether a folder could be created at `path`, or files in it, as far as can be told without
/// writing.
#[cfg(unix)]
pub fn require_writable(path: &Path) -> Result<(), StoreError> {
    use rustix::fs::{Access, access};

    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let there = path.ancestors().find(|folder| folder.exists());
    let there = there.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    access(there, Access::WRITE_OK).map_err(|error| StoreError::io(there, error.into()))
}

/// Not known on this system.
#[cfg(not(unix))]
pub fn require_writable(_path: &Path) -> Result<(), StoreError> {
    Ok(())
}
