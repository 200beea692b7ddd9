//! Why a store could not be read or written, with the file or folder named.

use std::{io, path::PathBuf};

use super::names;

/// Why a store could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such file.
    #[error("{} does not exist", stockade_base::shown(.0))]
    NotFound(PathBuf),
    /// It is there already.
    #[error("{} exists already", stockade_base::shown(.0))]
    Exists(PathBuf),
    /// A path that no set may contain.
    #[error("`{0}` is no path that a copy may contain")]
    BadPath(String),
    /// A link, a device or another thing that is never read.
    #[error("{} is not a regular file", stockade_base::shown(.0))]
    NotAFile(PathBuf),
    /// A file where a folder belongs.
    #[error("{} is not a folder", stockade_base::shown(.0))]
    NotAFolder(PathBuf),
    /// A file or a terminal where a secret must come through a pipe.
    #[error("{} is {what}: a secret comes through a pipe, and never from there", stockade_base::shown(.path))]
    NotAPipe {
        /// Which file descriptor.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// Longer than anything that belongs there.
    #[error("{} is longer than {limit} bytes", stockade_base::shown(.path))]
    TooLong {
        /// Which file.
        path: PathBuf,
        /// The most that is read of such a file.
        limit: u64,
    },
    /// More entries than any folder of ours has.
    #[error("{} has more than {limit} entries", stockade_base::shown(path))]
    TooMany {
        /// Which folder.
        path: PathBuf,
        /// The most that are read of a folder.
        limit: usize,
    },
    /// Folders in one another, deeper than any of ours.
    #[error("{} holds folders deeper than Stockade makes them", .0.display())]
    TooDeep(PathBuf),
    /// What looks like a leftover is another name of a file or folder that is whole.
    #[error(
        "{} and {other} beside it are one file or folder under two names: the file system is damaged",
        stockade_base::shown(path)
    )]
    TwoNames {
        /// The file or folder.
        path: PathBuf,
        /// Its other name.
        other: String,
    },
    /// Another process writes there.
    #[error("another stockade writes to {} now", stockade_base::shown(.0))]
    Busy(PathBuf),
    /// Another process holds the lock of a bucket, or one that was killed does.
    #[error(
        "another stockade writes to {} now: {lock} is held since {since}, until {until} at the latest",
        stockade_base::shown(path)
    )]
    Leased {
        /// The copy.
        path: PathBuf,
        /// The object that is the lock.
        lock: String,
        /// When its holder said last that it still writes.
        since: String,
        /// When it counts no more.
        until: String,
    },
    /// A service that overwrites what it was told not to.
    #[error(
        "{}: this service does not honour conditional writes, so two writers could make the same key",
        stockade_base::shown(.0)
    )]
    NoConditions(PathBuf),
    /// What was read back is not what was written.
    #[error("{} does not hold what was written to it", stockade_base::shown(.0))]
    ReadBack(PathBuf),
    /// Something that looks like a URL, and is no place for a copy.
    #[error("{}: {why}", stockade_base::shown(.path))]
    Address {
        /// What was given.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A bucket that is not there.
    #[error("there is no bucket {}", stockade_base::shown(.0))]
    NoBucket(PathBuf),
    /// Another writer was there in between.
    #[error("somebody else changed {} in this moment", stockade_base::shown(.0))]
    Changed(PathBuf),
    /// An object store that does not let us.
    #[error("{}: the store refuses: {why}", stockade_base::shown(.path))]
    Refused {
        /// Which object.
        path: PathBuf,
        /// What it said.
        why: String,
    },
    /// A server that nobody here trusts.
    #[error("{}: the server is not trusted: {why}", stockade_base::shown(.path))]
    Untrusted {
        /// Which object.
        path: PathBuf,
        /// What TLS said.
        why: String,
    },
    /// An object store that does not answer as it should.
    #[error("{}: {why}", stockade_base::shown(.path))]
    Unreachable {
        /// Which object.
        path: PathBuf,
        /// What happened.
        why: String,
    },
    /// Somebody ended it.
    #[error("interrupted: what was written of {} was removed", .0.display())]
    Interrupted(PathBuf),
    /// What the system said.
    #[error("{}: {source}", stockade_base::shown(.path))]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl StoreError {
    /// Whether it says that what is there cannot be read, and not that the place cannot be reached.
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

    /// Whether it says that a bucket cannot be reached, or does not let us in: nothing about what is there.
    pub(crate) fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Refused { .. }
                | Self::Untrusted { .. }
                | Self::NoBucket(_)
        )
    }

    /// Whether the file system, or the stick, takes no writes at all.
    pub(crate) fn is_read_only(&self) -> bool {
        let kind = |source: &io::Error| source.kind() == io::ErrorKind::ReadOnlyFilesystem;
        matches!(self, Self::Io { source, .. } if kind(source))
    }

    /// What the system said of `path`.
    pub fn io(path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = names::target_of(&path.into());
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound(path),
            io::ErrorKind::AlreadyExists => Self::Exists(path),
            _ => Self::Io { path, source },
        }
    }
}
