//! A copy: a folder on a stick, a disk or a share that holds sets, below `stockade/`.

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{BackupError, SetId};
use crate::store::{
    Directory, EntryKind, Lock, NewFile, ReadBack, Store as _, StoreError, StorePath,
};

const ROOT: &str = "stockade";
const MAX_COPY_JSON: u64 = 4096;

/// A folder that holds sets, or is going to.
#[derive(Debug)]
pub struct Copy {
    dir: PathBuf,
    store: Directory,
    description: Description,
    exists: bool,
    lock: OnceCell<Lock>,
}

/// copy.json.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Description {
    copy_id: String,
    label: String,
}

impl Copy {
    /// The copy in the folder `dir`, which must hold one.
    pub fn open(dir: &Path) -> Result<Self, BackupError> {
        let copy = Self::prepare(dir)?;
        match copy.exists {
            true => Ok(copy),
            false => Err(BackupError::NoCopy(dir.to_owned())),
        }
    }

    /// The copies in several folders, each another.
    pub fn open_all(dirs: &[PathBuf]) -> Result<Vec<Self>, BackupError> {
        distinct(dirs.iter().map(|dir| Self::open(dir)).collect::<Result<_, _>>()?)
    }

    /// As [`Copy::open_all`], for folders that may be new: those are made at the first write.
    pub fn prepare_all(dirs: &[PathBuf]) -> Result<Vec<Self>, BackupError> {
        distinct(dirs.iter().map(|dir| Self::prepare(dir)).collect::<Result<_, _>>()?)
    }

    fn prepare(dir: &Path) -> Result<Self, BackupError> {
        let store = Directory::new(dir.join(ROOT));
        let path: StorePath = "copy.json".parse()?;
        let (description, exists) = match store.read(&path, MAX_COPY_JSON) {
            Ok(bytes) => (Description::parse(&bytes, dir)?, true),
            Err(StoreError::NotFound(_)) => (Description::new(dir)?, false),
            Err(error) => return Err(error.into()),
        };
        Ok(Self { dir: dir.to_owned(), store, description, exists, lock: OnceCell::new() })
    }

    /// The copy's id: 8 hex digits.
    pub fn id(&self) -> &str {
        &self.description.copy_id
    }

    /// The folder, for messages.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether it holds anything yet.
    pub fn exists(&self) -> bool {
        self.exists
    }

    /// The sets in it by their folders' names, which are no evidence; and names in `stockade/` that
    /// are none of a copy's.
    pub fn set_ids(&self) -> Result<(Vec<SetId>, Vec<String>), BackupError> {
        let mut sets = Vec::new();
        let mut strange = Vec::new();
        for entry in self.store.entries()? {
            match (entry.name.parse::<SetId>(), entry.kind) {
                (Ok(id), EntryKind::Folder) => sets.push(id),
                _ if ["copy.json", "history", "attestations"].contains(&entry.name.as_str()) => {}
                _ => strange.push(entry.name),
            }
        }
        Ok((sets, strange))
    }

    /// Reads a file below `stockade/`.
    pub fn read(&self, path: &StorePath, limit: u64) -> Result<Vec<u8>, StoreError> {
        self.store.read(path, limit)
    }

    /// Lists a folder below `stockade/`.
    pub fn list(&self, path: &StorePath) -> Result<Vec<crate::store::Entry>, StoreError> {
        self.store.list(path)
    }

    /// Keeps other processes from writing here, for as long as this copy is in use. One that does
    /// not exist yet is locked when it is made.
    pub fn lock(&self) -> Result<(), StoreError> {
        if self.exists && self.lock.get().is_none() {
            // Never set twice: nothing else can have come in between.
            let _ = self.lock.set(self.store.lock()?);
        }
        Ok(())
    }

    /// Locks it, and makes its own files where it is new.
    pub fn initialise(&mut self) -> Result<(), BackupError> {
        if !self.exists {
            let mut bytes = serde_json::to_vec_pretty(&self.description)?;
            bytes.push(b'\n');
            self.store.put_if_absent(&NewFile { path: "copy.json".parse()?, bytes })?;
            self.exists = true;
        }
        Ok(self.lock()?)
    }

    /// Publishes a set, all or nothing.
    pub fn publish(&self, set: &SetId, files: &[NewFile]) -> Result<ReadBack, BackupError> {
        Ok(self.store.publish(&set.as_str().parse()?, files)?)
    }

    /// Publishes a set in the place of a damaged one, all or nothing.
    pub(super) fn replace(&self, set: &SetId, files: &[NewFile]) -> Result<ReadBack, BackupError> {
        Ok(self.store.replace(&set.as_str().parse()?, files)?)
    }

    /// Adds one file below `stockade/`, where there is none yet.
    pub fn add(&self, path: &str, bytes: Vec<u8>) -> Result<(), BackupError> {
        Ok(self.store.put_if_absent(&NewFile { path: path.parse()?, bytes })?)
    }
}

impl Description {
    fn new(dir: &Path) -> Result<Self, BackupError> {
        let mut id = [0; 4];
        getrandom::fill(&mut id)?;
        let label = dir.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Self { copy_id: hex::encode(id), label: label.unwrap_or_default() })
    }

    fn parse(bytes: &[u8], dir: &Path) -> Result<Self, BackupError> {
        let damaged = |reason: String| BackupError::DamagedCopy {
            path: dir.join(ROOT).join("copy.json"),
            reason,
        };
        let description: Self =
            serde_json::from_slice(bytes).map_err(|e| damaged(e.to_string()))?;
        let id = description.copy_id.as_bytes();
        let strict = id.len() == 8 && id.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match strict {
            true => Ok(description),
            false => Err(damaged("copy_id is not 8 lowercase hex digits".to_owned())),
        }
    }
}

/// A copy counts once: a stick named twice, or cloned byte for byte, is no second copy.
fn distinct(copies: Vec<Copy>) -> Result<Vec<Copy>, BackupError> {
    for (i, copy) in copies.iter().enumerate() {
        let same = |other: &Copy| other.id() == copy.id() || other.dir == copy.dir;
        if copies.iter().take(i).any(same) {
            return Err(BackupError::SameCopy(copy.dir.display().to_string()));
        }
    }
    Ok(copies)
}
