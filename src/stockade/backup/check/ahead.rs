//! Reads small files of several sets before they are needed, several at a time, where each takes a
//! moment to come. Files of folders are read when they are needed.

use std::collections::BTreeMap;

use crate::{
    backup::{copy::Copy, set::set_id::SetId},
    store::{StoreError, StorePath},
};

/// The most sets that are read together.
const MAX_SETS: usize = 64;
/// The most bytes that are read ahead, of all of them. The first set is read whatever its size.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// A file of a set, and the longest that is read.
pub(crate) type Named = (&'static str, u64);

/// What was read of one set.
#[derive(Debug, Default)]
pub(crate) struct Ahead(BTreeMap<&'static str, Result<Vec<u8>, StoreError>>);

impl Ahead {
    /// The file `name`: as it was read ahead, or read now.
    pub(crate) fn read(
        &mut self,
        copy: &Copy,
        set: &SetId,
        (name, limit): Named,
    ) -> Result<Vec<u8>, StoreError> {
        self.0.remove(name).unwrap_or_else(|| copy.read(&path(set, name)?, limit))
    }
}

fn path(set: &SetId, name: &str) -> Result<StorePath, StoreError> {
    format!("{set}/{name}").parse()
}

/// How many of `sets` are read together: one, unless a listing told how long their files are.
pub(crate) fn together(copies: &[Copy], sets: &[SetId], files: &[Named]) -> usize {
    let remote = || copies.iter().filter(|copy| copy.is_remote());
    if remote().next().is_none() {
        return 1;
    }
    let mut bytes = 0_u64;
    let within = sets.iter().take(MAX_SETS).take_while(|set| {
        let lens =
            remote().flat_map(|copy| files.iter().filter_map(|file| listed(copy, set, *file)));
        bytes = bytes.saturating_add(lens.sum());
        bytes <= MAX_BYTES
    });
    within.count().max(1)
}

/// Reads `files` of each of these sets, as far as a listing told how long they are. What is longer now
/// is left for later.
pub(crate) fn read(pairs: &[(&Copy, &SetId)], files: &[Named]) -> Vec<Ahead> {
    let mut wanted = Vec::new();
    for (at, (copy, set)) in pairs.iter().enumerate() {
        let listed = |file: &Named| Some((*copy, (at, *set, file.0, listed(copy, set, *file)?)));
        wanted.extend(files.iter().filter_map(listed));
    }
    let read = each(&wanted, |copy, (_, set, name, len)| copy.read(&path(set, name)?, *len));
    let mut all: Vec<_> = pairs.iter().map(|_| Ahead::default()).collect();
    for ((_, (at, _, name, _)), read) in wanted.into_iter().zip(read) {
        if let Some(Ahead(files)) = all.get_mut(at)
            && !matches!(read, Err(StoreError::TooLong { .. }))
        {
            files.insert(name, read);
        }
    }
    all
}

/// The length of the file in a remote copy, if it can be read ahead.
fn listed(copy: &Copy, set: &SetId, (name, limit): Named) -> Option<u64> {
    let len = copy.listed_len(&path(set, name).ok()?).filter(|_| copy.is_remote())?;
    (len <= limit.min(MAX_BYTES)).then_some(len)
}

/// Applies `work` to each item: to those of one copy after another, as that copy is read best. The
/// results are in the items' order.
pub(crate) fn each<T: Sync, R: Send>(
    items: &[(&Copy, T)],
    work: impl Fn(&Copy, &T) -> R + Sync,
) -> Vec<R> {
    let mut results = Vec::with_capacity(items.len());
    let mut rest: Vec<_> = items.iter().enumerate().collect();
    while let Some((_, (copy, _))) = rest.first() {
        let is_here = |(_, item): &mut (usize, &(&Copy, T))| std::ptr::eq(item.0, *copy);
        let here: Vec<_> = rest.extract_if(.., is_here).collect();
        let done = copy.map(&here, |(_, (copy, item))| work(copy, item));
        results.extend(here.into_iter().map(|(at, _)| at).zip(done));
    }
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}
