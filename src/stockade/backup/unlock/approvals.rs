//! How many approvals a check takes, so that each can be numbered. Only where it is certain before
//! anybody is asked: a wrong number is worse than none.

use std::collections::BTreeSet;

use super::{access::Access, unlockers::Unlockers};
use crate::{
    backup::{
        check::scrub::{Scrubbed, ScrubbedSet},
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

/// The prompts for one set.
fn of_set(set: &ScrubbedSet, pins: &Pins, address: &Address) -> Option<BTreeSet<String>> {
    let read = set.manifest(pins)?;
    let is_whole = set.copies.iter().flatten().all(|inspection| inspection.damage.is_empty());
    let is_own = set.origin_of(read, pins) == OriginVerdict::ThisWallet;
    if !is_whole || !is_own || read.manifest.threshold != 1 {
        return None;
    }
    let mut wallets = read.manifest.custodians.iter().filter_map(|custodian| custodian.wallet());
    let own = wallets.find(|own| own.check_address == *address)?;
    let mut prompts = BTreeSet::from([Prompt::open_backups(&own.id).to_string()]);
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

impl Unlockers {
    /// The check address of the only unlocker, if that is a wallet.
    fn only_wallet(&self) -> Option<Address> {
        let mut wallets = self.wallets();
        let (_, address) = wallets.next()?;
        (wallets.next().is_none() && !self.has_others()).then_some(*address)
    }
}
