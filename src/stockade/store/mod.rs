//! Where copies are stored: in folders, and in buckets of object stores. The only module that
//! writes files.

#![allow(clippy::disallowed_methods, reason = "what they do to files is seen to here")]

mod address;
#[cfg(feature = "aws-answers")]
mod aws_http;
mod direct;
mod directory;
mod error;
mod failpoint;
mod file_system;
#[cfg_attr(not(unix), path = "folder_by_path.rs")]
mod folder;
mod fs_ops;
#[cfg(test)]
mod interrupted;
pub mod lines_file;
#[cfg(test)]
mod medium;
pub mod mounts;
mod names;
mod notices;
#[cfg(feature = "buckets")]
mod object;
mod open;
mod path;
#[cfg(unix)]
mod pipe;
pub mod private_file;
pub mod public_file;
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

/// A file to be written. It may contain a password, so it is wiped when dropped, and `Debug` omits
/// it.
#[derive(Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Its path below the store's root, or below the folder that is published.
    pub path: StorePath,
    /// Its content.
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

/// The most entries that are read of one folder: three times those of a set of 65,000 keys.
const MAX_ENTRIES: usize = 200_000;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// In the root of a bucket, a folder with none of the files that complete a set. If it should
    /// be a set, it was not completely written or not completely removed.
    Unfinished,
    /// A link, a socket or a device: never followed, never read.
    Other,
}

/// How written data was read back.
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
    /// The entries of the root, sorted by name. A folder whose replacement was interrupted is one
    /// of them.
    fn entries(&self) -> Result<Vec<Entry>, StoreError>;

    /// The entries of the folder `path`, sorted by name; none if there is no such folder.
    fn list(&self, path: &StorePath) -> Result<Vec<Entry>, StoreError>;

    /// The next question about names asks the store itself, and not what it listed before.
    fn forget_listing(&self) {}

    /// The length of the file at `path` according to a listing, if that told. The file may have
    /// another one.
    fn listed_len(&self, _path: &StorePath) -> Option<u64> {
        None
    }

    /// Whether each file takes a moment to come, however short it is.
    fn is_remote(&self) -> bool {
        false
    }

    /// The file at `path`. Fails if it is longer than `limit` bytes.
    fn read(&self, path: &StorePath, limit: u64) -> Result<Vec<u8>, StoreError>;

    /// Like [`Store::read`], but one piece at a time, whatever the length, and from the medium if
    /// the system can. Returns the file's length.
    fn read_pieces(
        &self,
        path: &StorePath,
        limit: u64,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<u64, StoreError>;

    /// Writes one file that must not exist yet.
    fn put_if_absent(&self, file: &NewFile) -> Result<(), StoreError>;

    /// Writes one file, replacing an existing one. At any time there is either the old or the new
    /// file.
    fn put(&self, file: &NewFile) -> Result<(), StoreError>;

    /// Makes sure that `file` could be written. Afterwards the file is as before, or as given.
    fn try_write(&self, file: &NewFile) -> Result<(), StoreError> {
        self.put(file)
    }

    /// Writes `files` as the new folder `path`, all or nothing: after a crash there is either no
    /// such folder or the complete one. Reads everything back before the folder appears.
    fn publish(&self, path: &StorePath, files: &[NewFile]) -> Result<ReadBack, StoreError>;

    /// Like [`Store::publish`], but replaces an existing folder. At any time there is either the
    /// old or the new folder.
    fn replace(&self, path: &StorePath, files: &[NewFile]) -> Result<ReadBack, StoreError>;

    /// Removes the folder `path` and its content: after a crash there is either the complete folder
    /// or none.
    fn remove(&self, path: &StorePath) -> Result<(), StoreError>;

    /// Makes sure that the folder `path` may be removed, as far as that can be known in advance.
    fn require_removable(&self, _path: &StorePath) -> Result<(), StoreError> {
        Ok(())
    }

    /// Removes what killed processes left in the folders below `room`. Only while the lock is held.
    fn sweep_below(&self, _room: &StorePath) -> Result<(), StoreError> {
        Ok(())
    }

    /// Keeps other processes from writing until the lock is dropped, and removes what killed ones
    /// left.
    fn lock(&self) -> Result<Lock, StoreError>;
}

/// The lock on a store while it is written to. Released when dropped.
#[derive(Debug)]
pub struct Lock {
    _held: Box<dyn fmt::Debug + Send + Sync>,
}

impl Lock {
    /// A lock that lasts until `held` is dropped.
    pub fn holding(held: impl fmt::Debug + Send + Sync + 'static) -> Self {
        Self { _held: Box::new(held) }
    }
}
