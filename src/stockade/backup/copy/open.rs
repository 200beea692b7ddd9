//! Opens copies: in folders, in buckets, and in stores of one's own.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use super::{
    Copy, ROOT,
    description::{COPY_JSON, Description},
};
use crate::backup::set::{error::BackupError, verdict::Reason};
use crate::store::{self, BucketAddress, Store, StoreError};

const MAX_COPY_JSON: u64 = 4096;

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

impl Copy {
    /// Opens the copy in `dir`, which must exist, for reading. The sets can be read even if
    /// copy.json is damaged.
    pub fn open(dir: &Path) -> Result<Self, BackupError> {
        Self::at(dir)?.existing(dir)
    }

    /// Opens the copy in `dir`, which may be new, for writing. A copy that lost its copy.json is
    /// refused: if it were taken for empty, its keys would be derived again.
    pub fn prepare(dir: &Path) -> Result<Self, BackupError> {
        Self::at(dir)?.intact(dir)
    }

    /// Like [`Copy::open`], for a copy in a store of one's own, whose root is the `stockade/` of the
    /// copy. Messages call it `name`, and its id is derived from that if its copy.json is damaged.
    pub fn open_over(store: Box<dyn Store>, name: &Path) -> Result<Self, BackupError> {
        Self::read_description(name, store, false)?.existing(name)
    }

    /// Like [`Copy::prepare`], for a copy in a store of one's own; see [`Copy::open_over`].
    pub fn prepare_over(store: Box<dyn Store>, name: &Path) -> Result<Self, BackupError> {
        Self::read_description(name, store, false)?.intact(name)
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

    fn at(dir: &Path) -> Result<Self, BackupError> {
        let dir = copy_of(dir);
        let is_folder = BucketAddress::of(dir).is_none();
        Self::read_description(dir, store::open(dir, ROOT)?, is_folder)
    }

    fn existing(self, named: &Path) -> Result<Self, BackupError> {
        if self.exists { Ok(self) } else { Err(BackupError::NoCopy(named.to_owned())) }
    }

    fn intact(self, named: &Path) -> Result<Self, BackupError> {
        match self.damage {
            None => Ok(self),
            Some(reason) => Err(BackupError::DamagedCopy {
                path: named.join(ROOT).join(COPY_JSON),
                reason: reason.explain().to_owned(),
            }),
        }
    }

    fn read_description(
        dir: &Path,
        store: Box<dyn Store>,
        is_folder: bool,
    ) -> Result<Self, BackupError> {
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
        let (exists, contact) = (!empty, None);
        Ok(Self { dir, store, is_folder, description, exists, damage, lock, contact })
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
