//! Why a store could not be read or written, with the file or folder named.

use std::{io, path::PathBuf};

use super::publish;

/// Why a store could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such file.
    #[error("{} does not exist", crate::shown(.0))]
    NotFound(PathBuf),
    /// It is there already.
    #[error("{} exists already", crate::shown(.0))]
    Exists(PathBuf),
    /// A path that no set may contain.
    #[error("`{0}` is no path that a copy may contain")]
    BadPath(String),
    /// A link, a device or another thing that is never read.
    #[error("{} is not a regular file", crate::shown(.0))]
    NotAFile(PathBuf),
    /// A file where a folder belongs.
    #[error("{} is not a folder", crate::shown(.0))]
    NotAFolder(PathBuf),
    /// A file or a terminal where a secret must come through a pipe.
    #[error("{} is {what}: a secret comes through a pipe, and never from there", crate::shown(.path))]
    NotAPipe {
        /// Which file descriptor.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// Longer than anything that belongs there.
    #[error("{} is longer than {limit} bytes", crate::shown(.path))]
    TooLong {
        /// Which file.
        path: PathBuf,
        /// The most that is read of such a file.
        limit: u64,
    },
    /// Another process writes there.
    #[error("another stockade writes to {} now", crate::shown(.0))]
    Busy(PathBuf),
    /// What was read back is not what was written.
    #[error("{} does not hold what was written to it", crate::shown(.0))]
    ReadBack(PathBuf),
    /// Something that looks like a URL, and is no place for a copy.
    #[error("{}: {why}", crate::shown(.path))]
    Address {
        /// What was given.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A bucket that is not there.
    #[error("there is no bucket {}", crate::shown(.0))]
    NoBucket(PathBuf),
    /// Another writer was there in between.
    #[error("somebody else changed {} in this moment", crate::shown(.0))]
    Changed(PathBuf),
    /// An object store that does not let us.
    #[error("{}: the store refuses: {why}", crate::shown(.path))]
    Refused {
        /// Which object.
        path: PathBuf,
        /// What it said.
        why: String,
    },
    /// An object store that does not answer as it should.
    #[error("{}: {why}", crate::shown(.path))]
    Unreachable {
        /// Which object.
        path: PathBuf,
        /// What happened.
        why: String,
    },
    /// What the system said.
    #[error("{}: {source}", crate::shown(.path))]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl StoreError {
    /// Whether the file system, or the stick, takes no writes at all.
    pub(crate) fn is_read_only(&self) -> bool {
        let kind = |source: &io::Error| source.kind() == io::ErrorKind::ReadOnlyFilesystem;
        matches!(self, Self::Io { source, .. } if kind(source))
    }

    /// What the system said of `path`.
    pub(crate) fn io(path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = publish::target_of(&path.into());
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound(path),
            io::ErrorKind::AlreadyExists => Self::Exists(path),
            _ => Self::Io { path, source },
        }
    }
}
