//! Drill: does every key really open? In memory only; nothing is written.

use std::collections::{BTreeMap, HashMap};

use super::charon_node::{self, Compared};

use crate::backup::{
    check::{
        inspect::Inspection,
        scrub::{Scrubbed, ScrubbedSet},
    },
    copy::Copy,
    set::{
        charon_folder,
        error::BackupError,
        manifest::KeystoreEntry,
        origin::OriginVerdict,
        set_id::SetId,
        verdict::{Level, Reason, Report},
    },
    unlock::{
        access::Access,
        approvals,
        error::UnlockError,
        opened::{self, OpenedSet},
        rederive::{self, Roots},
    },
};
use crate::store::StorePath;
use stockade_base::eth::Address;
use stockade_keystore::staking::Network;

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

/// How many approvals on the wallet [`drill`] takes, if that is certain in advance.
pub fn approvals(scrubbed: &Scrubbed, access: &Access<'_>) -> Option<usize> {
    approvals::of_drill(scrubbed, access)
}

/// Opens every key of every set of `scrubbed`. Keys from the batches of wallets that are plugged in
/// are derived again and compared.
pub fn drill(
    copies: &[Copy],
    scrubbed: &Scrubbed,
    access: &mut Access<'_>,
) -> Result<Report, BackupError> {
    let mut outcomes: HashMap<SetId, Outcome> = HashMap::new();
    let mut notes = Vec::new();
    let mut in_locks = BTreeMap::new();
    // Two sets may hold keys of one batch: its secret is asked for once.
    let mut roots: HashMap<Network, Roots> = HashMap::new();
    for set in &scrubbed.sets {
        let outcome = match opened::open(set, copies, access) {
            Ok(opened) => {
                notes.extend(opened.notes.iter().cloned());
                let keys = opened.keys(set, copies, access.progress)?.into_iter();
                // That they opened is enough: none stays in memory while the wallet is asked.
                let keys: Vec<_> = keys.map(|(entry, key)| (entry, key.map(drop))).collect();
                let compared = locks(&opened, set, copies).unwrap_or_else(|why| {
                    notes.push(why);
                    Compared::default()
                });
                let good_macs = opened.good_macs(set);
                drop(opened);
                let network = set.id.network();
                let roots = roots.entry(network).or_insert_with(|| Roots::new(network));
                let again = rederive::compare(&keys, roots, access)?;
                notes.extend(
                    again.not_here.iter().map(|(address, count)| not_here(address, *count)),
                );
                let reason = |(entry, key): (&KeystoreEntry, Result<_, Reason>)| {
                    let reason = key.err().or(again.reasons.get(&entry.file).copied());
                    (entry.file.clone(), reason.unwrap_or(Reason::Ok))
                };
                in_locks.extend(&compared.found);
                let reason = |(entry, key): (&KeystoreEntry, Result<_, Reason>)| {
                    let (file, found) = reason((entry, key));
                    let is_wrong = found == Reason::Ok && compared.wrong.contains(&entry.pubkey);
                    (file, if is_wrong { Reason::OtherCluster } else { found })
                };
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
    let pins = access.pins();
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
    report.in_locks = in_locks;
    Ok(report)
}

/// Compares the shares of a set with the locks that it keeps. `Err`: why that was not possible.
fn locks(opened: &OpenedSet<'_>, set: &ScrubbedSet, copies: &[Copy]) -> Result<Compared, String> {
    if charon_folder::folders(&opened.read.manifest.files).is_empty() {
        return Ok(Compared::default());
    }
    let shares: Vec<_> = opened.read.manifest.shares().collect();
    charon_node::compare(&charon_node::kept(opened, set, copies)?, &shares).map_err(|why| {
        format!("set {}: its shares could not be compared with the cluster lock: {why}", set.id)
    })
}

fn not_here(address: &Address, count: usize) -> String {
    format!(
        "{count} keys were opened and not made again: the wallet that makes them (check address \
         {address}) is not here"
    )
}
