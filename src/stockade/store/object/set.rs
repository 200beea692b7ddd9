//! Publishes, repairs and removes a folder of objects, one object after the other, since buckets
//! offer nothing else. The files that complete the folder are put last and removed first, and a
//! folder with none of them does not count. So a process that is killed leaves no folder, or, in
//! the short time between these files, one whose missing files every check reports.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{ObjectStoreExt as _, PutMode, UpdateVersion};

use super::{
    Inner,
    error::store_error,
    lease,
    listing::{self, CLOSING},
    request,
};
use crate::store::{EntryKind, NewFile, ReadBack, StoreError, StorePath};

/// How many objects are put at a time.
const AT_A_TIME: usize = 8;

/// The most levels of folders in a set.
const MAX_LEVELS: usize = 4;

/// Puts `files` as the new folder `path`. Identical objects that a killed process put are accepted.
pub(super) async fn publish(
    inner: &Inner,
    path: &StorePath,
    files: &[NewFile],
) -> Result<ReadBack, StoreError> {
    let there = listing::folder_now(inner, path).await?;
    if there.iter().any(|entry| CLOSING.contains(&entry.name.as_str())) {
        return Err(StoreError::Exists(inner.place(path)));
    }
    lease::keep(inner).await?;
    in_order(inner, path, files, false).await
}

/// Puts those of `files` that are missing from the folder `path` or differ. Intact objects are left
/// alone, so that the folder never holds less than before.
pub(super) async fn replace(
    inner: &Inner,
    path: &StorePath,
    files: &[NewFile],
) -> Result<ReadBack, StoreError> {
    lease::keep(inner).await?;
    in_order(inner, path, files, true).await
}

/// Removes the folder `path`. A bucket with versioning keeps old versions until its own rules
/// remove them. No version is touched, since this is what its owner configured.
pub(super) async fn remove(inner: &Inner, path: &StorePath) -> Result<(), StoreError> {
    lease::keep(inner).await?;
    let closing =
        CLOSING.iter().rev().map(|name| path.join(name)).collect::<Result<Vec<_>, _>>()?;
    let others = files_below(inner, path).await?;
    if others.is_empty() {
        return Err(StoreError::NotFound(inner.place(path)));
    }
    for file in closing.iter().filter(|file| others.contains(file)) {
        delete(inner, file).await?;
    }
    for file in others.iter().filter(|file| !closing.contains(file)) {
        delete(inner, file).await?;
    }
    Ok(())
}

/// Removes an object of the folder `path` that does not exist: a service that refuses this refuses
/// real removals too. Few callers have the right to remove, and nothing else needs it.
pub(super) async fn require_removable(inner: &Inner, path: &StorePath) -> Result<(), StoreError> {
    delete(inner, &path.join("nothing")?).await
}

async fn in_order(
    inner: &Inner,
    folder: &StorePath,
    files: &[NewFile],
    mend: bool,
) -> Result<ReadBack, StoreError> {
    let place_in = |file: &NewFile| CLOSING.iter().position(|name| file.path.as_str() == *name);
    let (mut closing, others): (Vec<_>, Vec<_>) =
        files.iter().partition(|file| place_in(file).is_some());
    closing.sort_by_key(|file| place_in(file));
    stream::iter(others.into_iter().map(|file| put_verified(inner, folder, file, mend)))
        .buffer_unordered(AT_A_TIME)
        .try_collect::<Vec<()>>()
        .await?;
    lease::keep(inner).await?;
    for file in closing {
        put_verified(inner, folder, file, mend).await?;
    }
    Ok(ReadBack::Device)
}

/// Puts one file that does not exist yet, and reads it back. With `mend`, also replaces a different
/// one.
async fn put_verified(
    inner: &Inner,
    folder: &StorePath,
    file: &NewFile,
    mend: bool,
) -> Result<(), StoreError> {
    let path = folder.join(file.path.as_str())?;
    let put = if mend {
        match request::head(inner, &path).await? {
            None => request::put(inner, &path, &file.bytes, PutMode::Create).await,
            Some(there) => {
                if holds(inner, &path, &file.bytes).await? {
                    return Ok(());
                }
                let version = UpdateVersion { e_tag: there.e_tag, version: there.version };
                request::put(inner, &path, &file.bytes, PutMode::Update(version)).await
            }
        }
    } else {
        request::put(inner, &path, &file.bytes, PutMode::Create).await
    };
    match (put, holds(inner, &path, &file.bytes).await?) {
        // If only the answer was lost, the object exists.
        (Ok(_) | Err(StoreError::Exists(_)), true) => Ok(()),
        (Ok(_), false) => Err(StoreError::ReadBack(inner.place(&path))),
        (Err(error), _) => Err(error),
    }
}

async fn holds(inner: &Inner, path: &StorePath, bytes: &[u8]) -> Result<bool, StoreError> {
    match request::read(inner, path, bytes.len() as u64).await {
        Ok((there, _)) => Ok(there == bytes),
        Err(StoreError::TooLong { .. } | StoreError::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn files_below(inner: &Inner, folder: &StorePath) -> Result<Vec<StorePath>, StoreError> {
    let mut files = Vec::new();
    let mut folders = vec![(folder.clone(), 0)];
    while let Some((folder, level)) = folders.pop() {
        let entries = listing::folder(inner, &folder).await?;
        // Our requests cannot name such an object. It stays, and is reported as an unknown entry.
        for entry in entries.into_iter().filter(|entry| entry.kind != EntryKind::Other) {
            let path = folder.join(&entry.name)?;
            match entry.kind {
                EntryKind::Folder if level < MAX_LEVELS => folders.push((path, level + 1)),
                EntryKind::Folder => return Err(StoreError::NotAFile(inner.place(&path))),
                _ => files.push(path),
            }
        }
    }
    Ok(files)
}

async fn delete(inner: &Inner, path: &StorePath) -> Result<(), StoreError> {
    match inner.client.delete(&inner.location(path)).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(store_error(inner.place(path), &error)),
    }
}
