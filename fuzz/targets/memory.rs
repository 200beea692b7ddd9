//! The golden copies, in memory: a copy that can be changed and thrown away in microseconds.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use stockade::{
    backup::{BackupError, Copy},
    store::{Entry, EntryKind, Lock, NewFile, ReadBack, Store, StoreError, StorePath},
};

/// Files by their paths below `stockade/`. Nothing is ever written.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory(pub(super) BTreeMap<String, Vec<u8>>);

/// The golden copy of each version, as released ones left it.
pub(super) fn golden(version: usize) -> &'static Memory {
    static GOLDEN: [OnceLock<Memory>; 2] = [OnceLock::new(), OnceLock::new()];
    let version = version % GOLDEN.len();
    GOLDEN[version].get_or_init(|| {
        let mut memory = Memory::default();
        let folder =
            repository().join(format!("device-tests/golden/v{}/copy/stockade", version + 1));
        memory.add(&folder, "");
        assert!(!memory.0.is_empty(), "no golden copy in {}", folder.display());
        memory
    })
}

/// The folder of the repository: an ancestor of this package's, or of the one that tests it.
pub(crate) fn repository() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let all = own.ancestors().find(|folder| folder.join("device-tests/golden").is_dir());
    all.unwrap_or(own).to_owned()
}

impl Memory {
    fn add(&mut self, folder: &Path, below: &str) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            if entry.path().is_dir() {
                self.add(&entry.path(), &format!("{name}/"));
            } else if let Ok(bytes) = fs::read(entry.path()) {
                self.0.insert(name, bytes);
            }
        }
    }

    pub(super) fn open(self) -> Result<Copy, BackupError> {
        Copy::open_over(Box::new(self), Path::new("memory"))
    }

    /// The name of its one set.
    pub(super) fn set(&self) -> String {
        let sets = self.0.keys().filter_map(|path| path.strip_suffix("/origin.json"));
        sets.map(str::to_owned).next().unwrap_or_default()
    }

    fn below(&self, folder: &str) -> Vec<Entry> {
        let paths = self.0.keys().filter_map(|path| path.strip_prefix(folder));
        let entries = paths.map(|path| match path.split_once('/') {
            Some((name, _)) => Entry { name: name.to_owned(), kind: EntryKind::Folder },
            None => Entry { name: path.to_owned(), kind: EntryKind::File },
        });
        entries.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

fn refused() -> StoreError {
    StoreError::io(Path::new("memory"), std::io::ErrorKind::ReadOnlyFilesystem.into())
}

impl Store for Memory {
    fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        Ok(self.below(""))
    }

    fn list(&self, path: &StorePath) -> Result<Vec<Entry>, StoreError> {
        Ok(self.below(&format!("{path}/")))
    }

    fn read(&self, path: &StorePath, limit: u64) -> Result<Vec<u8>, StoreError> {
        let named = || PathBuf::from(path.as_str());
        let bytes = self.0.get(path.as_str()).ok_or_else(|| StoreError::NotFound(named()))?;
        if bytes.len() as u64 > limit {
            return Err(StoreError::TooLong { path: named(), limit });
        }
        Ok(bytes.clone())
    }

    fn read_pieces(
        &self,
        path: &StorePath,
        limit: u64,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<u64, StoreError> {
        let bytes = self.read(path, limit)?;
        take(&bytes);
        Ok(bytes.len() as u64)
    }

    fn put_if_absent(&self, _file: &NewFile) -> Result<(), StoreError> {
        Err(refused())
    }

    fn put(&self, _file: &NewFile) -> Result<(), StoreError> {
        Err(refused())
    }

    fn publish(&self, _path: &StorePath, _new: &[NewFile]) -> Result<ReadBack, StoreError> {
        Err(refused())
    }

    fn replace(&self, _path: &StorePath, _new: &[NewFile]) -> Result<ReadBack, StoreError> {
        Err(refused())
    }

    fn remove(&self, _path: &StorePath) -> Result<(), StoreError> {
        Err(refused())
    }

    fn lock(&self) -> Result<Lock, StoreError> {
        Err(refused())
    }
}
