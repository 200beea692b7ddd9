//! A prepared delivery, carried out in its safe order: every removal is written down before it is
//! asked for, what the keys signed is kept in every copy before they are sent, and every key is
//! written down before it leaves.

use std::{path::PathBuf, time::Duration};

use super::{
    Arrivals, DeliveryError, HandedOver, NotReady, OpenedSet, Past, Prepared, Transfer, Transferred,
};
use stockade::backup::{
    BackupError, Copy, Sealing, history,
    restore::Restorable,
    whereabouts::{Record, Release},
};
use stockade_keystore::{
    bls::PublicKey,
    staking::{Interchange, Newest},
};
use stockade_wallet::interact::Progress;

/// How the keys travel.
#[derive(Debug)]
pub struct Options {
    /// How the keystores are sealed.
    pub sealing: Sealing,
    /// How many keys go with one request.
    pub batch: usize,
    /// How long to list again for keys that were taken and are not listed yet.
    pub wait: Duration,
    /// Whether fee recipient, gas limit and graffiti are set at the target as the other client has
    /// them.
    pub take_settings: bool,
}

/// What came of a delivery.
#[derive(Debug)]
pub struct DeliveryReport {
    /// What became of each key.
    pub arrivals: Arrivals,
    /// What the other client gave up.
    pub handed: HandedOver,
    /// The slashing history that went along.
    pub history: Interchange,
    /// Whether what arrived was listed afterwards, and not only answered.
    pub listed: bool,
    /// The settings that the target did not take, each with its words; `None` if they were not to be
    /// taken along.
    pub unset: Option<Vec<(PublicKey, String)>>,
    /// How many keys the other client does not list, so that their settings are not known.
    pub unasked: usize,
    /// The copies that do not know where the keys are now, each with the reason.
    pub unrecorded: Vec<(PathBuf, String)>,
}

impl DeliveryReport {
    /// The removed keys that never signed, as far as is known.
    pub fn never_signed(&self) -> Vec<PublicKey> {
        let signed = self.history.newest();
        let gone = self.handed.removed.iter().chain(&self.handed.before);
        let silent = |key: &&PublicKey| !signed.get(key).is_some_and(Newest::signed);
        let silent = gone.filter(silent).filter(|key| !self.handed.held.contains_key(key));
        silent.copied().collect()
    }

    /// Whether the target does for every key what the other client did; `None` where that is not
    /// known.
    pub fn settings_taken(&self) -> Option<bool> {
        let refused = self.unset.as_ref().map(|unset| !unset.is_empty())?;
        if refused { Some(false) } else { (self.unasked == 0).then_some(true) }
    }

    /// How many keys were removed and arrived nowhere.
    pub fn nowhere(&self) -> usize {
        self.handed.nowhere(&self.arrivals.arrived())
    }
}

impl Prepared<'_> {
    /// Takes the keys from the client that runs them, if any, and sends those that the target lacks.
    /// The user has approved the plan.
    pub fn carry_out(
        &self,
        keys: &Restorable,
        options: &Options,
        tell: &mut dyn FnMut(&str),
        progress: &mut dyn Progress,
    ) -> Result<DeliveryReport, DeliveryError> {
        let request = &self.request;
        let (copies, set) = (request.copies, request.set);
        let from = match &self.past {
            Past::Decided(_) => None,
            Past::From(handover) => {
                copies.iter().try_for_each(Copy::require_writable)?;
                Some(*handover)
            }
        };
        let mut arrivals = self.arrivals(&keys.public_keys());
        let lacking = arrivals.lacking();
        let known = self.known_history(&keys.public_keys())?;
        let label = request.to.label();
        if known.lacks_roots() && !lacking.is_empty() && self.elsewhere.record.knows(label) {
            tell(&format!(
                "warning: {label} may have received this history before, and some of its votes have \
                 no signing root. If such a vote is imported twice, a Prysm with its ordinary database \
                 takes it for a double vote and stops using the key: import nothing twice there"
            ));
        }
        // The record as it is now, after the user looked at the plan for as long as they liked.
        let record = Record::read(copies, set, &lacking)?;
        let release = self.elsewhere.release(request.to, &lacking, self.from());
        let release = Release { running: &self.running.listed, ..release };
        let mut clearance = keys.clear(record, &release, copies)?;
        let transfer = Transfer {
            target: request.target,
            from,
            keys: &OpenedSet { keys, sealing: &options.sealing },
            set,
            batch: options.batch,
            wait: options.wait,
        };
        let Transferred { handed, history, listed } =
            transfer.carry_out(&self.running, known, &mut clearance, &mut arrivals, progress)?;
        let unset =
            options.take_settings.then(|| self.settings.write(request.target, &arrivals.sent()));
        let unasked =
            arrivals.keys.iter().filter(|(key, _)| !self.running.listed.contains(key)).count();
        let unrecorded = clearance.refused().to_vec();
        Ok(DeliveryReport { arrivals, handed, history, listed, unset, unasked, unrecorded })
    }

    /// What the keys signed before: all that goes along with them.
    fn known_history(&self, keys: &[PublicKey]) -> Result<Interchange, DeliveryError> {
        let (copies, set) = (self.request.copies, self.request.set);
        let network = set.network();
        let kept;
        let found = match &self.past {
            Past::Decided(decision) => decision.history(),
            Past::From(_) => {
                kept = history::kept(copies, set, keys)?;
                if !kept.unread.is_empty() {
                    let why = NotReady::Unreadable(kept.unread.join("; ")).to_string();
                    return Err(BackupError::History(why).into());
                }
                kept.found.as_ref().map(|(_, history)| history)
            }
        };
        let Some(found) = found else {
            return Ok(Interchange::new(network.genesis_validators_root()));
        };
        let parsed = history::parse(&found.bytes, network).map_err(BackupError::History)?;
        Ok(parsed.only(&keys.iter().copied().collect()))
    }
}
