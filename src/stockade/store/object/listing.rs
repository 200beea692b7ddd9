//! Lists folders by the names of objects.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
    time::Duration,
};

use futures_util::StreamExt as _;
use object_store::ObjectMeta;

use super::{
    Inner,
    error::{is_no_bucket, store_error},
    lease,
    names::{Names, State},
    odd_names,
};
use crate::store::{Entry, EntryKind, StoreError, StorePath};

/// The files that complete a set, in the order in which they are put. According to
/// docs/formats/set.md, a set exists if and only if SHA256SUMS and everything that it lists exist.
pub(super) const CLOSING: [&str; 3] = ["manifest.json", "manifest.mac", "SHA256SUMS"];

/// More names than anybody has. An endless listing would fill the memory.
const MAX_ENTRIES: usize = 100_000;
/// The limit below all folders.
const MAX_OBJECTS: usize = 5_000_000;
/// The longest that a listing may take, however many pages it has.
const MAX_TIME: Duration = Duration::from_secs(10 * 60);

/// The entries of the root.
pub(super) async fn root(inner: &Inner) -> Result<Vec<Entry>, StoreError> {
    let mut found = known(inner, inner.prefix()).await?;
    found.kinds.remove(lease::NAME);
    let entries = found.kinds.into_iter().map(|(name, kind)| {
        let is_open = kind == EntryKind::Folder && !found.closed.contains(&name);
        let kind = if is_open { EntryKind::Unfinished } else { kind };
        Entry { name, kind }
    });
    Ok(entries.collect())
}

/// The entries of the folder `path`; none if there is no such folder.
pub(super) async fn folder(inner: &Inner, path: &StorePath) -> Result<Vec<Entry>, StoreError> {
    Ok(known(inner, &inner.address.key(path)).await?.entries())
}

/// Like [`folder`], as it is now.
pub(super) async fn folder_now(inner: &Inner, path: &StorePath) -> Result<Vec<Entry>, StoreError> {
    Ok(listed(inner, &inner.address.key(path)).await?.entries())
}

/// What the folder `prefix` holds, according to the listing that serves the whole command.
async fn known(inner: &Inner, prefix: &str) -> Result<Found, StoreError> {
    let mut state = inner.names.lock().await;
    if matches!(*state, State::Unlisted) {
        *state = names(inner).await?;
    }
    let State::Listed(names) = &*state else {
        drop(state);
        return listed(inner, prefix).await;
    };
    let mut found = Found::default();
    match names.below(prefix).try_for_each(|name| found.take(name, prefix)) {
        Ok(()) => Ok(found),
        Err(TooMany) => Err(endless(&place(inner, prefix), &TooMany.to_string())),
    }
}

async fn names(inner: &Inner) -> Result<State, StoreError> {
    let (mut names, mut fits) = (Names::default(), true);
    list(inner, inner.prefix(), &mut |object| {
        fits = names.take(object);
        if fits { ControlFlow::Continue(()) } else { ControlFlow::Break(Ok(())) }
    })
    .await?;
    Ok(if fits { State::Listed(names.sorted()) } else { State::TooMany })
}

/// What the folder `prefix` holds, by a listing of its own.
async fn listed(inner: &Inner, prefix: &str) -> Result<Found, StoreError> {
    let mut found = Found::default();
    list(inner, prefix, &mut |object| match found.take(object.location.as_ref(), prefix) {
        Ok(()) => ControlFlow::Continue(()),
        Err(too_many) => ControlFlow::Break(Err(too_many)),
    })
    .await?;
    Ok(found)
}

#[derive(Default)]
struct Found {
    kinds: BTreeMap<String, EntryKind>,
    /// The folders with one of the files that complete a set.
    closed: BTreeSet<String>,
}

/// A folder has too many entries.
#[derive(Debug, thiserror::Error)]
#[error("it has more than {MAX_ENTRIES} names")]
struct TooMany;

/// Takes the next object of a listing, or ends it.
type Take<'a> = &'a mut dyn FnMut(&ObjectMeta) -> ControlFlow<Result<(), TooMany>>;

async fn list(inner: &Inner, prefix: &str, take: Take<'_>) -> Result<(), StoreError> {
    let place = place(inner, prefix);
    match tokio::time::timeout(MAX_TIME, list_all(inner, prefix, &place, take)).await {
        Ok(listed) => listed,
        Err(_) => {
            let minutes = MAX_TIME.as_secs() / 60;
            Err(endless(&place, &format!("the listing took longer than {minutes} minutes")))
        }
    }
}

/// The folder `prefix` in messages.
fn place(inner: &Inner, prefix: &str) -> String {
    match prefix {
        "" => inner.address.bucket_alone(),
        prefix => format!("{}/{prefix}", inner.address.bucket_alone()),
    }
}

fn endless(place: &str, why: &str) -> StoreError {
    StoreError::Unreachable { path: place.into(), why: why.to_owned() }
}

async fn list_all(
    inner: &Inner,
    prefix: &str,
    place: &str,
    take: Take<'_>,
) -> Result<(), StoreError> {
    let within = object_store::path::Path::from(prefix);
    let mut objects = inner.client.list(Some(&within));
    let (mut count, mut remembered) = (0_usize, None);
    while let Some(object) = objects.next().await {
        let object = object.map_err(|error| {
            if is_no_bucket(&error) {
                StoreError::NoBucket(inner.address.bucket_alone().into())
            } else {
                store_error(place.into(), &error)
            }
        })?;
        // A service may repeat pages for ever. The name at positions 1, 2, 4, 8.. is remembered, so
        // a cycle of any length is noticed.
        if remembered.as_ref() == Some(&object.location) {
            return Err(endless(place, "the listing repeats itself"));
        }
        count += 1;
        if count.is_power_of_two() {
            remembered = Some(object.location.clone());
        }
        if let ControlFlow::Break(end) = take(&object) {
            return end.map_err(|error| endless(place, &error.to_string()));
        }
        if count > MAX_OBJECTS {
            return Err(endless(place, &format!("it has more than {MAX_OBJECTS} objects")));
        }
    }
    Ok(())
}

impl Found {
    fn entries(self) -> Vec<Entry> {
        self.kinds.into_iter().map(|(name, kind)| Entry { name, kind }).collect()
    }

    /// Evaluates the name of an object with respect to the folder `prefix`.
    fn take(&mut self, name: &str, prefix: &str) -> Result<(), TooMany> {
        self.evaluate(name, prefix);
        if self.kinds.len() > MAX_ENTRIES { Err(TooMany) } else { Ok(()) }
    }

    fn evaluate(&mut self, name: &str, prefix: &str) {
        let odd = odd_names::decode(name);
        let name = odd.as_deref().unwrap_or(name);
        let below = match prefix {
            "" => Some(name),
            prefix => name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')),
        };
        let Some(below) = below.filter(|below| !below.is_empty()) else { return };
        let (first, rest) = match below.split_once('/') {
            Some((first, rest)) => (first, Some(rest)),
            None => (below, None),
        };
        // In a folder of ours, odd names are reported by the listing of that folder. Otherwise the
        // whole name is an unknown entry.
        if odd.is_some() && (rest.is_none() || first.parse::<StorePath>().is_err()) {
            self.kinds.insert(below.to_owned(), EntryKind::Other);
            return;
        }
        if odd.is_none() && rest.is_some_and(|file| CLOSING.contains(&file)) {
            self.closed.insert(first.to_owned());
        }
        let kind = if rest.is_some() { EntryKind::Folder } else { EntryKind::File };
        self.kinds.insert(first.to_owned(), kind);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Vec<(String, EntryKind)> {
        let mut found = Found::default();
        let page = odd_names::page(&format!("<Contents><Key>{name}</Key></Contents>")).xml;
        let key = page.split("Key>").nth(1).unwrap().strip_suffix("</").unwrap();
        found.evaluate(key, "v/stockade");
        found.kinds.into_iter().collect()
    }

    #[test]
    fn an_odd_name_is_an_other_entry_and_stops_nothing() {
        for (name, entry, kind) in [
            ("v/stockade/a", "a", EntryKind::File),
            ("v/stockade/set/a", "set", EntryKind::Folder),
            ("v/stockade/a\nb", "a\nb", EntryKind::Other),
            ("v/stockade//x", "/x", EntryKind::Other),
            ("v/stockade/../x", "../x", EntryKind::Other),
            ("v/stockade/set//x", "set", EntryKind::Folder),
            ("v/stockade/set/a\nb", "set", EntryKind::Folder),
        ] {
            assert_eq!(of(name), [(entry.to_owned(), kind)], "{name:?}");
        }
        assert!(of("v/elsewhere//x").is_empty());
    }
}
