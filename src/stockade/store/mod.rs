//! Where copies lie: in folders, and in buckets of object stores. The only module that writes files.

#![allow(clippy::disallowed_methods, reason = "what they do to files is seen to here")]

mod address;
#[cfg(feature = "aws-answers")]
mod aws_http;
mod calls;
mod direct;
mod directory;
mod error;
mod failpoint;
mod file_system;
#[cfg_attr(not(unix), path = "folder_by_path.rs")]
mod folder;
#[cfg(test)]
mod interrupted;
#[cfg(test)]
mod medium;
pub mod mounts;
mod names;
mod notices;
#[cfg(feature = "buckets")]
mod object;
mod open;
mod path;
pub mod private_file;
mod publish;
mod room;
mod sweep;

use std::fmt;

use zeroize::Zeroize as _;

pub use address::{BucketAddress, is_place, require_folder};
#[cfg(feature = "aws-answers")]
pub use aws_http::{AnswerTooLong, bounded_client};
pub use directory::Directory;
pub use error::StoreError;
pub use file_system::{file_system_id, keeps_modes, require_writable};
pub use notices::{Notices, notices};
pub use open::open;
pub use path::StorePath;
pub use publish::{leftover_of, publish_folder, stop_writing_when};
pub use room::{Needed, require_room, require_room_for_file};

/// A file that is to be written. It may hold a password: it is wiped when dropped, and not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Where, below the store's root or below the folder that is published.
    pub path: StorePath,
    /// What.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for NewFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewFile({}, {} bytes)", self.path, self.bytes.len())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

/// An entry of a listed folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name in the folder.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// The most entries that are read of one folder: a set of 65,000 keys has a third of that.
const MAX_ENTRIES: usize = 200_000;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// In the root of a bucket, a folder with none of the files that close a set. If it should be one,
    /// it was begun and never finished, or is half removed.
    Unfinished,
    /// A link, a socket, a device: never followed, never read.
    Other,
}

/// How what was written was read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReadBack {
    /// Past the page cache: the medium itself holds it.
    Device,
    /// The system may have answered from memory.
    CachePossible,
}

impl ReadBack {
    /// The word for it in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::CachePossible => "cache_possible",
        }
    }
}

/// A place that holds files by path, each written once.
pub trait Store: fmt::Debug + Send + Sync {
    /// The entries of the root, sorted by name. A folder whose replacement was interrupted is one of
    /// them.
    fn entries(&self) -> Result<Vec<Entry>, StoreError>;

    /// The entries of the folder `path`, sorted by name; none where there is no such folder.
    fn list(&self, path: &StorePath) -> Result<Vec<Entry>, StoreError>;

    /// The file at `path`, refused when it is longer than `limit` bytes.
    fn read(&self, path: &StorePath, limit: u64) -> Result<Vec<u8>, StoreError>;

    /// As [`Store::read`], a piece after the other, however long it is, and from the medium where the
    /// system can. Says how long it was.
    fn read_pieces(
        &self,
        path: &StorePath,
        limit: u64,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<u64, StoreError>;

    /// Writes one file where none is yet.
    fn put_if_absent(&self, file: &NewFile) -> Result<(), StoreError>;

    /// Writes one file, in the place of another where there is one: always the old or the new.
    fn put(&self, file: &NewFile) -> Result<(), StoreError>;

    /// Makes sure that `file` could be put: it is there afterwards as it was before, or as given.
    fn try_write(&self, file: &NewFile) -> Result<(), StoreError> {
        self.put(file)
    }

    /// Writes `files` as the new folder `path`, all or nothing: after a crash at any moment there
    /// is either no such folder or the whole of it. Reads everything back before it appears.
    fn publish(&self, path: &StorePath, files: &[NewFile]) -> Result<ReadBack, StoreError>;

    /// As [`Store::publish`], in the place of a folder that is there already: there is always the
    /// old one or the new one.
    fn replace(&self, path: &StorePath, files: &[NewFile]) -> Result<ReadBack, StoreError>;

    /// Removes the folder `path` and all in it: after a crash at any moment it is there whole, or
    /// there is no such folder.
    fn remove(&self, path: &StorePath) -> Result<(), StoreError>;

    /// Makes sure that the folder `path` may be removed, as far as that shows beforehand.
    fn require_removable(&self, _path: &StorePath) -> Result<(), StoreError> {
        Ok(())
    }

    /// Clears away what a killed process left in the folders below `room`; only while the lock is held.
    fn sweep_below(&self, _room: &StorePath) -> Result<(), StoreError> {
        Ok(())
    }

    /// Keeps other processes from writing here until the lock is dropped, and clears away what a
    /// killed one left.
    fn lock(&self) -> Result<Lock, StoreError>;
}

/// Held while a store is written to; given up when it is dropped.
#[derive(Debug)]
pub struct Lock {
    _held: Box<dyn fmt::Debug + Send + Sync>,
}

impl Lock {
    /// A lock that is held as long as `held` is not dropped.
    pub fn holding(held: impl fmt::Debug + Send + Sync + 'static) -> Self {
        Self { _held: Box::new(held) }
    }
}
