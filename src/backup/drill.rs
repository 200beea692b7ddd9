//! Drill: does every key really open? In memory only; nothing is written.

use std::collections::HashMap;

use super::{
    BackupError, Copy, SetId,
    inspect::Inspection,
    manifest::KeystoreEntry,
    opened::{self, Closed},
    origin::{OriginVerdict, Pins},
    rederive,
    scrub::{Scrubbed, ScrubbedSet},
    verdict::{Level, Reason, Report},
};
use crate::{
    device::Wallet,
    device_secret,
    interact::{Interact, Progress},
    store::StorePath,
};

/// What a drill needs beside the copies.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whose signature makes a set one's own. The attached wallet's own is added.
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

/// Opens every key of every set of `scrubbed` with `wallet`; keys of this wallet's own batches are
/// made again and compared.
pub fn drill(
    copies: &[Copy],
    scrubbed: &Scrubbed,
    options: &Options,
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
    progress: &mut dyn Progress,
) -> Result<Report, BackupError> {
    let address = device_secret::check_address(wallet, user)?;
    let pins = Pins { wallet: Some(address), ..options.pins.clone() };
    let mut outcomes: HashMap<SetId, Outcome> = HashMap::new();
    for set in &scrubbed.sets {
        let accept = options.accept_unknown_origin;
        let outcome = match opened::open(set, copies, &pins, accept, wallet, &address, user) {
            Ok(opened) => {
                let keys = opened.keys(set, copies, progress)?;
                let again =
                    rederive::compare(&keys, set.id.network(), wallet, &address, user, progress)?;
                let reason = |(entry, key): (&KeystoreEntry, Result<_, Reason>)| {
                    let reason = key.err().or(again.get(&entry.file).copied());
                    (entry.file.clone(), reason.unwrap_or(Reason::Ok))
                };
                let good_macs = opened.good_macs(set, copies);
                Outcome::Opened { keys: keys.into_iter().map(reason).collect(), good_macs }
            }
            Err(Closed::Verdict(reason)) => Outcome::Closed(reason),
            Err(Closed::Failed(error)) => return Err(error.into()),
        };
        outcomes.insert(set.id.clone(), outcome);
    }
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
    Ok(scrubbed.report_as(Level::Opened, copies, &pins, &judge))
}
