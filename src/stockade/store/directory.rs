//! A folder on a stick, a disk or a network share.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs::{self, File},
    path::PathBuf,
};

use super::{
    Entry, EntryKind, Lock, NewFile, ReadBack, Store, StoreError, StorePath, direct,
    folder::Folder,
    fs_ops,
    names::{aside_of, partial_of},
    private_file,
    publish::{self, Rename},
    sweep,
};

/// A folder on a mounted file system. Nothing is created in it before the first write.
#[derive(Debug, Clone)]
pub struct Directory {
    dir: PathBuf,
    /// The folder below `dir` that is meant, if it is not `dir` itself.
    below: Option<String>,
}

impl Directory {
    /// The folder `root`, which the user named and which need not exist yet. A link to it is
    /// followed.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { dir: root.into(), below: None }
    }

    /// The folder `name` in `dir`. Links are only followed in the path of `dir`.
    pub(super) fn below(dir: impl Into<PathBuf>, name: &str) -> Self {
        Self { dir: dir.into(), below: Some(name.to_owned()) }
    }

    fn root(&self) -> Result<Folder, StoreError> {
        let dir = Folder::open(&self.dir)?;
        match &self.below {
            Some(name) => dir.folder(name),
            None => Ok(dir),
        }
    }

    fn make_root(&self) -> Result<Folder, StoreError> {
        let dir = fs_ops::make_folders(&self.dir)?;
        match &self.below {
            Some(name) => fs_ops::make_folder(&dir, OsStr::new(name)),
            None => Ok(dir),
        }
    }

    /// The folder that the entry at `path` is in, and its name there: another one while it is being
    /// replaced.
    fn find(&self, path: &StorePath) -> Result<(Folder, String), StoreError> {
        let mut folder = self.root()?;
        let mut names = path.names();
        let first = names.next().unwrap_or_default();
        let mut name = first.to_owned();
        if folder.kind(first)?.is_none() {
            let aside = aside_of(first.as_ref());
            if folder.kind(&aside)? == Some(EntryKind::Folder) {
                name = aside.to_string_lossy().into_owned();
            }
        }
        for next in names {
            folder = folder.folder(&name)?;
            name = next.to_owned();
        }
        Ok((folder, name))
    }

    /// The folder that `path` is written to, and the last name of `path`.
    fn make_room<'a>(&self, path: &'a StorePath) -> Result<(Folder, &'a OsStr), StoreError> {
        let mut folder = self.make_root()?;
        let mut names = path.names().map(OsStr::new);
        let mut name = names.next().unwrap_or_default();
        for next in names {
            folder = fs_ops::make_folder(&folder, name)?;
            name = next;
        }
        Ok((folder, name))
    }

    fn put_by(&self, file: &NewFile, rename: Rename) -> Result<(), StoreError> {
        let (folder, name) = self.make_room(&file.path)?;
        // The root is swept when it is locked. It may also be any folder of the user's, which is
        // not swept.
        if file.path.names().count() > 1 {
            sweep::sweep(&folder)?;
        }
        publish::publish_file(&folder, name, &file.bytes, rename).map(|_| ())
    }

    fn open(&self, path: &StorePath) -> Result<(File, PathBuf), StoreError> {
        let (folder, name) = self.find(path)?;
        Ok((folder.file(&name)?, folder.path_of(&name)))
    }
}

impl Store for Directory {
    fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let mut entries = list_folder(self.root())?;
        let names: BTreeSet<_> = entries.iter().map(|entry| entry.name.clone()).collect();
        for entry in &mut entries {
            if let Some(name) = sweep::name_aside(&entry.name)
                && !names.contains(name)
            {
                entry.name = name.to_owned();
            }
        }
        entries.sort();
        Ok(entries)
    }

    fn list(&self, path: &StorePath) -> Result<Vec<Entry>, StoreError> {
        list_folder(self.find(path).and_then(|(folder, name)| folder.folder(&name)))
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
        direct::forget(&file);
        private_file::read_pieces(file, &full, limit, take)
    }

    fn put_if_absent(&self, file: &NewFile) -> Result<(), StoreError> {
        self.put_by(file, fs_ops::rename_new)
    }

    fn put(&self, file: &NewFile) -> Result<(), StoreError> {
        self.put_by(file, fs_ops::rename_over)
    }

    /// Writes the file under a name of its own and removes it. The existing file is not touched.
    fn try_write(&self, file: &NewFile) -> Result<(), StoreError> {
        let (folder, name) = self.make_room(&file.path)?;
        let probe = partial_of(name);
        sweep::discard(&folder, &probe, name)?;
        let written = fs_ops::write_new(&folder, &probe, b"");
        // What remains is removed by the next writer.
        let removed = fs_ops::remove(&folder, &probe).or_else(|_| fs_ops::remove(&folder, &probe));
        written.and(removed)
    }

    fn publish(&self, path: &StorePath, files: &[NewFile]) -> Result<ReadBack, StoreError> {
        let (folder, name) = self.make_room(path)?;
        publish::publish(&folder, name, files)
    }

    fn replace(&self, path: &StorePath, files: &[NewFile]) -> Result<ReadBack, StoreError> {
        let (folder, name) = self.make_room(path)?;
        publish::replace(&folder, name, files)
    }

    fn remove(&self, path: &StorePath) -> Result<(), StoreError> {
        let (folder, name) = self.find(path)?;
        publish::remove(&folder, OsStr::new(&name))
    }

    fn sweep_below(&self, room: &StorePath) -> Result<(), StoreError> {
        let (folder, name) = self.find(room)?;
        if folder.kind(&name)? != Some(EntryKind::Folder) {
            return Ok(());
        }
        let room = folder.folder(&name)?;
        let below = room.entries()?.into_iter().filter(|(_, kind)| *kind == EntryKind::Folder);
        below.map(|(name, _)| room.folder(name)).try_for_each(|folder| sweep::sweep(&folder?))
    }

    fn lock(&self) -> Result<Lock, StoreError> {
        let root = self.make_root()?;
        match root.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(StoreError::Busy(root.path().to_owned()));
            }
            Err(fs::TryLockError::Error(error)) => return Err(StoreError::io(root.path(), error)),
        }
        match sweep::sweep(&root) {
            // A copy that cannot be locked for this reason can still be read.
            Err(error) if !error.is_read_only() => Err(error),
            _ => Ok(Lock::holding(root.into_handle())),
        }
    }
}

fn list_folder(folder: Result<Folder, StoreError>) -> Result<Vec<Entry>, StoreError> {
    let entries = match folder {
        Ok(folder) => folder.entries()?,
        Err(StoreError::NotFound(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let entry = |(name, kind): (std::ffi::OsString, EntryKind)| Entry {
        name: name.to_string_lossy().into_owned(),
        kind,
    };
    let mut list: Vec<_> = entries.into_iter().map(entry).collect();
    list.sort();
    Ok(list)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn file(path: &str, bytes: &[u8]) -> NewFile {
        NewFile { path: path.parse().unwrap(), bytes: bytes.to_vec() }
    }

    #[test]
    fn a_published_folder_is_complete_and_is_never_replaced() {
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
    fn a_folder_is_removed_as_a_whole_and_its_remains_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let store = Directory::new(folder.path());
        let set: StorePath = "set".parse().unwrap();
        store.publish(&set, &[file("a", b"1"), file("sub/b", b"2")]).unwrap();
        // As if killed between the two steps.
        fs::rename(folder.path().join("set"), folder.path().join(".set.partial")).unwrap();
        store.publish(&set, &[file("a", b"3")]).unwrap();
        store.remove(&set).unwrap();
        assert!(store.entries().unwrap().is_empty());
        assert!(matches!(store.remove(&set), Err(StoreError::NotFound(_) | StoreError::Exists(_))));
    }

    #[test]
    fn the_leftovers_of_a_killed_process_are_replaced() {
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
    fn links_are_never_followed_and_long_files_never_read() {
        let folder = tempfile::tempdir().unwrap();
        let store = Directory::new(folder.path().join("copy"));
        store.put_if_absent(&file("real", b"12345")).unwrap();
        std::os::unix::fs::symlink("real", folder.path().join("copy/link")).unwrap();
        assert!(matches!(store.read(&"link".parse().unwrap(), 10), Err(StoreError::NotAFile(_))));
        assert!(matches!(store.read(&"real".parse().unwrap(), 4), Err(StoreError::TooLong { .. })));
        assert!(matches!(store.put_if_absent(&file("real", b"6")), Err(StoreError::Exists(_))));
    }

    /// A copy in `stick`, and the folder that a link on that stick leads to.
    fn stick_and_elsewhere(folder: &Path) -> (Directory, PathBuf) {
        let elsewhere = folder.join("elsewhere");
        for path in ["stick", "elsewhere/.x.partial", "elsewhere/.y.old"] {
            fs::create_dir_all(folder.join(path)).unwrap();
        }
        fs::write(elsewhere.join("secret"), b"1").unwrap();
        (Directory::below(folder.join("stick"), "stockade"), elsewhere)
    }

    fn untouched(elsewhere: &Path) -> bool {
        let names: BTreeSet<_> =
            fs::read_dir(elsewhere).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names == BTreeSet::from([".x.partial".into(), ".y.old".into(), "secret".into()])
    }

    fn refused<T: std::fmt::Debug>(done: Result<T, StoreError>) {
        assert!(matches!(done, Err(StoreError::NotAFile(_))), "{done:?}");
    }

    #[test]
    #[cfg(unix)]
    fn links_in_a_copy_lead_nowhere() {
        let paths = [
            "stockade",
            "stockade/room",
            "stockade/room/20261120-hoodi-7f3a19c2",
            "stockade/20261120-hoodi-7f3a19c2",
        ];
        for link in paths {
            let folder = tempfile::tempdir().unwrap();
            let (store, elsewhere) = stick_and_elsewhere(folder.path());
            let link = folder.path().join("stick").join(link);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
            let set: StorePath = "20261120-hoodi-7f3a19c2".parse().unwrap();
            let below: StorePath = if link.ends_with("stockade") {
                "secret".parse().unwrap()
            } else {
                let below = link.strip_prefix(folder.path().join("stick/stockade")).unwrap();
                format!("{}/secret", stockade_base::shown(&below)).parse().unwrap()
            };
            refused(store.read(&below, 10));
            refused(store.read_pieces(&below, 10, &mut |_| {}));
            refused(store.list(&below));
            let new = NewFile { path: below.clone(), bytes: b"2".to_vec() };
            refused(store.put(&new));
            refused(store.put_if_absent(&new));
            refused(store.try_write(&new));
            if link.ends_with("stockade") {
                refused(store.lock());
                refused(store.entries());
                refused(store.publish(&set, &[file("a", b"1")]));
                refused(store.replace(&set, &[file("a", b"1")]));
                refused(store.remove(&set));
            } else {
                store.lock().unwrap();
                assert_eq!(store.entries().unwrap().len(), 1);
            }
            assert!(untouched(&elsewhere), "{}", stockade_base::shown(&link));
            assert_eq!(fs::read(elsewhere.join("secret")).unwrap(), b"1");
        }
    }

    #[test]
    #[cfg(unix)]
    fn foreign_names_and_deep_folders_do_not_stop_a_writer() {
        use std::os::unix::ffi::OsStrExt as _;

        let folder = tempfile::tempdir().unwrap();
        let store = Directory::new(folder.path());
        let odd = [&b".bad\xff.old"[..], b".bad\xff.partial", b".a b.old", b"..old", b".x.old"];
        for name in odd {
            fs::write(folder.path().join(OsStr::from_bytes(name)), b"not ours").unwrap();
        }
        let deep = (0..60).fold(folder.path().join(".deep.partial"), |path, _| path.join("d"));
        fs::create_dir_all(deep).unwrap();
        drop(store.lock().unwrap());
        store.publish(&"set".parse().unwrap(), &[file("a", b"1")]).unwrap();
        for name in odd {
            assert!(folder.path().join(OsStr::from_bytes(name)).exists(), "{name:?}");
        }
    }

    #[test]
    fn writing_a_file_to_a_user_folder_does_not_sweep_it() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".theirs.old", ".theirs.partial"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Directory::new(folder.path()).put_if_absent(&file("mine.json", b"1")).unwrap();
        assert!(folder.path().join(".theirs.old").exists());
        assert!(folder.path().join(".theirs.partial").exists());
    }

    #[test]
    fn an_empty_folder_does_not_replace_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let store = Directory::new(folder.path());
        let set: StorePath = "set".parse().unwrap();
        store.publish(&set, &[file("a", b"1")]).unwrap();
        fs::rename(folder.path().join("set"), folder.path().join(".set.old")).unwrap();
        fs::create_dir(folder.path().join("set")).unwrap();
        drop(store.lock().unwrap());
        assert_eq!(store.read(&"set/a".parse().unwrap(), 10).unwrap(), b"1");
    }

    #[test]
    fn reading_in_pieces_returns_the_whole_file_within_the_limit() {
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
