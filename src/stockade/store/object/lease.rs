//! The lease on a bucket: an object that says who is writing. Its holder renews it, under the
//! condition that the object still has the version that the holder put. A holder that stopped
//! renewing loses the lease, and notices before its next write. So two writers exclude each other,
//! and a killed one does not block others for ever.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use object_store::{ObjectMeta, PutMode, UpdateVersion};
use serde::{Deserialize, Serialize};

use super::{Inner, http::Attempts, request};
use crate::store::{StoreError, StorePath, notices};
use stockade_base::{json, timestamp::Timestamp};

/// The name of the object, next to the sets.
pub(super) const NAME: &str = "lock.json";
const MAX_LEN: u64 = 4096;

/// A holder renews the lease before a write if it is older than this.
const RENEW: Duration = Duration::from_secs(5 * 60);
/// No one else takes a lease that was renewed within this time, which is far more than clocks
/// differ.
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

/// The content of lock.json.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    format: String,
    version: u32,
    /// A random text that identifies the holder; `None` if the lease is free.
    holder: Option<String>,
}

/// Released when dropped.
pub struct Lease(Arc<Inner>);

impl Lease {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        Self(inner)
    }
}

impl Drop for Lease {
    /// Releases the lease if possible. Otherwise it expires, and other writers are warned now that
    /// they have to wait.
    fn drop(&mut self) {
        if let Some(state) = self.0.held.lock().take()
            && let Err(error) = self.0.runtime.block_on(give_up(&self.0, &state))
        {
            let (lock, until) = (lock_of(&self.0), moment(state.renewed + EXPIRE));
            notices::warn(
                lock.clone(),
                format!(
                    "{lock} could not be removed ({error}): it keeps other writers out until {until}, \
                     unless you remove that object. The files that were written are complete"
                ),
            );
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lease({})", self.0.address)
    }
}

/// Takes the lease if it is free, and makes sure that it excludes others: a service that ignores
/// conditions would give it to everybody.
pub(super) async fn take(inner: &Inner) -> Result<(), StoreError> {
    let mode = match there(inner).await? {
        None => PutMode::Create,
        Some((content, meta)) => {
            let held = content.is_none_or(|content| content.holder.is_some());
            if held && !is_expired(&meta) {
                return Err(leased(inner, &meta));
            }
            PutMode::Update(UpdateVersion { e_tag: meta.e_tag, version: meta.version })
        }
    };
    let mut id = [0; 8];
    stockade_base::secret::fill_random(&mut id).map_err(|e| {
        StoreError::io(inner.address.to_string(), std::io::Error::other(e.to_string()))
    })?;
    hold(inner, hex::encode(id), mode).await?;
    let Some(state) = inner.held.lock().clone() else { return Ok(()) };
    if let Err(error) = probe(inner, &state).await {
        inner.held.lock().take();
        let _ = give_up(inner, &state).await;
        return Err(error);
    }
    Ok(())
}

/// Puts the lease again in the two ways that must fail: under the condition that it does not exist,
/// and in place of a version that does not exist. The content stays the same, so a service that
/// ignores conditions keeps it.
async fn probe(inner: &Inner, state: &State) -> Result<(), StoreError> {
    let bytes = content(inner, Some(state.holder.clone()))?;
    let path = NAME.parse::<StorePath>()?;
    let wrong = UpdateVersion {
        e_tag: state.version.e_tag.as_deref().map(altered),
        version: state.version.version.as_deref().map(altered),
    };
    for mode in [PutMode::Create, PutMode::Update(wrong)] {
        match request::put_once(inner, &path, &bytes, mode, &Attempts::default()).await {
            Err(StoreError::Exists(_) | StoreError::Changed(_)) => {}
            Ok(_) => return Err(StoreError::NoConditions(inner.address.to_string().into())),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The name of another version, in the form of this one.
fn altered(version: &str) -> String {
    let last = version.rfind(|c: char| c.is_ascii_hexdigit());
    let other = |c: char| if c == '1' { '2' } else { '1' };
    version.char_indices().map(|(i, c)| if Some(i) == last { other(c) } else { c }).collect()
}

/// Releases the lease, unless another process holds it by now.
async fn give_up(inner: &Inner, state: &State) -> Result<(), StoreError> {
    let Err(error) = put(inner, None, PutMode::Update(state.version.clone())).await else {
        return Ok(());
    };
    match there(inner).await {
        Ok(Some((Some(content), _))) if content.holder.as_ref() == Some(&state.holder) => {
            Err(error)
        }
        Ok(_) => Ok(()),
        Err(_) => Err(error),
    }
}

/// Makes sure before every write that the lease, if it was taken, is still held.
pub(super) async fn keep(inner: &Inner) -> Result<(), StoreError> {
    let state = inner.held.lock().clone();
    match state {
        // If the clock went back, it is not known how much time passed.
        Some(state) if state.renewed.elapsed().map_or(true, |passed| passed > RENEW) => {
            hold(inner, state.holder, PutMode::Update(state.version)).await
        }
        _ => Ok(()),
    }
}

async fn hold(inner: &Inner, holder: String, mode: PutMode) -> Result<(), StoreError> {
    // Counted from before the request, since the answer may take long.
    let renewed = SystemTime::now();
    let version = match put(inner, Some(holder.clone()), mode).await {
        Ok(version) => version,
        Err(StoreError::Exists(_) | StoreError::Changed(_)) => {
            return Err(match there(inner).await {
                Ok(Some((_, meta))) => leased(inner, &meta),
                _ => StoreError::Busy(inner.address.to_string().into()),
            });
        }
        Err(error) => return Err(error),
    };
    *inner.held.lock() = Some(State { holder, version, renewed });
    Ok(())
}

async fn put(
    inner: &Inner,
    holder: Option<String>,
    mode: PutMode,
) -> Result<UpdateVersion, StoreError> {
    let bytes = content(inner, holder)?;
    request::put(inner, &NAME.parse::<StorePath>()?, &bytes, mode).await
}

fn content(inner: &Inner, holder: Option<String>) -> Result<Vec<u8>, StoreError> {
    let content = Content { format: "stockade-lock".to_owned(), version: 1, holder };
    serde_json::to_vec(&content).map_err(|error| {
        StoreError::io(inner.address.to_string(), std::io::Error::other(error.to_string()))
    })
}

/// The error that another process holds the lease.
fn leased(inner: &Inner, meta: &ObjectMeta) -> StoreError {
    let since = SystemTime::from(meta.last_modified);
    StoreError::Leased {
        path: inner.address.to_string().into(),
        lock: lock_of(inner),
        since: moment(since),
        until: moment(since + EXPIRE),
    }
}

fn lock_of(inner: &Inner) -> String {
    format!("{}/{NAME}", inner.address)
}

fn moment(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).ok();
    let seconds = since.and_then(|since| i64::try_from(since.as_secs()).ok());
    let time = seconds.and_then(|seconds| Timestamp::from_unix(seconds).ok());
    time.map_or_else(|| "a time that this computer cannot show".to_owned(), Timestamp::to_minute)
}

/// The current lease. Unreadable content counts as another process's, until it expires.
async fn there(inner: &Inner) -> Result<Option<(Option<Content>, ObjectMeta)>, StoreError> {
    let path = NAME.parse::<StorePath>()?;
    match request::read(inner, &path, MAX_LEN).await {
        Ok((bytes, meta)) => Ok(Some((json::from_slice(&bytes, MAX_LEN as usize).ok(), meta))),
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the lease expired, by the service's clock and by ours.
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
