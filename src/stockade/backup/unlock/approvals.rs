//! How many approvals a check takes, so that each can be numbered. Only where it is certain before
//! anybody is asked: a wrong number is worse than none.

use std::collections::BTreeSet;

use super::{access::Access, unlockers::Unlockers};
use crate::{
    backup::{
        check::{
            inspect::ReadManifest,
            scrub::{Scrubbed, ScrubbedSet},
        },
        set::{
            manifest::Source,
            origin::{OriginVerdict, Pins},
        },
    },
    device_secret::Prompt,
};
use stockade_base::eth::Address;

/// The number of approvals on the only wallet that a drill takes: it opens the sets, each custodian
/// once, and derives its batches, each once. `None` if anything else can open them, or one may stay
/// closed.
pub(crate) fn of_drill(scrubbed: &Scrubbed, access: &Access<'_>) -> Option<usize> {
    let address = access.unlockers.only_wallet()?;
    let pins = access.pins();
    let mut prompts = BTreeSet::new();
    for set in &scrubbed.sets {
        prompts.extend(of_set(set, &pins, &address)?);
    }
    Some(prompts.len())
}

/// The number of approvals on the only wallet that it takes to open these sets: each custodian's once.
/// `None` if anything else can open them, or one may stay closed.
pub(crate) fn of_opening(sets: &[&ScrubbedSet], access: &Access<'_>) -> Option<usize> {
    let address = access.unlockers.only_wallet()?;
    let pins = access.pins();
    let opened = sets.iter().map(|set| Some(to_open(set, &pins, &address)?.1));
    Some(opened.collect::<Option<BTreeSet<_>>>()?.len())
}

/// The prompts for one set.
fn of_set(set: &ScrubbedSet, pins: &Pins, address: &Address) -> Option<BTreeSet<String>> {
    let (read, open) = to_open(set, pins, address)?;
    let mut prompts = BTreeSet::from([open]);
    for entry in &read.manifest.keystores {
        if let Source::Device { scheme, batch, check_address } = &entry.source
            && check_address == address
        {
            let prompt = Prompt::derive_batch(set.id.network(), *batch);
            prompts.insert(format!("{scheme}: {prompt}"));
        }
    }
    Some(prompts)
}

/// The prompt that opens a set without damage, and the manifest that counts.
fn to_open<'a>(
    set: &'a ScrubbedSet,
    pins: &Pins,
    address: &Address,
) -> Option<(&'a ReadManifest, String)> {
    let read = set.manifest(pins)?;
    let is_whole = set.copies.iter().flatten().all(|inspection| inspection.damage.is_empty());
    let is_own = set.origin_of(read, pins) == OriginVerdict::ThisWallet;
    if !is_whole || !is_own || read.manifest.threshold != 1 {
        return None;
    }
    let mut wallets = read.manifest.custodians.iter().filter_map(|custodian| custodian.wallet());
    let own = wallets.find(|own| own.check_address == *address)?;
    Some((read, Prompt::open_backups(&own.id).to_string()))
}

impl Unlockers {
    /// The check address of the only unlocker, if that is a wallet.
    fn only_wallet(&self) -> Option<Address> {
        let mut wallets = self.wallets();
        let (_, address) = wallets.next()?;
        (wallets.next().is_none() && !self.has_others()).then_some(*address)
    }
}
