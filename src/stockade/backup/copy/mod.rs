//! A copy: a folder on a stick, a disk or a network share, or a prefix in a bucket, that holds sets
//! below `stockade/`.

pub(crate) mod folders;
pub mod medium;

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use serde::{Deserialize, Serialize};

use crate::backup::set::{digest::Digest, error::BackupError, set_id::SetId, verdict::Reason};
use crate::store::{
    self, BucketAddress, Entry, EntryKind, Lock, NewFile, ReadBack, Store, StoreError, StorePath,
};
use stockade_base::timestamp::Timestamp;

const ROOT: &str = "stockade";
const COPY_JSON: &str = "copy.json";
const MAX_COPY_JSON: u64 = 4096;

/// A place that holds sets, or is about to.
#[derive(Debug)]
pub struct Copy {
    dir: PathBuf,
    store: Box<dyn Store>,
    description: Description,
    exists: bool,
    damage: Option<Reason>,
    lock: OnceLock<Lock>,
}

/// A named copy that could not be reached.
#[derive(Debug)]
#[non_exhaustive]
pub struct Unreachable {
    /// The address that the user gave.
    pub dir: PathBuf,
    /// An id derived from the address, in place of the copy's own.
    pub id: String,
    /// Why it could not be reached.
    pub error: StoreError,
}

/// The content of copy.json.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Description {
    copy_id: String,
    label: String,
}

impl Copy {
    /// Opens the copy in `dir`, which must exist, for reading. The sets can be read even if
    /// copy.json is damaged.
    pub fn open(dir: &Path) -> Result<Self, BackupError> {
        let copy = Self::read_description(dir)?;
        if copy.exists { Ok(copy) } else { Err(BackupError::NoCopy(dir.to_owned())) }
    }

    /// Opens the copy in `dir`, which may be new, for writing. A copy that lost its copy.json is
    /// refused: if it were taken for empty, its keys would be derived again.
    pub fn prepare(dir: &Path) -> Result<Self, BackupError> {
        let copy = Self::read_description(dir)?;
        match copy.damage {
            None => Ok(copy),
            Some(reason) => Err(BackupError::DamagedCopy {
                path: dir.join(ROOT).join("copy.json"),
                reason: reason.explain().to_owned(),
            }),
        }
    }

    /// Opens several copies, which must all be different.
    pub fn open_all(dirs: &[PathBuf]) -> Result<Vec<Self>, BackupError> {
        distinct(dirs.iter().map(|dir| Self::open(dir)).collect::<Result<_, _>>()?)
    }

    /// Like [`Copy::open_all`], for commands that only read: copies that cannot be reached are
    /// listed. It is an error if no copy can be reached.
    pub fn open_reachable(dirs: &[PathBuf]) -> Result<(Vec<Self>, Vec<Unreachable>), BackupError> {
        let (mut copies, mut unreachable) = (Vec::new(), Vec::new());
        for dir in dirs {
            match Self::open(dir) {
                Ok(copy) => copies.push(copy),
                Err(BackupError::Store(error)) if error.is_unreachable() => {
                    let id = Description::stand_in(dir).copy_id;
                    unreachable.push(Unreachable { dir: dir.clone(), id, error });
                }
                Err(error) => return Err(error),
            }
        }
        if !copies.is_empty() {
            return Ok((distinct(copies)?, unreachable));
        }
        match unreachable.into_iter().next() {
            Some(first) => Err(first.error.into()),
            None => Ok((copies, Vec::new())),
        }
    }

    /// Like [`Copy::open`]. The copy must not be one of those opened before.
    pub fn open_another<'a>(
        dir: &Path,
        opened: &'a mut Vec<Self>,
    ) -> Result<&'a Self, BackupError> {
        require_another(opened, Self::open(dir)?)
    }

    /// Like [`Copy::open_all`], for folders that may be new. They are created at the first write.
    pub fn prepare_all(dirs: &[PathBuf]) -> Result<Vec<Self>, BackupError> {
        distinct(dirs.iter().map(|dir| Self::prepare(dir)).collect::<Result<_, _>>()?)
    }

    fn read_description(dir: &Path) -> Result<Self, BackupError> {
        let dir = copy_of(dir);
        let store = store::open(dir, ROOT)?;
        let read = store.read(&COPY_JSON.parse()?, MAX_COPY_JSON);
        // What a process left that was killed during its first write does not count.
        let empty = store.entries()?.iter().all(|entry| entry.name == ".copy.json.partial");
        let (description, damage) = match read {
            Ok(bytes) => match Description::parse(&bytes) {
                Some(description) => (description, None),
                None => (Description::stand_in(dir), Some(Reason::Malformed)),
            },
            Err(StoreError::NotFound(_)) if empty => (Description::new(dir)?, None),
            Err(StoreError::NotFound(_)) => (Description::stand_in(dir), Some(Reason::Missing)),
            Err(StoreError::NotAFile(_) | StoreError::TooLong { .. }) => {
                (Description::stand_in(dir), Some(Reason::Malformed))
            }
            // A bad sector under copy.json does not affect the sets.
            Err(StoreError::Io { .. }) => (Description::stand_in(dir), Some(Reason::Unreadable)),
            Err(error) => return Err(error.into()),
        };
        let (dir, lock) = (dir.to_owned(), OnceLock::new());
        Ok(Self { dir, store, description, exists: !empty, damage, lock })
    }

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

    /// Lists a folder below `stockade/`.
    pub fn list(&self, path: &StorePath) -> Result<Vec<Entry>, StoreError> {
        self.store.list(path)
    }

    /// Keeps other processes from writing here for as long as this copy is in use. A folder that
    /// does not exist yet is locked when it is created. A bucket exists, and shows before the first
    /// approval whether it can be written to.
    pub fn lock(&self) -> Result<(), StoreError> {
        let there = self.exists || BucketAddress::of(&self.dir).is_some();
        if there { self.take_lock() } else { Ok(()) }
    }

    fn take_lock(&self) -> Result<(), StoreError> {
        if self.lock.get().is_some() {
            return Ok(());
        }
        // It is never set twice: no other call can come in between.
        let _ = self.lock.set(self.store.lock()?);
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
            (false, _) if BucketAddress::of(&self.dir).is_some() => Ok(()),
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

impl Description {
    fn new(dir: &Path) -> Result<Self, BackupError> {
        let mut id = [0; 4];
        stockade_base::secret::fill_random(&mut id)?;
        let label = dir.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Self { copy_id: hex::encode(id), label: label.unwrap_or_default() })
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let description: Self = serde_json::from_slice(bytes).ok()?;
        let id = description.copy_id.as_bytes();
        let strict = id.len() == 8 && id.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        strict.then_some(description)
    }

    /// A substitute for a copy.json that cannot be read. The id depends on the folder's name only.
    fn stand_in(dir: &Path) -> Self {
        let digest = Digest::of(dir.as_os_str().as_encoded_bytes()).to_string();
        Self { copy_id: digest.chars().take(8).collect(), label: String::new() }
    }

    fn to_json(&self) -> Result<Vec<u8>, BackupError> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// The copy that the user means: the folder `stockade` in a copy stands for that copy.
fn copy_of(dir: &Path) -> &Path {
    let is_within = dir.file_name().is_some_and(|name| name == ROOT)
        && BucketAddress::of(dir).is_none()
        && dir.join(COPY_JSON).is_file()
        && !dir.join(ROOT).exists();
    match dir.parent().filter(|_| is_within) {
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        Some(above) => above,
        None => dir,
    }
}

/// Makes sure that each copy counts once: a stick that is named twice, or cloned byte for byte, is
/// not a second copy.
pub fn distinct(copies: Vec<Copy>) -> Result<Vec<Copy>, BackupError> {
    let mut distinct = Vec::with_capacity(copies.len());
    for copy in copies {
        require_another(&mut distinct, copy)?;
    }
    Ok(distinct)
}

fn require_another(copies: &mut Vec<Copy>, copy: Copy) -> Result<&Copy, BackupError> {
    let same = |other: &Copy| other.id() == copy.id() || real(&other.dir) == real(&copy.dir);
    if copies.iter().any(same) {
        return Err(BackupError::SameCopy(stockade_base::shown(&copy.dir).to_string()));
    }
    let name = stockade_base::shown(&copy.dir).to_string();
    copies.push(copy);
    copies.last().ok_or(BackupError::NoSet(name))
}

/// The path without links of a place that may not exist yet.
pub(crate) fn real(dir: &Path) -> PathBuf {
    if let Some(Ok(address)) = BucketAddress::of(dir) {
        return address.to_string().into();
    }
    let found = dir.ancestors().find_map(|ancestor| {
        let ancestor = if ancestor == Path::new("") { Path::new(".") } else { ancestor };
        Some((ancestor, ancestor.canonicalize().ok()?))
    });
    let Some((ancestor, real)) = found else { return dir.to_owned() };
    real.join(dir.strip_prefix(ancestor).unwrap_or(dir))
}
