//! A copy: a folder on a stick, a disk or a network share, or a prefix in a bucket, that holds sets
//! below `stockade/`.

mod description;
pub(crate) mod folders;
pub mod medium;
mod open;
pub mod read_me;

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

pub(crate) use open::real;
pub use open::{Unreachable, distinct};

use self::{
    description::{COPY_JSON, Description},
    read_me::{Contact, READ_ME},
};
use crate::backup::set::{error::BackupError, set_id::SetId, verdict::Reason};
use crate::store::{self, Entry, EntryKind, Lock, NewFile, ReadBack, Store, StoreError, StorePath};
use stockade_base::{
    parallel::{self, Split},
    timestamp::Timestamp,
};

const ROOT: &str = "stockade";

/// How many files are asked for at a time where each takes a moment to come.
const REMOTE: Split = Split { threads: 16, block: 1 };

/// A place that holds sets, or is about to.
#[derive(Debug)]
pub struct Copy {
    dir: PathBuf,
    store: Box<dyn Store>,
    is_folder: bool,
    description: Description,
    exists: bool,
    damage: Option<Reason>,
    lock: OnceLock<Lock>,
    /// The contact that the user named for it.
    contact: Option<Contact>,
}

impl Copy {
    /// The copy's id: 8 hex digits.
    pub fn id(&self) -> &str {
        &self.description.copy_id
    }

    /// The name that its owner gave it; at first the name of its folder.
    pub fn label(&self) -> &str {
        &self.description.label
    }

    /// What is wrong with copy.json. In that case the id is a substitute.
    pub fn damage(&self) -> Option<Reason> {
        self.damage
    }

    /// The folder, or the address in a bucket, for messages.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether it is in a folder of this computer: on a medium that can be full, shared with other
    /// copies, or lie about what it holds. Otherwise it is in a bucket, or in a store of one's own.
    pub fn is_folder(&self) -> bool {
        self.is_folder
    }

    /// Names whom a finder should ask. It is written next time that a set is written here.
    pub fn set_contact(&mut self, contact: Option<Contact>) {
        self.contact = contact;
    }

    /// Where something below `stockade/` is, for messages.
    pub(crate) fn path_of(&self, below: &str) -> PathBuf {
        self.dir.join(ROOT).join(below)
    }

    /// Whether the copy exists yet.
    pub fn exists(&self) -> bool {
        self.exists
    }

    /// The sets in it, by the names of their folders, which prove nothing; and the entries of
    /// `stockade/` that do not belong to a copy.
    pub fn set_ids(&self) -> Result<(Vec<SetId>, Vec<Entry>), BackupError> {
        let mut sets = Vec::new();
        let mut strange = Vec::new();
        for entry in self.store.entries()? {
            match (entry.name.parse::<SetId>(), entry.kind) {
                (Ok(id), EntryKind::Folder) => sets.push(id),
                _ if is_own(&entry.name) => {}
                _ => strange.push(entry),
            }
        }
        Ok((sets, strange))
    }

    /// Describes an entry that is neither a set nor part of a copy.
    pub fn describe_strange(&self, entry: &Entry) -> String {
        let what = match entry.kind {
            EntryKind::Unfinished if entry.name.parse::<SetId>().is_ok() => {
                "was not completely written or not completely removed: nothing in it counts"
            }
            _ => "is not part of a copy",
        };
        format!(
            "{}/stockade/{} {what}",
            stockade_base::shown(&self.dir),
            stockade_base::shown(&entry.name)
        )
    }

    /// Descriptions of the sets that were begun and never finished.
    pub fn unfinished(&self) -> Result<Vec<String>, BackupError> {
        let strange = self.set_ids()?.1.into_iter();
        let unfinished = strange.filter(|entry| entry.kind == EntryKind::Unfinished);
        Ok(unfinished.map(|entry| self.describe_strange(&entry)).collect())
    }

    /// Reads a file below `stockade/`.
    pub fn read(&self, path: &StorePath, limit: u64) -> Result<Vec<u8>, StoreError> {
        self.store.read(path, limit)
    }

    /// Like [`Copy::read`], but one piece at a time, to save memory. Returns the file's length.
    pub(crate) fn read_pieces(
        &self,
        path: &StorePath,
        limit: u64,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<u64, StoreError> {
        self.store.read_pieces(path, limit, take)
    }

    /// Applies `work`, which reads from this copy, to each item: on all cores, or as many at a time as
    /// a service is asked for. The results are in the items' order.
    pub(crate) fn map<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&T) -> R + Sync,
    ) -> Vec<R> {
        let Split { threads, block } = self.split();
        parallel::map_on(threads, block, items, &mut |_| (), work)
    }

    /// How the reading of many files is shared out.
    pub(crate) fn split(&self) -> Split {
        if self.is_remote() { REMOTE } else { Split { threads: parallel::cores(), block: 32 } }
    }

    /// Whether each file takes a moment to come, however short it is.
    pub(crate) fn is_remote(&self) -> bool {
        self.store.is_remote()
    }

    /// The length of a file below `stockade/` according to a listing, if that told.
    pub(crate) fn listed_len(&self, path: &StorePath) -> Option<u64> {
        self.store.listed_len(path)
    }

    /// From now on, listings show what others wrote until now.
    pub(crate) fn forget_listing(&self) {
        self.store.forget_listing();
    }

    /// Lists a folder below `stockade/`.
    pub fn list(&self, path: &StorePath) -> Result<Vec<Entry>, StoreError> {
        self.store.list(path)
    }

    /// Keeps other processes from writing here for as long as this copy is in use. A folder that
    /// does not exist yet is locked when it is created. A store that is no folder exists, and shows
    /// before the first approval whether it can be written to.
    pub fn lock(&self) -> Result<(), StoreError> {
        if self.exists || !self.is_folder { self.take_lock() } else { Ok(()) }
    }

    fn take_lock(&self) -> Result<(), StoreError> {
        if self.lock.get().is_some() {
            return Ok(());
        }
        // It is never set twice: no other call can come in between.
        let _ = self.lock.set(self.store.lock()?);
        if self.is_folder {
            // It stops nobody if it stays.
            let _ = store::public_file::discard_leftover(&self.dir, READ_ME);
        }
        for room in folders::BY_SET {
            match self.store.sweep_below(&room.parse()?) {
                // A folder that cannot be read or written does not stop a writer of another one.
                Err(error) if !error.is_damage() && !matches!(error, StoreError::NotFound(_)) => {
                    return Err(error);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Locks the copy and checks that it can be written to, before anybody approves something that
    /// could then not be stored.
    pub fn lock_to_write(&self) -> Result<(), BackupError> {
        self.lock()?;
        match (self.exists, self.damage) {
            (true, None) => self.require_writable(),
            (true, Some(_)) => Ok(()),
            (false, _) if !self.is_folder => Ok(()),
            (false, _) => Ok(store::require_writable(&self.dir)?),
        }
    }

    /// Locks the copy, and creates its own files if it is new.
    pub fn initialise(&mut self) -> Result<(), BackupError> {
        if self.exists {
            return Ok(self.lock()?);
        }
        self.take_lock()?;
        let bytes = self.description.to_json()?;
        self.store.put_if_absent(&NewFile { path: COPY_JSON.parse()?, bytes })?;
        self.exists = true;
        Ok(())
    }

    /// Locks the copy and makes sure that it can be written to, before something happens that must
    /// be recorded.
    pub fn require_writable(&self) -> Result<(), BackupError> {
        self.lock()?;
        let bytes = self.description.to_json()?;
        match self.damage {
            None => Ok(self.store.try_write(&NewFile { path: COPY_JSON.parse()?, bytes })?),
            Some(reason) => Err(BackupError::DamagedCopy {
                path: self.dir.join(ROOT).join(COPY_JSON),
                reason: reason.explain().to_owned(),
            }),
        }
    }

    /// Gives a copy that lost its copy.json a new one, with a new id.
    pub(crate) fn renew(&mut self) -> Result<(), BackupError> {
        if self.damage.is_some() {
            let description = Description::new(&self.dir)?;
            let bytes = description.to_json()?;
            self.store.put(&NewFile { path: COPY_JSON.parse()?, bytes })?;
            self.description = description;
            self.damage = None;
        }
        Ok(())
    }

    /// Publishes a set, all or nothing.
    pub fn publish(&self, set: &SetId, files: &[NewFile]) -> Result<ReadBack, BackupError> {
        Ok(self.store.publish(&set.as_str().parse()?, files)?)
    }

    /// Publishes a set in place of a damaged one, all or nothing.
    pub(crate) fn replace(&self, set: &SetId, files: &[NewFile]) -> Result<ReadBack, BackupError> {
        Ok(self.store.replace(&set.as_str().parse()?, files)?)
    }

    /// Makes sure that a set may be removed, before anybody approves that.
    pub(crate) fn require_removable(&self, set: &SetId) -> Result<(), BackupError> {
        Ok(self.store.require_removable(&set.as_str().parse()?)?)
    }

    /// Removes a set, all or nothing.
    pub(crate) fn remove(&self, set: &SetId) -> Result<(), BackupError> {
        Ok(self.store.remove(&set.as_str().parse()?)?)
    }

    /// Like [`Copy::add`], but an existing file stays. Returns whether the file was added.
    pub(crate) fn add_if_absent(
        &self,
        path: &StorePath,
        bytes: &[u8],
    ) -> Result<bool, BackupError> {
        let file = NewFile { path: path.clone(), bytes: bytes.to_vec() };
        match self.store.put_if_absent(&file) {
            Ok(()) => Ok(true),
            Err(StoreError::Exists(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Adds a file `<time><ending>` to `folder` below `stockade/`. If there is one of this name,
    /// the file gets the name of a later second.
    pub fn add_dated(
        &self,
        folder: &StorePath,
        mut time: Timestamp,
        ending: &str,
        bytes: &[u8],
    ) -> Result<(), BackupError> {
        // One second per existing file is enough to find a free name.
        for _ in 0..=self.list(folder)?.len() {
            let path = folder.join(&format!("{time}{ending}"))?;
            if self.add_if_absent(&path, bytes)? {
                return Ok(());
            }
            time = Timestamp::from_unix(time.unix() + 1).unwrap_or(time);
        }
        Err(StoreError::Exists(self.dir.join(ROOT).join(folder.as_str())).into())
    }

    /// Replaces a damaged file below `stockade/`.
    pub(crate) fn put_again(&self, path: &StorePath, bytes: &[u8]) -> Result<(), BackupError> {
        Ok(self.store.put(&NewFile { path: path.clone(), bytes: bytes.to_vec() })?)
    }

    /// Adds a file below `stockade/` that must not exist yet.
    pub fn add(&self, path: &str, bytes: Vec<u8>) -> Result<(), BackupError> {
        Ok(self.store.put_if_absent(&NewFile { path: path.parse()?, bytes })?)
    }
}

/// Whether a copy itself has a file or folder of this name, besides its sets.
fn is_own(name: &str) -> bool {
    [COPY_JSON, folders::RETIRED].contains(&name) || folders::BY_SET.contains(&name)
}
