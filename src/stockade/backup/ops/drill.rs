//! Drill: does every key really open? In memory only; nothing is written.

use std::collections::HashMap;

use crate::backup::{
    check::{
        inspect::Inspection,
        scrub::{Scrubbed, ScrubbedSet},
    },
    copy::Copy,
    set::{
        error::BackupError,
        manifest::KeystoreEntry,
        origin::{OriginVerdict, Pins},
        set_id::SetId,
        verdict::{Level, Reason, Report},
    },
    unlock::{
        error::UnlockError,
        opened,
        rederive::{self, Roots},
        unlockers::Hands,
    },
};
use crate::store::StorePath;
use stockade_base::eth::Address;
use stockade_keystore::staking::Network;
use stockade_wallet::interact::{Interact, Progress};

/// What a drill needs beside the copies.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whose signature makes a set one's own. Those of the wallets at hand are added.
    pub pins: Pins,
    /// Open sets of unknown origin too. Their keys are not proven by that.
    pub accept_unknown_origin: bool,
}

/// What became of one set.
enum Outcome {
    /// It stayed closed, for this reason.
    Closed(Reason),
    /// It was opened.
    Opened {
        /// What is said of each keystore.
        keys: HashMap<StorePath, Reason>,
        /// The copies whose manifest.mac is right.
        good_macs: Vec<String>,
    },
}

/// Opens every key of every set of `scrubbed` with those at hand; keys of the batches of wallets
/// that are plugged in are made again and compared.
pub fn drill(
    copies: &[Copy],
    scrubbed: &Scrubbed,
    options: &Options,
    hands: &mut Hands,
    user: &mut dyn Interact,
    progress: &mut dyn Progress,
) -> Result<Report, BackupError> {
    let mut outcomes: HashMap<SetId, Outcome> = HashMap::new();
    let mut notes = Vec::new();
    // Two sets may hold keys of one batch: its secret is asked for once.
    let mut roots: HashMap<Network, Roots> = HashMap::new();
    for set in &scrubbed.sets {
        let accept = options.accept_unknown_origin;
        let outcome = match opened::open(set, copies, &options.pins, accept, hands, user) {
            Ok(opened) => {
                notes.extend(opened.notes.iter().cloned());
                let keys = opened.keys(set, copies, progress)?;
                let network = set.id.network();
                let roots = roots.entry(network).or_insert_with(|| Roots::new(network));
                let again = rederive::compare(&keys, roots, hands, user, progress)?;
                notes.extend(
                    again.not_here.iter().map(|(address, count)| not_here(address, *count)),
                );
                let reason = |(entry, key): (&KeystoreEntry, Result<_, Reason>)| {
                    let reason = key.err().or(again.reasons.get(&entry.file).copied());
                    (entry.file.clone(), reason.unwrap_or(Reason::Ok))
                };
                let good_macs = opened.good_macs(set);
                Outcome::Opened { keys: keys.into_iter().map(reason).collect(), good_macs }
            }
            Err(UnlockError::Verdict(reason, why)) => {
                notes.extend(why);
                Outcome::Closed(reason)
            }
            Err(UnlockError::Failed(error)) => return Err(error.into()),
        };
        outcomes.insert(set.id.clone(), outcome);
    }
    let pins = hands.pins(&options.pins);
    let judge = |set: &ScrubbedSet, here: &Inspection, origin, entry: &KeystoreEntry| match outcomes
        .get(&set.id)
    {
        Some(Outcome::Closed(reason)) => *reason,
        Some(Outcome::Opened { good_macs, .. }) if !good_macs.contains(&here.copy) => {
            Reason::ManifestMac
        }
        Some(Outcome::Opened { keys, .. }) => match keys.get(&entry.file).copied() {
            // That a stranger's set opens says nothing about one's own keys.
            Some(Reason::Ok) if origin == OriginVerdict::Unknown => Reason::OriginUnknown,
            reason => reason.unwrap_or(Reason::NotChecked),
        },
        None => Reason::NotChecked,
    };
    let mut report = scrubbed.report_as(Level::Opened, copies, &pins, &judge);
    report.warnings.extend(notes);
    Ok(report)
}

fn not_here(address: &Address, count: usize) -> String {
    format!(
        "{count} keys were opened and not made again: the wallet that makes them (check address \
         {address}) is not here"
    )
}
