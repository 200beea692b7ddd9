//! Like `folder`, for systems without handles of folders: every step checks for a link first.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use super::{EntryKind, MAX_ENTRIES, StoreError};

/// A folder that existed when it was opened.
#[derive(Debug)]
pub(super) struct Folder {
    handle: File,
    path: PathBuf,
}

impl Folder {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let handle = File::open(path).map_err(|e| StoreError::io(path, e))?;
        Ok(Self { handle, path: path.to_owned() })
    }

    pub(super) fn path_of(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.path.join(name.as_ref())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn try_lock(&self) -> Result<(), TryLockError> {
        self.handle.try_lock()
    }

    pub(super) fn into_handle(self) -> File {
        self.handle
    }

    pub(super) fn folder(&self, name: impl AsRef<OsStr>) -> Result<Self, StoreError> {
        self.require(name.as_ref(), EntryKind::Folder)?;
        Self::open(&self.path_of(name))
    }

    pub(super) fn file(&self, name: impl AsRef<OsStr>) -> Result<File, StoreError> {
        self.require(name.as_ref(), EntryKind::File)?;
        let path = self.path_of(name);
        File::open(&path).map_err(|e| StoreError::io(path, e))
    }

    pub(super) fn direct(&self, _name: &OsStr) -> Option<File> {
        None
    }

    pub(super) fn kind(&self, name: impl AsRef<OsStr>) -> Result<Option<EntryKind>, StoreError> {
        let path = self.path_of(name);
        match fs::symlink_metadata(&path) {
            Ok(metadata) => Ok(Some(kind_of(metadata.file_type()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io(path, error)),
        }
    }

    pub(super) fn entries(&self) -> Result<Vec<(OsString, EntryKind)>, StoreError> {
        let failed = |error| StoreError::io(&self.path, error);
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entries.len() == MAX_ENTRIES {
                return Err(StoreError::TooMany { path: self.path.clone(), limit: MAX_ENTRIES });
            }
            entries.push((entry.file_name(), kind_of(entry.file_type().map_err(failed)?)));
        }
        Ok(entries)
    }

    pub(super) fn is_fat(&self) -> bool {
        true
    }

    pub(super) fn create_file(&self, name: &OsStr) -> io::Result<File> {
        fs::OpenOptions::new().write(true).create_new(true).open(self.path_of(name))
    }

    pub(super) fn create_folder(&self, name: &OsStr) -> io::Result<()> {
        fs::create_dir(self.path_of(name))
    }

    pub(super) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        fs::rename(self.path_of(from), self.path_of(to))
    }

    pub(super) fn rename_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        match fs::symlink_metadata(self.path_of(to)) {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => self.rename(from, to),
        }
    }

    pub(super) fn remove_file(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_file(self.path_of(name))
    }

    pub(super) fn remove_empty_folder(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_dir(self.path_of(name))
    }

    /// This system cannot sync folders.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn sync_entry(&self, name: &OsStr) -> io::Result<()> {
        let path = self.path_of(name);
        if path.is_file() {
            fs::OpenOptions::new().write(true).open(path)?.sync_all()
        } else {
            Ok(())
        }
    }

    fn require(&self, name: &OsStr, kind: EntryKind) -> Result<(), StoreError> {
        match self.kind(name)? {
            None => Err(StoreError::NotFound(self.path_of(name))),
            Some(found) if found == kind => Ok(()),
            Some(_) => Err(StoreError::NotAFile(self.path_of(name))),
        }
    }
}

fn kind_of(kind: fs::FileType) -> EntryKind {
    match (kind.is_file(), kind.is_dir()) {
        (true, _) => EntryKind::File,
        (_, true) => EntryKind::Folder,
        _ => EntryKind::Other,
    }
}
