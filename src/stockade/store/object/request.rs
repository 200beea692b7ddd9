//! Requests about one object: get, head, put.

use futures_util::StreamExt as _;
use object_store::{
    GetOptions, ObjectMeta, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, UpdateVersion,
};

use super::{
    Inner,
    error::store_error,
    http::{Attempts, ContentMd5, IsObject},
};
use crate::store::{StoreError, StorePath};

/// Objects longer than this are read [`LONG_AT_ONCE`] at a time: each request has a time limit, and many
/// long answers would wait for each other.
const LONG: u64 = 1024 * 1024;
pub(super) const LONG_AT_ONCE: usize = 2;

/// The result of reading an object.
pub(super) struct Read {
    pub len: u64,
    pub meta: ObjectMeta,
}

/// Reads an object piece by piece. Fails if it is longer than `limit` bytes.
pub(super) async fn read_pieces(
    inner: &Inner,
    path: &StorePath,
    limit: u64,
    take: &mut dyn FnMut(&[u8]),
) -> Result<Read, StoreError> {
    let place = || inner.place(path);
    let failed = |error| store_error(place(), &error);
    let location = inner.location(path);
    let is_long = inner.names.len(&location).await.is_some_and(|len| len > LONG);
    let _turn = if is_long { inner.long.acquire().await.ok() } else { None };
    let mut options = GetOptions::default();
    options.extensions.insert(IsObject(limit));
    let found = inner.client.get_opts(&location, options).await;
    let found = found.map_err(failed)?;
    let meta = found.meta.clone();
    if meta.size > limit {
        return Err(StoreError::TooLong { path: place(), limit });
    }
    let mut pieces = found.into_stream();
    let mut len = 0_u64;
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(failed)?;
        len = len.saturating_add(piece.len() as u64);
        if len > limit {
            return Err(StoreError::TooLong { path: place(), limit });
        }
        take(&piece);
    }
    // A connection that ended early must not look like a file that is truncated in the bucket.
    if len == meta.size {
        Ok(Read { len, meta })
    } else {
        let why = format!("{len} of {} bytes came", meta.size);
        Err(StoreError::Unreachable { path: place(), why })
    }
}

/// Like [`read_pieces`], all at once.
pub(super) async fn read(
    inner: &Inner,
    path: &StorePath,
    limit: u64,
) -> Result<(Vec<u8>, ObjectMeta), StoreError> {
    let mut bytes = Vec::new();
    let read = read_pieces(inner, path, limit, &mut |piece| bytes.extend_from_slice(piece)).await?;
    Ok((bytes, read.meta))
}

/// The object's metadata; `None` if it does not exist.
pub(super) async fn head(
    inner: &Inner,
    path: &StorePath,
) -> Result<Option<ObjectMeta>, StoreError> {
    match inner.client.head(&inner.location(path)).await {
        Ok(meta) => Ok(Some(meta)),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(store_error(inner.place(path), &error)),
    }
}

/// Puts an object as `mode` says: if none exists, or in place of one version only. All puts go
/// through here. A request whose answer was lost is repeated, and then meets the object that it put
/// itself. So if a repeated put fails, the existing object is compared with what was sent.
pub(super) async fn put(
    inner: &Inner,
    path: &StorePath,
    bytes: &[u8],
    mode: PutMode,
) -> Result<UpdateVersion, StoreError> {
    let attempts = Attempts::default();
    let error = match put_once(inner, path, bytes, mode, &attempts).await {
        Ok(version) => return Ok(version),
        Err(error) => error,
    };
    let may_be_ours = match &error {
        StoreError::Exists(_) | StoreError::Changed(_) => attempts.repeated(),
        StoreError::Unreachable { .. } => true,
        _ => false,
    };
    if may_be_ours
        && let Ok((there, meta)) = read(inner, path, bytes.len() as u64).await
        && there == bytes
    {
        return Ok(UpdateVersion { e_tag: meta.e_tag, version: meta.version });
    }
    Err(error)
}

/// Sends one put, and returns the service's answer.
pub(super) async fn put_once(
    inner: &Inner,
    path: &StorePath,
    bytes: &[u8],
    mode: PutMode,
    attempts: &Attempts,
) -> Result<UpdateVersion, StoreError> {
    let payload = PutPayload::from(bytes.to_vec());
    let mut options = PutOptions::from(mode);
    options.extensions.insert(ContentMd5::of(bytes));
    options.extensions.insert(attempts.clone());
    let put = inner.client.put_opts(&inner.location(path), payload, options).await;
    inner.note_host();
    match put {
        Ok(put) => Ok(UpdateVersion { e_tag: put.e_tag, version: put.version }),
        // An object that cannot be put is missing its bucket.
        Err(object_store::Error::NotFound { .. }) => {
            Err(StoreError::NoBucket(inner.address.bucket_alone().into()))
        }
        Err(error) => Err(store_error(inner.place(path), &error)),
    }
}
