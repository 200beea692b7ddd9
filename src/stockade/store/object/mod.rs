//! A prefix in a bucket: S3, Google Cloud Storage, Azure. Objects cannot be renamed, so a folder
//! appears when the files that complete it are put, each only if it does not exist yet. See
//! docs/decisions/0009-copies-in-object-stores.md.

mod aws;
mod cause;
mod connect;
mod error;
mod future;
mod http;
mod lease;
mod listing;
mod names;
mod odd_names;
mod patience;
mod refusal;
mod request;
mod set;
#[cfg(test)]
mod tests;

use std::{fmt, future::Future as Pending, path::PathBuf, slice, sync::Arc};

use object_store::{ObjectStore, PutMode, UpdateVersion};
use tokio::{runtime::Runtime, sync::Semaphore};

use self::{
    future::Future,
    http::Seen,
    lease::{Held, Lease},
    names::Known,
};
use super::{BucketAddress, Entry, Lock, NewFile, ReadBack, Store, StoreError, StorePath, notices};

/// A prefix in a bucket. Nothing is requested from it before the first use, except credentials.
pub struct Bucket(Arc<Inner>);

struct Inner {
    runtime: Runtime,
    client: Box<dyn ObjectStore>,
    address: BucketAddress,
    held: Held,
    names: Known,
    long: Semaphore,
    seen: Arc<Seen>,
}

impl Bucket {
    /// The bucket at `address`. Credentials are found as by each service's own tools.
    pub fn open(address: BucketAddress) -> Result<Self, StoreError> {
        let place = || PathBuf::from(address.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|e| StoreError::io(place(), e))?;
        let seen = Arc::new(Seen::new(Future::of(&address)));
        let client = connect::connect(&address, &runtime, Arc::clone(&seen))?;
        let (held, names) = (Held::default(), Known::default());
        let long = Semaphore::new(request::LONG_AT_ONCE);
        Ok(Self(Arc::new(Inner { runtime, client, address, held, names, long, seen })))
    }
}

impl Inner {
    /// The prefix as text; empty for a whole bucket.
    fn prefix(&self) -> &str {
        self.address.prefix.as_ref().map_or("", StorePath::as_str)
    }

    /// Runs what puts `files` into the folder `folder`. The names that are known are up to date
    /// afterwards.
    fn putting<T>(
        &self,
        folder: Option<&StorePath>,
        files: &[NewFile],
        put: impl Pending<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.runtime.block_on(async {
            let put = put.await;
            if put.is_err() {
                // Some of them may have been put.
                self.names.forget().await;
                return put;
            }
            for file in files {
                let path = match folder {
                    Some(folder) => &folder.join(file.path.as_str())?,
                    None => &file.path,
                };
                self.names.add(&self.location(path), file.bytes.len()).await;
            }
            put
        })
    }

    /// The name of the object at `path` in messages.
    fn place(&self, path: &StorePath) -> PathBuf {
        format!("{}/{path}", self.address).into()
    }

    /// Notes where writes go, for the command to show.
    fn note_host(&self) {
        if let Some(host) = self.seen.host.get() {
            notices::wrote_to(self.address.bucket_alone(), host.clone());
        }
    }

    /// Its name in the bucket. Our paths have no character that needs escaping.
    fn location(&self, path: &StorePath) -> object_store::path::Path {
        self.address.key(path).into()
    }
}

impl Store for Bucket {
    fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        self.0.runtime.block_on(listing::root(&self.0))
    }

    fn list(&self, path: &StorePath) -> Result<Vec<Entry>, StoreError> {
        self.0.runtime.block_on(listing::folder(&self.0, path))
    }

    fn forget_listing(&self) {
        self.0.runtime.block_on(self.0.names.forget());
    }

    fn listed_len(&self, path: &StorePath) -> Option<u64> {
        self.0.runtime.block_on(self.0.names.len(&self.0.location(path)))
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn read(&self, path: &StorePath, limit: u64) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        self.read_pieces(path, limit, &mut |piece| bytes.extend_from_slice(piece))?;
        Ok(bytes)
    }

    fn read_pieces(
        &self,
        path: &StorePath,
        limit: u64,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<u64, StoreError> {
        let read = self.0.runtime.block_on(request::read_pieces(&self.0, path, limit, take))?;
        Ok(read.len)
    }

    fn put_if_absent(&self, file: &NewFile) -> Result<(), StoreError> {
        self.0.putting(None, slice::from_ref(file), async {
            lease::keep(&self.0).await?;
            request::put(&self.0, &file.path, &file.bytes, PutMode::Create).await.map(|_| ())
        })
    }

    fn put(&self, file: &NewFile) -> Result<(), StoreError> {
        self.0.putting(None, slice::from_ref(file), async {
            lease::keep(&self.0).await?;
            let mode = match request::head(&self.0, &file.path).await? {
                None => PutMode::Create,
                Some(there) => {
                    PutMode::Update(UpdateVersion { e_tag: there.e_tag, version: there.version })
                }
            };
            request::put(&self.0, &file.path, &file.bytes, mode).await.map(|_| ())
        })
    }

    fn publish(&self, path: &StorePath, files: &[NewFile]) -> Result<ReadBack, StoreError> {
        self.0.putting(Some(path), files, set::publish(&self.0, path, files))
    }

    fn replace(&self, path: &StorePath, files: &[NewFile]) -> Result<ReadBack, StoreError> {
        self.0.putting(Some(path), files, set::replace(&self.0, path, files))
    }

    fn remove(&self, path: &StorePath) -> Result<(), StoreError> {
        self.0.runtime.block_on(async {
            self.0.names.forget().await;
            let removed = set::remove(&self.0, path).await;
            self.0.names.forget().await;
            removed
        })
    }

    fn require_removable(&self, path: &StorePath) -> Result<(), StoreError> {
        self.0.runtime.block_on(set::require_removable(&self.0, path))
    }

    fn lock(&self) -> Result<Lock, StoreError> {
        self.0.runtime.block_on(async {
            let taken = lease::take(&self.0).await;
            // Whoever held it before may have written.
            self.0.names.forget().await;
            taken
        })?;
        Ok(Lock::holding(Lease::new(Arc::clone(&self.0))))
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({})", self.0.address)
    }
}
