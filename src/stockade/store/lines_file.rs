//! A file that lines are added to while the program runs. Others may read it meanwhile.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
};

use super::StoreError;

/// A new file, of which every line that was added is there whole.
#[derive(Debug)]
pub struct LinesFile {
    path: PathBuf,
    file: File,
}

impl LinesFile {
    /// Creates the file. An existing one is never overwritten.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let mut options = OpenOptions::new();
        options.append(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => StoreError::Exists(path.to_owned()),
            _ => StoreError::io(path, error),
        })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Adds a line.
    pub fn add(&mut self, line: &str) -> Result<(), StoreError> {
        let written = self.file.write_all(format!("{line}\n").as_bytes());
        written.map_err(|error| StoreError::io(&self.path, error))
    }
}
