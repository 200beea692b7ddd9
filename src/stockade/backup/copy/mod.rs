//! A copy: a folder on a stick, a disk or a share, or a prefix in a bucket, that holds sets below
//! `stockade/`.

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

/// A folder that holds sets, or is going to.
#[derive(Debug)]
pub struct Copy {
    dir: PathBuf,
    store: Box<dyn Store>,
    description: Description,
    exists: bool,
    damage: Option<Reason>,
    lock: OnceLock<Lock>,
}

/// A copy that was named and could not be reached.
#[derive(Debug)]
pub struct Unreachable {
    /// The address that was named.
    pub dir: PathBuf,
    /// An id that stands in for its own.
    pub id: String,
    /// Why.
    pub error: StoreError,
}

/// copy.json.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Description {
    copy_id: String,
    label: String,
}

impl Copy {
    /// The copy in the folder `dir`, which must hold one, to be read. A damaged copy.json keeps
    /// nobody from the sets beside it.
    pub fn open(dir: &Path) -> Result<Self, BackupError> {
        let copy = Self::read_description(dir)?;
        match copy.exists {
            true => Ok(copy),
            false => Err(BackupError::NoCopy(dir.to_owned())),
        }
    }

    /// The copy in the folder `dir`, which may be new, to be written to. One that lost its copy.json
    /// is no new one: taken for empty, its keys would be made again.
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

    /// The copies in several folders, each another.
    pub fn open_all(dirs: &[PathBuf]) -> Result<Vec<Self>, BackupError> {
        distinct(dirs.iter().map(|dir| Self::open(dir)).collect::<Result<_, _>>()?)
    }

    /// As [`Copy::open_all`], for commands that only read: a copy that cannot be reached does not keep
    /// anybody from the others. Where none can, that is the error.
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

    /// As [`Copy::open`], beside copies that were opened before: it must be another.
    pub fn open_another<'a>(
        dir: &Path,
        opened: &'a mut Vec<Self>,
    ) -> Result<&'a Self, BackupError> {
        require_another(opened, Self::open(dir)?)
    }

    /// As [`Copy::open_all`], for folders that may be new: those are made at the first write.
    pub fn prepare_all(dirs: &[PathBuf]) -> Result<Vec<Self>, BackupError> {
        distinct(dirs.iter().map(|dir| Self::prepare(dir)).collect::<Result<_, _>>()?)
    }

    fn read_description(dir: &Path) -> Result<Self, BackupError> {
        let dir = copy_of(dir);
        let store = store::open(dir, ROOT)?;
        let read = store.read(&COPY_JSON.parse()?, MAX_COPY_JSON);
        // What a process that was killed at its first write left is still nothing.
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
            // A bad sector under it takes none of the sets.
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

    /// What its owner calls it; at first its folder's name.
    pub fn label(&self) -> &str {
        &self.description.label
    }

    /// What is wrong with copy.json; its id is a stand-in then.
    pub fn damage(&self) -> Option<Reason> {
        self.damage
    }

    /// The folder, or the address in a bucket, for messages.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether it holds anything yet.
    pub fn exists(&self) -> bool {
        self.exists
    }

    /// The sets in it by their folders' names, which are no evidence; and what lies in `stockade/`
    /// and is none of a copy's.
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

    /// What is said of an entry that is not a set and not a part of a copy.
    pub fn describe_strange(&self, entry: &Entry) -> String {
        let what = match entry.kind {
            EntryKind::Unfinished if entry.name.parse::<SetId>().is_ok() => {
                "was begun and never finished, or is half removed: nothing in it counts"
            }
            _ => "is no part of a copy",
        };
        format!(
            "{}/stockade/{} {what}",
            stockade_base::shown(&self.dir),
            stockade_base::shown(&entry.name)
        )
    }

    /// The sets in it that were begun and never finished, in words.
    pub fn unfinished(&self) -> Result<Vec<String>, BackupError> {
        let strange = self.set_ids()?.1.into_iter();
        let unfinished = strange.filter(|entry| entry.kind == EntryKind::Unfinished);
        Ok(unfinished.map(|entry| self.describe_strange(&entry)).collect())
    }

    /// Reads a file below `stockade/`.
    pub fn read(&self, path: &StorePath, limit: u64) -> Result<Vec<u8>, StoreError> {
        self.store.read(path, limit)
    }

    /// As [`Copy::read`], piece by piece: so much is in memory at a time. Says how long it was.
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

    /// Keeps other processes from writing here, for as long as this copy is in use. A folder that does
    /// not exist yet is locked when it is made; a bucket is there, and shows before anybody presses
    /// a button whether it takes writes.
    pub fn lock(&self) -> Result<(), StoreError> {
        let there = self.exists || BucketAddress::of(&self.dir).is_some();
        if there { self.take_lock() } else { Ok(()) }
    }

    fn take_lock(&self) -> Result<(), StoreError> {
        if self.lock.get().is_some() {
            return Ok(());
        }
        // Never set twice: nothing else can have come in between.
        let _ = self.lock.set(self.store.lock()?);
        for room in folders::BY_SET {
            match self.store.sweep_below(&room.parse()?) {
                // A room that cannot be read, or written to, stops no writer of another.
                Err(error) if !error.is_damage() && !matches!(error, StoreError::NotFound(_)) => {
                    return Err(error);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Locks it, and finds out whether it takes writes: before anybody presses a button for what could
    /// not be kept.
    pub fn lock_to_write(&self) -> Result<(), BackupError> {
        self.lock()?;
        match (self.exists, self.damage) {
            (true, None) => self.require_writable(),
            (true, Some(_)) => Ok(()),
            (false, _) if BucketAddress::of(&self.dir).is_some() => Ok(()),
            (false, _) => Ok(store::require_writable(&self.dir)?),
        }
    }

    /// Locks it, and makes its own files where it is new.
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

    /// Locks it, and makes sure that it takes writes: before something happens that must be kept.
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

    /// Gives a copy that lost its copy.json a new one, and with it a new id.
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

    /// Publishes a set in the place of a damaged one, all or nothing.
    pub(crate) fn replace(&self, set: &SetId, files: &[NewFile]) -> Result<ReadBack, BackupError> {
        Ok(self.store.replace(&set.as_str().parse()?, files)?)
    }

    /// Makes sure that a set may be removed, before somebody presses a button for it.
    pub(crate) fn require_removable(&self, set: &SetId) -> Result<(), BackupError> {
        Ok(self.store.require_removable(&set.as_str().parse()?)?)
    }

    /// Removes a set, all or nothing.
    pub(crate) fn remove(&self, set: &SetId) -> Result<(), BackupError> {
        Ok(self.store.remove(&set.as_str().parse()?)?)
    }

    /// As [`Copy::add`]; a file that is there already stays. Says whether it was added.
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

    /// Adds a file `<time><ending>` to `folder` below `stockade/`; where two of one second meet, with
    /// the name of a second later.
    pub fn add_dated(
        &self,
        folder: &StorePath,
        mut time: Timestamp,
        ending: &str,
        bytes: &[u8],
    ) -> Result<(), BackupError> {
        // A second for each that lies there is enough to find one that is free.
        for _ in 0..=self.list(folder)?.len() {
            let path = folder.join(&format!("{time}{ending}"))?;
            if self.add_if_absent(&path, bytes)? {
                return Ok(());
            }
            time = Timestamp::from_unix(time.unix() + 1).unwrap_or(time);
        }
        Err(StoreError::Exists(self.dir.join(ROOT).join(folder.as_str())).into())
    }

    /// Puts one file below `stockade/` in the place of one of the same name that rotted.
    pub(crate) fn put_again(&self, path: &StorePath, bytes: &[u8]) -> Result<(), BackupError> {
        Ok(self.store.put(&NewFile { path: path.clone(), bytes: bytes.to_vec() })?)
    }

    /// Adds one file below `stockade/`, where there is none yet.
    pub fn add(&self, path: &str, bytes: Vec<u8>) -> Result<(), BackupError> {
        Ok(self.store.put_if_absent(&NewFile { path: path.parse()?, bytes })?)
    }
}

/// Whether a copy itself has a file or folder of this name beside its sets.
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

    /// For a copy whose own cannot be read: an id that lasts as long as its folder's name.
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

/// The copy that is meant: somebody who names the folder `stockade` in one means that copy.
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

/// A copy counts once: a stick named twice, or cloned byte for byte, is no second copy.
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

/// A place that may be new, however it is spelled and whatever links lead to it.
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
