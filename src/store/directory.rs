//! A folder on a stick, a disk or a share.

use std::{
    fs::{self, DirBuilder, File},
    io,
    path::{Path, PathBuf},
};

use super::{
    Entry, EntryKind, Lock, NewFile, ReadBack, Store, StoreError, StorePath, direct, private_file,
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

    /// The entries of the root itself.
    pub fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        list_folder(&self.root)
    }

    /// Writes a file under another name and lets `rename` give it its own: one cut short by a crash
    /// would be taken for the real one.
    fn put_by(
        &self,
        file: &NewFile,
        rename: impl FnOnce(&Path, &Path) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let full = self.resolve(&file.path)?;
        let folder = full.parent().unwrap_or(&self.root).to_owned();
        create_folders(&folder)?;
        let partial = full.with_extension("partial");
        remove_if_there(&partial)?;
        private_file::create(&partial, &file.bytes)?;
        compare(&partial, &file.bytes)?;
        rename(&partial, &full)?;
        sync_folder(&folder)
    }

    /// `path` below the root. Fails on a link on the way: what lies behind one is not the copy.
    fn resolve(&self, path: &StorePath) -> Result<PathBuf, StoreError> {
        let mut full = self.root.clone();
        for name in std::iter::once("").chain(path.names()) {
            // Joining nothing would add a slash, behind which a link is followed.
            if !name.is_empty() {
                full.push(name);
            }
            match fs::symlink_metadata(&full) {
                Ok(metadata) if metadata.is_symlink() => return Err(StoreError::NotAFile(full)),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(StoreError::io(full, error)),
            }
        }
        Ok(full)
    }
}

impl Store for Directory {
    fn list(&self, path: &StorePath) -> Result<Vec<Entry>, StoreError> {
        let folder = self.resolve(path)?;
        list_folder(&folder)
    }

    fn read(&self, path: &StorePath, limit: u64) -> Result<Vec<u8>, StoreError> {
        let full = self.resolve(path)?;
        let file = open_file(&full).map_err(|e| StoreError::io(&full, e))?;
        let metadata = file.metadata().map_err(|e| StoreError::io(&full, e))?;
        match metadata.is_file() {
            true => private_file::read_all(file, &full, limit),
            false => Err(StoreError::NotAFile(full)),
        }
    }

    fn put_if_absent(&self, file: &NewFile) -> Result<(), StoreError> {
        self.put_by(file, rename_new)
    }

    fn put(&self, file: &NewFile) -> Result<(), StoreError> {
        self.put_by(file, |from, to| fs::rename(from, to).map_err(|e| StoreError::io(to, e)))
    }

    fn publish(&self, path: &StorePath, files: &[NewFile]) -> Result<ReadBack, StoreError> {
        publish_folder(&self.resolve(path)?, files)
    }

    fn replace(&self, path: &StorePath, files: &[NewFile]) -> Result<ReadBack, StoreError> {
        let target = self.resolve(path)?;
        if fs::symlink_metadata(&target).is_err() {
            return publish_folder(&target, files);
        }
        let partial = partial_of(&target);
        let read_back = write_partial(&partial, files)?;
        exchange(&partial, &target)?;
        sync_folder(&self.root)?;
        remove_if_there(&partial)?;
        Ok(read_back)
    }

    fn lock(&self) -> Result<Lock, StoreError> {
        create_folders(&self.root)?;
        let folder = File::open(&self.root).map_err(|e| StoreError::io(&self.root, e))?;
        match folder.try_lock() {
            Ok(()) => Ok(Lock(folder)),
            Err(fs::TryLockError::WouldBlock) => Err(StoreError::Busy(self.root.clone())),
            Err(fs::TryLockError::Error(error)) => Err(StoreError::io(&self.root, error)),
        }
    }
}

/// Writes `files` as the new folder `target`, all or nothing: after a crash at any moment there is
/// either no such folder or the whole of it. An empty folder makes room; any other stays.
pub fn publish_folder(target: &Path, files: &[NewFile]) -> Result<ReadBack, StoreError> {
    let _ = fs::remove_dir(target);
    if fs::symlink_metadata(target).is_ok() {
        return Err(StoreError::Exists(target.to_owned()));
    }
    let parent = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    create_folders(parent)?;
    let partial = partial_of(target);
    let read_back = write_partial(&partial, files)?;
    rename_new(&partial, target)?;
    sync_folder(parent)?;
    Ok(read_back)
}

/// Where a folder is written before it gets its name.
fn partial_of(target: &Path) -> PathBuf {
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned());
    target.with_file_name(format!(".{}.partial", name.unwrap_or_default()))
}

/// Writes `files` below `partial` and reads them back; what a killed process left there goes.
fn write_partial(partial: &Path, files: &[NewFile]) -> Result<ReadBack, StoreError> {
    remove_if_there(partial)?;
    let written = write_files(partial, files);
    if written.is_err() {
        // Nothing half written stays. Should this fail too, the folder is still no set.
        let _ = remove_if_there(partial);
    }
    written
}

fn write_files(partial: &Path, files: &[NewFile]) -> Result<ReadBack, StoreError> {
    create_folders(partial)?;
    let mut folders = vec![partial.to_owned()];
    for file in files {
        let path = partial.join(file.path.as_str());
        let folder = path.parent().unwrap_or(partial).to_owned();
        if !folders.contains(&folder) {
            create_folders(&folder)?;
            folders.push(folder);
        }
        private_file::create(&path, &file.bytes)?;
    }
    folders.iter().try_for_each(|folder| sync_folder(folder))?;
    let mut read_back = ReadBack::Device;
    for file in files {
        let path = partial.join(file.path.as_str());
        read_back = read_back.max(compare(&path, &file.bytes)?);
    }
    Ok(read_back)
}

fn list_folder(folder: &Path) -> Result<Vec<Entry>, StoreError> {
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

fn create_folders(path: &Path) -> Result<(), StoreError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|e| StoreError::io(path, e))
}

fn sync_folder(path: &Path) -> Result<(), StoreError> {
    // Some file systems cannot sync a folder and say so; the files themselves are synced.
    match File::open(path).and_then(|folder| folder.sync_all()) {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        done => done.map_err(|e| StoreError::io(path, e)),
    }
}

fn compare(path: &Path, expected: &[u8]) -> Result<ReadBack, StoreError> {
    let direct = direct::read(path, expected.len()).map_err(|e| StoreError::io(path, e))?;
    let (found, how) = match direct {
        Some(bytes) => (bytes, ReadBack::Device),
        None => {
            let bytes = fs::read(path).map_err(|e| StoreError::io(path, e))?;
            (bytes, ReadBack::CachePossible)
        }
    };
    match found == expected {
        true => Ok(how),
        false => Err(StoreError::ReadBack(path.to_owned())),
    }
}

/// Swaps two folders: in one step where the system can, so that there is always a whole one.
fn exchange(new: &Path, old: &Path) -> Result<(), StoreError> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};

        match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
            Ok(()) => return Ok(()),
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {}
            Err(error) => return Err(StoreError::io(old, error.into())),
        }
    }
    let aside = old.with_extension("old");
    remove_if_there(&aside)?;
    fs::rename(old, &aside).map_err(|e| StoreError::io(old, e))?;
    fs::rename(new, old).map_err(|e| StoreError::io(old, e))?;
    fs::rename(&aside, new).map_err(|e| StoreError::io(new, e))
}

/// Renames where nothing is yet, in one step where the system can.
fn rename_new(from: &Path, to: &Path) -> Result<(), StoreError> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};

        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(()),
            // FAT and some network file systems do not know the flag.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {}
            Err(error) => return Err(StoreError::io(to, error.into())),
        }
    }
    if fs::symlink_metadata(to).is_ok() {
        return Err(StoreError::Exists(to.to_owned()));
    }
    fs::rename(from, to).map_err(|e| StoreError::io(to, e))
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => return Ok(()),
    };
    removed.map_err(|e| StoreError::io(path, e))
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
