//! Who writes to a bucket now: an object that says so. Its holder renews it, by the version that it
//! put itself; one that stopped renewing lost it, and finds out before it writes on. So two writers
//! exclude each other, and a killed one does not for ever.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use object_store::{ObjectMeta, PutMode, UpdateVersion};
use serde::{Deserialize, Serialize};

use super::{Inner, request};
use crate::{
    json,
    store::{StoreError, StorePath},
};

/// The object, beside the sets.
pub(super) const NAME: &str = "lock.json";
const MAX_LEN: u64 = 4096;

/// A holder renews before it writes, if this much went by.
const RENEW: Duration = Duration::from_secs(5 * 60);
/// Nobody else takes a lease that was renewed within this; far more than what a clock may be wrong.
const EXPIRE: Duration = Duration::from_secs(60 * 60);

/// The lease, while it is held.
#[derive(Default)]
pub(super) struct Held(Mutex<Option<State>>);

#[derive(Clone)]
struct State {
    holder: String,
    version: UpdateVersion,
    renewed: SystemTime,
}

/// lock.json.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    format: String,
    version: u32,
    /// Random; none when it is free.
    holder: Option<String>,
}

/// Given up when it is dropped.
pub struct Lease(Arc<Inner>);

impl Lease {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        Self(inner)
    }
}

impl Drop for Lease {
    /// As far as it can: else it ends by itself.
    fn drop(&mut self) {
        if let Some(state) = self.0.held.lock().take() {
            let _ = self.0.runtime.block_on(put(&self.0, None, PutMode::Update(state.version)));
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lease({})", self.0.address)
    }
}

/// Takes the lease, where nobody holds it.
pub(super) async fn take(inner: &Inner) -> Result<(), StoreError> {
    let mode = match there(inner).await? {
        None => PutMode::Create,
        Some((content, meta)) => {
            let held = content.is_none_or(|content| content.holder.is_some());
            if held && !is_expired(&meta) {
                return Err(StoreError::Busy(inner.address.to_string().into()));
            }
            PutMode::Update(UpdateVersion { e_tag: meta.e_tag, version: meta.version })
        }
    };
    let mut id = [0; 8];
    getrandom::fill(&mut id).map_err(|e| {
        StoreError::io(inner.address.to_string(), std::io::Error::other(e.to_string()))
    })?;
    hold(inner, hex::encode(id), mode).await
}

/// Makes sure that the lease, if it was taken, is held still: before every write.
pub(super) async fn keep(inner: &Inner) -> Result<(), StoreError> {
    let state = inner.held.lock().clone();
    match state {
        // A clock that went back says nothing about how long it was.
        Some(state) if state.renewed.elapsed().map_or(true, |passed| passed > RENEW) => {
            hold(inner, state.holder, PutMode::Update(state.version)).await
        }
        _ => Ok(()),
    }
}

async fn hold(inner: &Inner, holder: String, mode: PutMode) -> Result<(), StoreError> {
    // Counted from before it is asked for: an answer may take its time.
    let renewed = SystemTime::now();
    let version = put(inner, Some(holder.clone()), mode).await.map_err(|error| match error {
        StoreError::Exists(_) | StoreError::Changed(_) => {
            StoreError::Busy(inner.address.to_string().into())
        }
        error => error,
    })?;
    *inner.held.lock() = Some(State { holder, version, renewed });
    Ok(())
}

async fn put(
    inner: &Inner,
    holder: Option<String>,
    mode: PutMode,
) -> Result<UpdateVersion, StoreError> {
    let content = Content { format: "stockade-lock".to_owned(), version: 1, holder };
    let bytes = serde_json::to_vec(&content).map_err(|error| {
        StoreError::io(inner.address.to_string(), std::io::Error::other(error.to_string()))
    })?;
    request::put(inner, &NAME.parse::<StorePath>()?, &bytes, mode).await
}

/// What is there. Content that nobody can read is somebody's, until it expires.
async fn there(inner: &Inner) -> Result<Option<(Option<Content>, ObjectMeta)>, StoreError> {
    let path = NAME.parse::<StorePath>()?;
    match request::read(inner, &path, MAX_LEN).await {
        Ok((bytes, meta)) => Ok(Some((json::from_slice(&bytes, MAX_LEN as usize).ok(), meta))),
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether its holder is long gone, by the service's clock and ours.
pub(super) fn is_expired(meta: &ObjectMeta) -> bool {
    let renewed = SystemTime::from(meta.last_modified);
    renewed.elapsed().is_ok_and(|passed| passed > EXPIRE)
}

impl Held {
    #[cfg(test)]
    pub(super) fn make_older(&self, by: Duration) {
        if let Some(state) = &mut *self.lock() {
            state.renewed -= by;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
