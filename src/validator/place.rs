//! Which batch and index come next: no key is ever made twice.

use std::collections::BTreeMap;

use super::{LARGE_BATCH, ValidatorError, WARN_BATCH};
use crate::{
    backup::{ListedSet, SetId, manifest::Source, unknown},
    device_secret::Scheme,
    eth::Address,
    path::DerivationPath,
    staking::Network,
};

/// What a user asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
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
    /// Whether no set on the copies holds a key of this wallet and network yet.
    pub first: bool,
    /// Whether the batch grows past what one root should carry.
    pub warn: bool,
}

/// The keys that exist, by batch and index, and the set that holds each.
type Taken = BTreeMap<(u32, u32), SetId>;

/// Finds the place for a wish among what the copies hold.
pub(super) fn find(
    wish: &Wish,
    wallet: &Address,
    sets: &[ListedSet],
) -> Result<Place, ValidatorError> {
    let explicit = wish.batch.is_some() && wish.start.is_some();
    let taken = taken(wish, wallet, sets, explicit)?;
    let last = taken.keys().map(|(batch, _)| *batch).max();
    let next = |batch: u32| {
        let indices =
            taken.keys().filter(|(b, _)| *b == batch).map(|(_, index)| index.saturating_add(1));
        indices.max().unwrap_or(0)
    };
    let mut batch = wish.batch.or(last).unwrap_or(0);
    let mut start = wish.start.unwrap_or_else(|| next(batch));
    let too_many = |start: u32| u64::from(start) + u64::from(wish.count) > u64::from(WARN_BATCH);
    if wish.batch.is_none() && wish.start.is_none() && start > 0 && too_many(start) {
        // A batch that would grow too large is left as it is, and the next one begun.
        batch = batch.saturating_add(1);
        start = next(batch);
    }
    let end = u64::from(start) + u64::from(wish.count);
    if end > u64::from(LARGE_BATCH) && !wish.allow_large_batch || end > u64::from(u32::MAX) {
        return Err(ValidatorError::LargeBatch { batch, keys: end, limit: LARGE_BATCH });
    }
    if !wish.recreate {
        let wished = start..start.saturating_add(wish.count);
        let clash = taken.range((batch, wished.start)..(batch, wished.end)).next();
        if let Some(((batch, index), set)) = clash {
            return Err(ValidatorError::Exists { batch: *batch, index: *index, set: set.clone() });
        }
    }
    Ok(Place { batch, start, first: taken.is_empty(), warn: too_many(start) })
}

fn taken(
    wish: &Wish,
    wallet: &Address,
    sets: &[ListedSet],
    explicit: bool,
) -> Result<Taken, ValidatorError> {
    let mut taken = Taken::new();
    if let Some(set) = unknown(sets, wish.network)
        && !(explicit && wish.recreate)
    {
        let (set, copy) = (set.id.clone(), set.copy.clone());
        return Err(ValidatorError::UnknownKeys { set, copy });
    }
    // Only what this wallet signed counts: anything else may have rotted, or be made up.
    let own = sets.iter().filter(|set| set.signer.as_ref() == Some(wallet));
    for set in own.filter(|set| set.id.network() == wish.network) {
        for entry in set.keystores() {
            let Source::Device { scheme, batch, check_address } = &entry.source else { continue };
            let Some(index) = index_of(&entry.path) else { continue };
            if *scheme == wish.scheme && check_address == wallet {
                taken.insert((*batch, index), set.id.clone());
            }
        }
    }
    Ok(taken)
}

/// The validator's index in a signing key's path.
fn index_of(path: &str) -> Option<u32> {
    let path: DerivationPath = path.parse().ok()?;
    let index = *path.levels().get(2)?;
    (path == DerivationPath::signing_key(index)).then_some(index)
}
