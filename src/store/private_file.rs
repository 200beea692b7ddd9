//! Single files outside of copies: custodian files, restored passwords, attestations.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    path::Path,
};

use super::StoreError;

/// Writes a new file that only its owner can read. One that exists is never overwritten.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|e| StoreError::io(path, e))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|e| StoreError::io(path, e))
}

/// The whole of a file that is at most `limit` bytes long.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    let file = File::open(path).map_err(|e| StoreError::io(path, e))?;
    let metadata = file.metadata().map_err(|e| StoreError::io(path, e))?;
    if metadata.is_dir() {
        return Err(StoreError::NotAFile(path.to_owned()));
    }
    read_all(file, path, limit)
}

pub(super) fn read_all(file: File, path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| StoreError::io(path, e))?;
    match bytes.len() as u64 > limit {
        true => Err(StoreError::TooLong { path: path.to_owned(), limit }),
        false => Ok(bytes),
    }
}
