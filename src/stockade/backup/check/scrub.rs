//! Scrub: compares every byte of every copy with what was written. Needs no wallet and no secret.

use super::{
    ahead, inspect::Inspection, listing::Listing, manifest_cache::ManifestCache, reading::HEADS,
};
pub use super::{
    report::{expect, expect_lock, tell_unreachable},
    scrubbed::{Scrubbed, ScrubbedSet},
};
use crate::backup::{
    copy::Copy,
    set::{error::BackupError, set_id::SetId},
};
use stockade_wallet::interact::Progress;

/// Reads every byte of the sets in `copies`, or only of the set `only`.
pub fn read(
    copies: &[Copy],
    only: Option<&SetId>,
    progress: &mut dyn Progress,
) -> Result<Scrubbed, BackupError> {
    read_with(ManifestCache::default(), copies, only, progress)
}

/// Like [`read`], for sets that are opened afterwards: keystores in buckets are kept in memory, as far
/// as there is room, and are not read again.
pub fn read_to_open(
    copies: &[Copy],
    only: Option<&SetId>,
    progress: &mut dyn Progress,
) -> Result<Scrubbed, BackupError> {
    read_with(ManifestCache::for_opening(), copies, only, progress)
}

fn read_with(
    mut known: ManifestCache,
    copies: &[Copy],
    only: Option<&SetId>,
    progress: &mut dyn Progress,
) -> Result<Scrubbed, BackupError> {
    let listing = Listing::of(copies, only)?;
    let sets = read_sets(copies, &listing, &mut known, progress);
    let Listing { mut retired, problems, mut warnings, .. } = listing;
    if known.refused() {
        warnings.push(
            "the manifests of these sets are too large to hold together: check one set at a \
             time with --set"
                .to_owned(),
        );
    }
    retired.sort();
    retired.dedup();
    Ok(Scrubbed { sets, retired, problems, warnings })
}

/// Reads the sets that were listed, several at a time where a copy answers slowly.
fn read_sets(
    copies: &[Copy],
    listing: &Listing,
    known: &mut ManifestCache,
    progress: &mut dyn Progress,
) -> Vec<ScrubbedSet> {
    let ids: Vec<_> = listing.sets().cloned().collect();
    let total = ids.len() * copies.len();
    let (mut sets, mut rest) = (Vec::new(), ids.as_slice());
    while !rest.is_empty() {
        progress.step("reading", sets.len() * copies.len(), total);
        let (now, later) = rest.split_at(ahead::together(copies, rest, &HEADS).min(rest.len()));
        let pairs = now.iter().flat_map(|id| {
            let there = copies.iter().zip(listing.is_in(id));
            there.filter_map(move |(copy, is_there)| is_there.then_some((copy, id)))
        });
        let mut read = Inspection::read_all(&pairs.collect::<Vec<_>>(), known).into_iter();
        for id in now {
            let of_copy = listing.is_in(id).map(|is_there| is_there.then(|| read.next())?);
            sets.push(ScrubbedSet { id: id.clone(), copies: of_copy.collect() });
        }
        rest = later;
    }
    progress.step("reading", total, total);
    sets
}
