//! Notices about the stores that a command used, whatever the command does. They are kept for the
//! whole process, because the library prints nothing, and a lock is only released after the command
//! has its result.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

static NOTICES: Mutex<Notices> = Mutex::new(Notices::new());

/// What is known about the stores that this process used.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Notices {
    warnings: BTreeMap<String, String>,
    hosts: BTreeMap<String, String>,
}

impl Notices {
    const fn new() -> Self {
        Self { warnings: BTreeMap::new(), hosts: BTreeMap::new() }
    }

    /// Warnings about what may go wrong later.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        self.warnings.values().map(String::as_str)
    }

    /// Each bucket that was written to, and the server that received the writes.
    pub fn hosts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.hosts.iter().map(|(bucket, host)| (bucket.as_str(), host.as_str()))
    }
}

/// The notices so far.
pub fn notices() -> Notices {
    lock().clone()
}

/// Adds `warning`, replacing an earlier one about the same thing.
#[cfg(feature = "buckets")]
pub(super) fn warn(about: String, warning: String) {
    lock().warnings.insert(about, warning);
}

/// Notes that writes to `bucket` go to `host`.
#[cfg(feature = "buckets")]
pub(super) fn wrote_to(bucket: String, host: String) {
    lock().hosts.insert(bucket, host);
}

fn lock() -> MutexGuard<'static, Notices> {
    NOTICES.lock().unwrap_or_else(PoisonError::into_inner)
}
