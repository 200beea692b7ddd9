//! What is there, by the names of objects.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt as _;

use super::{
    Inner,
    error::{is_no_bucket, store_error},
    lease, set,
};
use crate::store::{Entry, EntryKind, StoreError, StorePath};

/// More than anybody has; names without end would fill the memory.
const MAX_ENTRIES: usize = 100_000;

/// The entries of the root.
pub(super) async fn root(inner: &Inner) -> Result<Vec<Entry>, StoreError> {
    let mut found = Found::default();
    let prefix = inner.address.prefix.as_ref().map(StorePath::as_str);
    list(inner, prefix.unwrap_or_default(), &mut found).await?;
    found.kinds.remove(lease::NAME);
    let entries = found.kinds.into_iter().map(|(name, kind)| {
        let is_open = kind == EntryKind::Folder && !found.closed.contains(&name);
        let kind = if is_open { EntryKind::Unfinished } else { kind };
        Entry { name, kind }
    });
    Ok(entries.collect())
}

/// The entries of the folder `path`; none where there is no such folder.
pub(super) async fn folder(inner: &Inner, path: &StorePath) -> Result<Vec<Entry>, StoreError> {
    let mut found = Found::default();
    list(inner, &inner.address.key(path), &mut found).await?;
    Ok(found.kinds.into_iter().map(|(name, kind)| Entry { name, kind }).collect())
}

#[derive(Default)]
struct Found {
    kinds: BTreeMap<String, EntryKind>,
    /// The folders with a file that closes one.
    closed: BTreeSet<String>,
}

async fn list(inner: &Inner, prefix: &str, found: &mut Found) -> Result<(), StoreError> {
    let place = match prefix {
        "" => inner.address.bucket_alone(),
        prefix => format!("{}/{prefix}", inner.address.bucket_alone()),
    };
    let prefix = object_store::path::Path::from(prefix);
    let mut objects = inner.client.list(Some(&prefix));
    while let Some(object) = objects.next().await {
        let object = object.map_err(|error| match is_no_bucket(&error) {
            true => StoreError::NoBucket(inner.address.bucket_alone().into()),
            false => store_error(place.clone().into(), &error),
        })?;
        let Some(mut below) = object.location.prefix_match(&prefix) else { continue };
        let Some(name) = below.next() else { continue };
        let name = name.as_ref().to_owned();
        let second = below.next();
        let file = second.as_ref().map(|part| part.as_ref().to_owned());
        if file.as_ref().is_some_and(|file| set::CLOSING.contains(&file.as_str()))
            && below.next().is_none()
        {
            found.closed.insert(name.clone());
        }
        let kind = if file.is_some() { EntryKind::Folder } else { EntryKind::File };
        found.kinds.insert(name, kind);
        if found.kinds.len() > MAX_ENTRIES {
            let why = format!("more than {MAX_ENTRIES} names lie there");
            return Err(StoreError::Unreachable { path: place.into(), why });
        }
    }
    Ok(())
}
