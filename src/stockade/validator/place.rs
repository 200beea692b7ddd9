//! Finds the next batch and index, so that no key is ever created twice.

use std::collections::BTreeMap;

use super::{KeyPaths, LARGE_BATCH, Request, ValidatorError, WARN_BATCH};
use crate::{
    backup::{
        ListedSet, SetId,
        manifest::{KeystoreEntry, Source},
        unknown_to,
    },
    device_secret::Scheme,
};
use stockade_base::{eth::Address, path::DerivationPath};
use stockade_keystore::staking::Network;

/// The batch and index that the user asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct IndexRequest {
    pub network: Network,
    pub scheme: Scheme,
    pub count: u32,
    pub batch: Option<u32>,
    pub start: Option<u32>,
    pub recreate: bool,
    pub allow_large_batch: bool,
}

/// Where the new keys go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub batch: u32,
    pub start: u32,
    /// Whether no set in the copies holds a key of this wallet and network yet.
    pub first: bool,
    /// Whether the batch grows past what should depend on one root.
    pub warn: bool,
}

/// The existing keys, by batch and index, and the set that holds each.
type Taken = BTreeMap<(u32, u32), SetId>;

/// Finds the place for a request, given the contents of the copies.
pub(super) fn find(
    wanted: &IndexRequest,
    wallet: &Address,
    sets: &[ListedSet],
) -> Result<Place, ValidatorError> {
    let explicit = wanted.batch.is_some() && wanted.start.is_some();
    if !(explicit && wanted.recreate) {
        require_known(&[*wallet], sets, wanted.network)?;
    }
    let batch_of = |source: &Source| match source {
        Source::Device { scheme, batch, check_address } => {
            (*scheme == wanted.scheme && check_address == wallet).then_some(*batch)
        }
        _ => None,
    };
    let of_network = vouched(sets).filter(|set| set.id.network() == wanted.network);
    let own = of_network.clone().filter(|set| set.signer.as_ref() == Some(wallet));
    // Another wallet may have resealed these keys. Whoever lists them, they are not created again.
    // But only the wallet's own sets decide which batch is being filled.
    let taken = taken(of_network, KeyPaths::default(), batch_of);
    let newest = |taken: &Taken| taken.keys().map(|(batch, _)| *batch).max();
    let last = newest(&self::taken(own, KeyPaths::default(), batch_of)).or_else(|| newest(&taken));
    let next = |batch: u32| {
        let indices =
            taken.keys().filter(|(b, _)| *b == batch).map(|(_, index)| index.saturating_add(1));
        indices.max().unwrap_or(0)
    };
    let mut batch = wanted.batch.or(last).unwrap_or(0);
    let mut start = wanted.start.unwrap_or_else(|| next(batch));
    let too_many = |start: u32| u64::from(start) + u64::from(wanted.count) > u64::from(WARN_BATCH);
    let chosen = wanted.batch.is_some() || wanted.start.is_some();
    while !chosen && start > 0 && too_many(start) && batch < u32::MAX {
        // A batch that would grow too large is left as it is, and the next one is started.
        batch = batch.saturating_add(1);
        start = next(batch);
    }
    let end = u64::from(start) + u64::from(wanted.count);
    if end > u64::from(LARGE_BATCH) && !wanted.allow_large_batch || end > u64::from(u32::MAX) {
        return Err(ValidatorError::LargeBatch { batch, keys: end, limit: LARGE_BATCH });
    }
    if !wanted.recreate {
        require_free(&taken, batch, start, wanted.count, Some(batch))?;
    }
    Ok(Place { batch, start, first: taken.is_empty(), warn: too_many(start) })
}

/// The place for keys of the mnemonic `words`, given every set that lists keys of it, whoever
/// signed it: usually one of `own`, the mnemonic itself and the attached wallet. A mnemonic gives
/// the same keys for every network, so an index is taken on all of them.
pub(super) fn find_below_words(
    request: &Request,
    words: &Address,
    own: &[Address],
    sets: &[ListedSet],
) -> Result<Place, ValidatorError> {
    let Request { count, recreate, .. } = *request;
    if !(recreate && request.start.is_some()) {
        sets.iter().try_for_each(|set| require_known(own, sets, set.id.network()))?;
    }
    let taken = taken(vouched(sets), request.paths, |source| match source {
        Source::Mnemonic { check_address } => (check_address == words).then_some(0),
        _ => None,
    });
    let next = taken.keys().map(|(_, index)| index.saturating_add(1)).max();
    let start = request.start.or(next).unwrap_or(0);
    let end = u64::from(start) + u64::from(count);
    if end > u64::from(LARGE_BATCH) && !request.allow_large_batch || end > u64::from(u32::MAX) {
        return Err(ValidatorError::LargeMnemonic { keys: end, limit: LARGE_BATCH });
    }
    if !recreate {
        require_free(&taken, 0, start, count, None)?;
    }
    let warn = end > u64::from(WARN_BATCH);
    Ok(Place { batch: 0, start, first: taken.is_empty(), warn })
}

/// The sets with a signed manifest. In an unsigned one, damage may have changed an index.
fn vouched(sets: &[ListedSet]) -> impl Iterator<Item = &ListedSet> + Clone {
    sets.iter().filter(|set| set.signer.is_some())
}

/// Fails if a set without a signed manifest may hold the very keys that would be created.
fn require_known(
    own: &[Address],
    sets: &[ListedSet],
    network: Network,
) -> Result<(), ValidatorError> {
    match unknown_to(own, sets, network) {
        Some(set) => {
            let (set, copy) = (set.id.clone(), set.copy.clone());
            Err(ValidatorError::UnknownKeys { set, copy })
        }
        None => Ok(()),
    }
}

fn require_free(
    taken: &Taken,
    batch: u32,
    start: u32,
    count: u32,
    named: Option<u32>,
) -> Result<(), ValidatorError> {
    match taken.range((batch, start)..(batch, start.saturating_add(count))).next() {
        Some(((_, index), set)) => {
            Err(ValidatorError::Exists { batch: named, index: *index, set: set.clone() })
        }
        None => Ok(()),
    }
}

/// The indices that `sets` hold, in the batches that `batch_of` reads from a key's source.
fn taken<'a>(
    sets: impl Iterator<Item = &'a ListedSet>,
    paths: KeyPaths,
    batch_of: impl Fn(&Source) -> Option<u32>,
) -> Taken {
    let entries = sets.flat_map(|set| set.keystores().iter().map(move |entry| (set, entry)));
    let place = |(set, entry): (&'a ListedSet, &KeystoreEntry)| {
        Some(((batch_of(&entry.source)?, index_of(&entry.path, paths)?), set.id.clone()))
    };
    entries.filter_map(place).collect()
}

/// The validator's index in a signing key's path.
fn index_of(path: &str, paths: KeyPaths) -> Option<u32> {
    let path: DerivationPath = path.parse().ok()?;
    let index = *path.levels().get(2)?;
    (path == paths.path(index)).then_some(index)
}
