//! Copies in a store of one's own, here in memory; a database or a service of yours would do the same.
//! Keys are created in two of them and drilled, with a simulated wallet:
//! `cargo run -p stockade --example own_store --features mock`.
#![allow(clippy::print_stdout, reason = "an example shows what it did")]

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use stockade::{
    backup::{Access, Copy, Trust, drill, scrub, unlockers::Unlockers},
    device::Timeouts,
    discovery::{self, MockSetup},
    staking::Network,
    store::{Entry, EntryKind, Lock, NewFile, ReadBack, Store, StoreError, StorePath},
    validator::{self, Withdrawal},
};

fn main() -> Result<(), Box<dyn Error>> {
    for line in run()? {
        println!("{line}");
    }
    Ok(())
}

/// Files by their paths. Clones are the same store.
#[derive(Debug, Clone, Default)]
struct Memory {
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    /// One writer at a time.
    writer: Arc<Mutex<bool>>,
}

impl Memory {
    fn files(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What lies directly below `folder`, which ends with `/` or is empty.
    fn below(&self, folder: &str) -> Vec<Entry> {
        let files = self.files();
        let paths = files.keys().filter_map(|path| path.strip_prefix(folder));
        let entries: BTreeSet<Entry> = paths
            .map(|path| match path.split_once('/') {
                Some((name, _)) => Entry { name: name.to_owned(), kind: EntryKind::Folder },
                None => Entry { name: path.to_owned(), kind: EntryKind::File },
            })
            .collect();
        entries.into_iter().collect()
    }
}

impl Store for Memory {
    fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        Ok(self.below(""))
    }

    fn list(&self, path: &StorePath) -> Result<Vec<Entry>, StoreError> {
        Ok(self.below(&format!("{path}/")))
    }

    fn read(&self, path: &StorePath, limit: u64) -> Result<Vec<u8>, StoreError> {
        let files = self.files();
        let bytes = files.get(path.as_str()).ok_or_else(|| StoreError::NotFound(named(path)))?;
        if bytes.len() as u64 > limit {
            return Err(StoreError::TooLong { path: named(path), limit });
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

    fn put_if_absent(&self, file: &NewFile) -> Result<(), StoreError> {
        let mut files = self.files();
        if files.contains_key(file.path.as_str()) {
            return Err(StoreError::Exists(named(&file.path)));
        }
        files.insert(file.path.to_string(), file.bytes.clone());
        Ok(())
    }

    fn put(&self, file: &NewFile) -> Result<(), StoreError> {
        self.files().insert(file.path.to_string(), file.bytes.clone());
        Ok(())
    }

    /// All files appear at once, since nobody reads while they are written.
    fn publish(&self, path: &StorePath, new: &[NewFile]) -> Result<ReadBack, StoreError> {
        if !self.list(path)?.is_empty() {
            return Err(StoreError::Exists(named(path)));
        }
        let mut files = self.files();
        files.extend(new.iter().map(|file| (format!("{path}/{}", file.path), file.bytes.clone())));
        Ok(ReadBack::CachePossible)
    }

    fn replace(&self, path: &StorePath, files: &[NewFile]) -> Result<ReadBack, StoreError> {
        self.remove(path)?;
        self.publish(path, files)
    }

    fn remove(&self, path: &StorePath) -> Result<(), StoreError> {
        let folder = format!("{path}/");
        self.files().retain(|path, _| !path.starts_with(&folder));
        Ok(())
    }

    fn lock(&self) -> Result<Lock, StoreError> {
        let mut taken = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut *taken, true) {
            return Err(StoreError::Busy(PathBuf::from("memory")));
        }
        Ok(Lock::holding(Writer(self.writer.clone())))
    }
}

/// Lets the next writer in when it is dropped.
#[derive(Debug)]
struct Writer(Arc<Mutex<bool>>);

impl Drop for Writer {
    fn drop(&mut self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = false;
    }
}

fn named(path: &StorePath) -> PathBuf {
    PathBuf::from("memory").join(path.as_str())
}

/// Makes two keys, writes them to two stores, and drills what is there.
pub fn run() -> Result<Vec<String>, Box<dyn Error>> {
    let stores = [("first", Memory::default()), ("second", Memory::default())];
    let found =
        discovery::find(&"mock-ledger".parse()?, Timeouts::default(), &MockSetup::default())?;
    let (mut user, mut progress) = ((), ());
    let mut wallet = found.open(&mut user)?;

    let request = validator::Request::new(Network::Hoodi, 2, Withdrawal::Device);
    let new = |(name, store): &(&str, Memory)| {
        Copy::prepare_over(Box::new(store.clone()), Path::new(name))
    };
    let mut copies = stores.iter().map(new).collect::<Result<Vec<_>, _>>()?;
    let created =
        validator::create(&request, &mut copies, wallet.as_mut(), &mut user, &mut progress)?;
    let mut said = vec![format!("{} keys in {}", created.keys.len(), created.set.set_id)];
    drop(copies);

    let there =
        |(name, store): &(&str, Memory)| Copy::open_over(Box::new(store.clone()), Path::new(name));
    let copies = stores.iter().map(there).collect::<Result<Vec<_>, _>>()?;
    let scrubbed = scrub::read(&copies, None, &mut progress)?;
    let mut unlockers = Unlockers::new();
    unlockers.add_wallet(wallet, &mut user)?;
    let trust = Trust::default();
    let mut access = Access::new(&mut unlockers, &trust, &mut user, &mut progress);
    let report = drill::drill(&copies, &scrubbed, &mut access)?;
    said.push(format!("{} of {} proven", report.counts().proven, report.keys.len()));
    Ok(said)
}
