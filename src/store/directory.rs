//! A folder on a stick, a disk or a share.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{
    Entry, EntryKind, Held, Lock, NewFile, ReadBack, Store, StoreError, StorePath, calls,
    private_file, publish,
};

/// A folder on a mounted file system. Nothing is created there before the first write.
#[derive(Debug, Clone)]
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// The folder `root`, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Writes a file, after clearing away what a killed process left beside it.
    fn put_by(
        &self,
        file: &NewFile,
        rename: impl FnOnce(&Path, &Path) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let full = self.resolve(&file.path)?;
        let folder = calls::parent(&full);
        calls::make_folders(folder)?;
        publish::sweep(folder)?;
        publish::publish_file(&full, &file.bytes, rename).map(|_| ())
    }

    fn open(&self, path: &StorePath) -> Result<(File, PathBuf), StoreError> {
        let full = self.resolve(path)?;
        let file = open_file(&full).map_err(|e| StoreError::io(&full, e))?;
        let metadata = file.metadata().map_err(|e| StoreError::io(&full, e))?;
        match metadata.is_file() {
            true => Ok((file, full)),
            false => Err(StoreError::NotAFile(full)),
        }
    }

    /// `path` below the root. Fails on a link on the way: what lies behind one is not the copy.
    fn resolve(&self, path: &StorePath) -> Result<PathBuf, StoreError> {
        let mut full = self.root.clone();
        for (level, name) in std::iter::once("").chain(path.names()).enumerate() {
            // Joining nothing would add a slash, behind which a link is followed.
            if !name.is_empty() {
                full.push(name);
            }
            match fs::symlink_metadata(&full) {
                Ok(metadata) if metadata.is_symlink() => return Err(StoreError::NotAFile(full)),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let aside = publish::aside_of(&full);
                    if level == 1 && fs::symlink_metadata(&aside).is_ok_and(|m| m.is_dir()) {
                        full = aside;
                    }
                }
                Err(error) => return Err(StoreError::io(full, error)),
            }
        }
        Ok(full)
    }
}

impl Store for Directory {
    fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let mut entries = list_folder(&self.root)?;
        let names: Vec<_> = entries.iter().map(|entry| entry.name.clone()).collect();
        for entry in &mut entries {
            if let Some(name) = publish::name_aside(&entry.name)
                && !names.iter().any(|other| other == name)
            {
                entry.name = name.to_owned();
            }
        }
        entries.sort();
        Ok(entries)
    }

    fn list(&self, path: &StorePath) -> Result<Vec<Entry>, StoreError> {
        let folder = self.resolve(path)?;
        list_folder(&folder)
    }

    fn read(&self, path: &StorePath, limit: u64) -> Result<Vec<u8>, StoreError> {
        let (file, full) = self.open(path)?;
        private_file::read_all(file, &full, limit)
    }

    fn read_pieces(
        &self,
        path: &StorePath,
        limit: u64,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<u64, StoreError> {
        let (file, full) = self.open(path)?;
        private_file::read_pieces(file, &full, limit, take)
    }

    fn put_if_absent(&self, file: &NewFile) -> Result<(), StoreError> {
        self.put_by(file, calls::rename_new)
    }

    fn put(&self, file: &NewFile) -> Result<(), StoreError> {
        self.put_by(file, calls::rename_over)
    }

    fn publish(&self, path: &StorePath, files: &[NewFile]) -> Result<ReadBack, StoreError> {
        publish::publish_folder(&self.resolve(path)?, files)
    }

    fn replace(&self, path: &StorePath, files: &[NewFile]) -> Result<ReadBack, StoreError> {
        publish::replace_folder(&self.resolve(path)?, files)
    }

    fn remove(&self, path: &StorePath) -> Result<(), StoreError> {
        publish::remove_folder(&self.resolve(path)?)
    }

    fn lock(&self) -> Result<Lock, StoreError> {
        calls::make_folders(&self.root)?;
        let folder = File::open(&self.root).map_err(|e| StoreError::io(&self.root, e))?;
        match folder.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(StoreError::Busy(self.root.clone())),
            Err(fs::TryLockError::Error(error)) => return Err(StoreError::io(&self.root, error)),
        }
        match publish::sweep(&self.root) {
            // Such a copy can still be read from, with all that lies in it.
            Err(error) if !error.is_read_only() => Err(error),
            _ => Ok(Lock(Held::Folder(folder))),
        }
    }
}

pub(super) fn list_folder(folder: &Path) -> Result<Vec<Entry>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io(folder, error)),
    };
    let mut list = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| StoreError::io(folder, e))?;
        let kind = entry.file_type().map_err(|e| StoreError::io(entry.path(), e))?;
        let kind = match (kind.is_file(), kind.is_dir()) {
            (true, _) => EntryKind::File,
            (_, true) => EntryKind::Folder,
            _ => EntryKind::Other,
        };
        list.push(Entry { name: entry.file_name().to_string_lossy().into_owned(), kind });
    }
    list.sort();
    Ok(list)
}

/// Opens for reading without following a link, and without hanging on a pipe put in its place.
#[cfg(unix)]
fn open_file(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};

    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
fn open_file(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, bytes: &[u8]) -> NewFile {
        NewFile { path: path.parse().unwrap(), bytes: bytes.to_vec() }
    }

    #[test]
    fn a_published_folder_is_whole_and_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let store = Directory::new(folder.path().join("copy"));
        let set: StorePath = "set".parse().unwrap();
        let long = vec![7; 10_000];
        store.publish(&set, &[file("a", b"1"), file("b/c", &long)]).unwrap();
        assert_eq!(store.read(&"set/b/c".parse().unwrap(), 10_000).unwrap(), long);
        assert!(matches!(store.publish(&set, &[file("a", b"2")]), Err(StoreError::Exists(_))));
        assert_eq!(store.read(&"set/a".parse().unwrap(), 10).unwrap(), b"1");
        assert_eq!(store.list(&"set".parse().unwrap()).unwrap().len(), 2);
    }

    #[test]
    fn a_folder_is_replaced_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let store = Directory::new(folder.path());
        let set: StorePath = "set".parse().unwrap();
        store.publish(&set, &[file("a", b"1"), file("b", b"1")]).unwrap();
        store.replace(&set, &[file("a", b"2")]).unwrap();
        assert_eq!(store.read(&"set/a".parse().unwrap(), 10).unwrap(), b"2");
        assert_eq!(store.list(&set).unwrap().len(), 1);
        assert_eq!(store.entries().unwrap().len(), 1);
    }

    #[test]
    fn a_removed_folder_goes_as_a_whole_and_what_is_left_of_one_is_cleared_away() {
        let folder = tempfile::tempdir().unwrap();
        let store = Directory::new(folder.path());
        let set: StorePath = "set".parse().unwrap();
        store.publish(&set, &[file("a", b"1"), file("sub/b", b"2")]).unwrap();
        // Killed between the two steps.
        fs::rename(folder.path().join("set"), folder.path().join(".set.partial")).unwrap();
        store.publish(&set, &[file("a", b"3")]).unwrap();
        store.remove(&set).unwrap();
        assert!(store.entries().unwrap().is_empty());
        assert!(matches!(store.remove(&set), Err(StoreError::NotFound(_) | StoreError::Exists(_))));
    }

    #[test]
    fn what_a_killed_process_left_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let partial = folder.path().join(".set.partial");
        fs::create_dir(&partial).unwrap();
        private_file::create(&partial.join("old"), b"half").unwrap();
        let store = Directory::new(folder.path());
        store.publish(&"set".parse().unwrap(), &[file("a", b"1")]).unwrap();
        assert!(!folder.path().join("set/old").exists());
        assert!(!partial.exists());
    }

    #[test]
    fn a_link_is_never_followed_and_a_long_file_never_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = Directory::new(folder.path().join("copy"));
        store.put_if_absent(&file("real", b"12345")).unwrap();
        std::os::unix::fs::symlink("real", folder.path().join("copy/link")).unwrap();
        assert!(matches!(store.read(&"link".parse().unwrap(), 10), Err(StoreError::NotAFile(_))));
        assert!(matches!(store.read(&"real".parse().unwrap(), 4), Err(StoreError::TooLong { .. })));
        assert!(matches!(store.put_if_absent(&file("real", b"6")), Err(StoreError::Exists(_))));
    }

    #[test]
    fn a_file_in_pieces_is_the_whole_file_and_no_more_than_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Directory::new(folder.path());
        let path: StorePath = "long".parse().unwrap();
        let bytes: Vec<u8> = (0..100_000_u32).map(|i| (i % 251) as u8).collect();
        store.put_if_absent(&file("long", &bytes)).unwrap();
        let mut read = Vec::new();
        let len = store.read_pieces(&path, 100_000, &mut |piece| read.extend_from_slice(piece));
        assert_eq!((len.unwrap(), read), (100_000, bytes));
        let mut taken = 0;
        let refused = store.read_pieces(&path, 99_999, &mut |piece| taken += piece.len());
        assert!(matches!(refused, Err(StoreError::TooLong { .. })) && taken < 100_000);
    }

    #[test]
    fn two_processes_exclude_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = Directory::new(folder.path());
        let held = store.lock().unwrap();
        assert!(matches!(store.lock(), Err(StoreError::Busy(_))));
        drop(held);
        store.lock().unwrap();
    }

    #[test]
    #[cfg(unix)]
    fn only_the_owner_can_read_what_is_written() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let store = Directory::new(folder.path().join("copy"));
        store.publish(&"set".parse().unwrap(), &[file("a", b"1")]).unwrap();
        let mode = |path: &str| {
            fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777
        };
        assert_eq!((mode("copy/set/a"), mode("copy/set")), (0o600, 0o700));
    }
}
