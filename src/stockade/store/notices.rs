//! What a person should know about the stores that a command used, whatever the command is about. It is
//! kept for the whole process, because the library prints nothing and a lock is given up only after the
//! command has its result.

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

    /// What may go wrong later, in words.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        self.warnings.values().map(String::as_str)
    }

    /// Each bucket that was written to, and the server that the writes went to.
    pub fn hosts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.hosts.iter().map(|(bucket, host)| (bucket.as_str(), host.as_str()))
    }
}

/// What is known so far about the stores that this process used.
pub fn notices() -> Notices {
    lock().clone()
}

/// Keeps `warning`, in place of an earlier one about the same thing.
#[cfg(feature = "buckets")]
pub(super) fn warn(about: String, warning: String) {
    lock().warnings.insert(about, warning);
}

/// Keeps that writes to `bucket` go to `host`.
#[cfg(feature = "buckets")]
pub(super) fn wrote_to(bucket: String, host: String) {
    lock().hosts.insert(bucket, host);
}

fn lock() -> MutexGuard<'static, Notices> {
    NOTICES.lock().unwrap_or_else(PoisonError::into_inner)
}
