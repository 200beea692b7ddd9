//! Why a store could not be read or written. Each error names the file or folder.

use std::{io, path::PathBuf};

use super::names;

/// Why a store could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file does not exist.
    #[error("{} does not exist", stockade_base::shown(.0))]
    NotFound(PathBuf),
    /// The file or folder exists already.
    #[error("{} already exists", stockade_base::shown(.0))]
    Exists(PathBuf),
    /// A path that a copy cannot contain.
    #[error("`{0}` is not a valid path in a copy")]
    BadPath(String),
    /// A link, a device or something else that is never read.
    #[error("{} is not a regular file", stockade_base::shown(.0))]
    NotAFile(PathBuf),
    /// A file where a folder is expected.
    #[error("{} is not a folder", stockade_base::shown(.0))]
    NotAFolder(PathBuf),
    /// A file or a terminal where a secret must come through a pipe.
    #[error("{} is {what}: a secret must come through a pipe", stockade_base::shown(.path))]
    NotAPipe {
        /// The file descriptor.
        path: PathBuf,
        /// What it is instead of a pipe.
        what: &'static str,
    },
    /// The file is longer than any valid one.
    #[error("{} is longer than {limit} bytes", stockade_base::shown(.path))]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The longest that is read of such a file.
        limit: u64,
    },
    /// The folder has more entries than any valid one.
    #[error("{} has more than {limit} entries", stockade_base::shown(path))]
    TooMany {
        /// The folder.
        path: PathBuf,
        /// The most entries that are read of a folder.
        limit: usize,
    },
    /// Folders are nested deeper than Stockade creates them.
    #[error("{} contains folders that are nested deeper than Stockade creates them", .0.display())]
    TooDeep(PathBuf),
    /// What looks like a leftover is another name of an intact file or folder.
    #[error(
        "{} and {other} in the same folder are two names of one file or folder: the file system is damaged",
        stockade_base::shown(path)
    )]
    TwoNames {
        /// The file or folder.
        path: PathBuf,
        /// Its other name.
        other: String,
    },
    /// Another process is writing there.
    #[error("another stockade process is writing to {}", stockade_base::shown(.0))]
    Busy(PathBuf),
    /// Another process holds the lock of a bucket, or was killed while it did.
    #[error(
        "another stockade process is writing to {}: {lock} has been held since {since} and expires {until} at the latest",
        stockade_base::shown(path)
    )]
    Leased {
        /// The copy.
        path: PathBuf,
        /// The object that is the lock.
        lock: String,
        /// When its holder last renewed it.
        since: String,
        /// When it expires.
        until: String,
    },
    /// A service that overwrites an object although it was told not to.
    #[error(
        "{}: this service ignores conditional writes, so two writers could create the same key",
        stockade_base::shown(.0)
    )]
    NoConditions(PathBuf),
    /// What was read back differs from what was written.
    #[error("{} does not contain what was written to it", stockade_base::shown(.0))]
    ReadBack(PathBuf),
    /// An address that looks like a URL but is not a place for a copy.
    #[error("{}: {why}", stockade_base::shown(.path))]
    Address {
        /// The address.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A bucket that does not exist.
    #[error("the bucket {} does not exist", stockade_base::shown(.0))]
    NoBucket(PathBuf),
    /// Another process wrote at the same time.
    #[error("another process changed {} at the same time", stockade_base::shown(.0))]
    Changed(PathBuf),
    /// An object store refuses access.
    #[error("{}: the store refuses access: {why}", stockade_base::shown(.path))]
    Refused {
        /// The object.
        path: PathBuf,
        /// The service's answer.
        why: String,
    },
    /// The server's certificate is not trusted.
    #[error("{}: the server is not trusted: {why}", stockade_base::shown(.path))]
    Untrusted {
        /// The object.
        path: PathBuf,
        /// The TLS error.
        why: String,
    },
    /// An object store does not answer as it should.
    #[error("{}: {why}", stockade_base::shown(.path))]
    Unreachable {
        /// The object.
        path: PathBuf,
        /// What happened.
        why: String,
    },
    /// The user cancelled the write.
    #[error("cancelled: what was written of {} was removed", .0.display())]
    Interrupted(PathBuf),
    /// An error of the system.
    #[error("{}: {source}", stockade_base::shown(.path))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

impl StoreError {
    /// Whether the error says that the data cannot be read, rather than that the place cannot be
    /// reached.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Io { .. }
                | Self::NotAFile(_)
                | Self::NotAFolder(_)
                | Self::TooLong { .. }
                | Self::TooMany { .. }
                | Self::TooDeep(_)
        )
    }

    /// Whether the error says that a bucket cannot be reached or accessed, which says nothing about
    /// its content.
    pub(crate) fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Refused { .. }
                | Self::Untrusted { .. }
                | Self::NoBucket(_)
        )
    }

    /// Whether the file system or stick is read-only.
    pub(crate) fn is_read_only(&self) -> bool {
        let kind = |source: &io::Error| source.kind() == io::ErrorKind::ReadOnlyFilesystem;
        matches!(self, Self::Io { source, .. } if kind(source))
    }

    /// An error of the system about `path`.
    pub fn io(path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = names::target_of(&path.into());
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound(path),
            io::ErrorKind::AlreadyExists => Self::Exists(path),
            _ => Self::Io { path, source },
        }
    }
}
