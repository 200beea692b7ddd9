//! The files named on the command line, and those in folders named there, one at a time: however
//! many there are, no more is in memory than one file and the names of its folder.

use std::{
    io,
    path::{Path, PathBuf},
    vec::IntoIter,
};

use stockade::{
    eth2_keystore::MAX_KEYSTORE_BYTES,
    store::{Directory, Entry, EntryKind, Store as _, StoreError, private_file},
};

use crate::error::CommandError;

/// As deep as clients nest their keystores.
const MAX_DEPTH: usize = 4;

/// A file that may be a keystore.
pub struct File {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it was named itself, and not found in a folder.
    pub named: bool,
    /// What is in it.
    pub content: Result<Vec<u8>, StoreError>,
}

/// Goes through files and folders in order.
pub struct Files {
    named: IntoIter<PathBuf>,
    /// The folders that the walk is in.
    folders: Vec<(PathBuf, IntoIter<Entry>)>,
}

impl Files {
    /// Everything named must be there.
    pub fn new(named: Vec<PathBuf>) -> Result<Self, CommandError> {
        match named.iter().find(|path| !path.exists()) {
            Some(path) => Err(StoreError::NotFound(path.clone()).into()),
            None => Ok(Self { named: named.into_iter(), folders: Vec::new() }),
        }
    }

    /// Steps into a folder; one that cannot be listed is passed on like a file.
    fn enter(&mut self, path: PathBuf, named: bool) -> Option<File> {
        match Directory::new(&path).entries() {
            Ok(entries) => {
                self.folders.push((path, entries.into_iter()));
                None
            }
            Err(error) => Some(File { path, named, content: Err(error) }),
        }
    }

    fn next_in_folder(&mut self) -> Option<File> {
        while let Some((folder, entries)) = self.folders.last_mut() {
            let Some(entry) = entries.next() else {
                self.folders.pop();
                continue;
            };
            let path = folder.join(&entry.name);
            match entry.kind {
                EntryKind::Folder if self.folders.len() <= MAX_DEPTH => {
                    if let Some(unreadable) = self.enter(path, false) {
                        return Some(unreadable);
                    }
                }
                EntryKind::Folder => {
                    let source = io::Error::other("nested too deep");
                    let content = Err(StoreError::Io { path: path.clone(), source });
                    return Some(File { path, named: false, content });
                }
                // Links to files are followed, for secrets are often mounted so.
                _ if entry.name.ends_with(".json") => {
                    let content = read(&path);
                    return Some(File { path, named: false, content });
                }
                _ => {}
            }
        }
        None
    }
}

impl Iterator for Files {
    type Item = File;

    fn next(&mut self) -> Option<File> {
        loop {
            if let Some(file) = self.next_in_folder() {
                return Some(file);
            }
            let path = self.named.next()?;
            if !path.is_dir() {
                let content = read(&path);
                return Some(File { path, named: true, content });
            }
            if let Some(unreadable) = self.enter(path, true) {
                return Some(unreadable);
            }
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    // A pipe or a device would be waited for, perhaps for ever.
    match path.is_file() {
        true => private_file::read(path, MAX_KEYSTORE_BYTES as u64),
        false => Err(StoreError::NotAFile(path.to_owned())),
    }
}
