//! The order of a delivery: the first key alone, then batch by batch. Each batch is recorded, removed
//! where it ran, recorded, sent and listed before the next one is touched.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use super::{Arrival, Arrivals, Client, DeliveryError, HandedOver, Handover, KeySource, Running};
use crate::keymanager::{self, KeyStatus, KeymanagerError};
use stockade::backup::{SetId, whereabouts::Clearance};
use stockade_keystore::{bls::PublicKey, staking::Interchange};
use stockade_wallet::interact::Progress;

/// The longest history sent with one batch, in bytes. Web3signer accepts requests of 10 MiB.
const MAX_HISTORY: usize = 6 * 1024 * 1024;

/// The pause between two listings.
const PAUSE: Duration = Duration::from_secs(2);

/// A delivery of keys to a client.
pub struct Transfer<'a> {
    /// The client that receives the keys.
    pub target: &'a dyn Client,
    /// The client that gives them up, if one does.
    pub from: Option<Handover<'a>>,
    /// The source of the keystores.
    pub keys: &'a dyn KeySource,
    /// The set that the keys are from.
    pub set: &'a SetId,
    /// The number of keys per request.
    pub batch: usize,
    /// How long to list again for keys that were imported but are not listed.
    pub wait: Duration,
}

/// The result of a delivery to a client.
#[non_exhaustive]
pub struct Transferred {
    /// What the other client gave up.
    pub handed: HandedOver,
    /// The history that was sent with the keys.
    pub history: Interchange,
    /// Whether the keys could be listed afterwards.
    pub listed: bool,
}

/// How a batch ended.
enum BatchEnd {
    /// The target lists all of it.
    Arrived,
    /// The target lists what was sent. The rest was not removed elsewhere, and was not sent.
    HeldBack,
    /// Keys were sent, and the target does not list them: if they were removed elsewhere, they run
    /// nowhere.
    Stranded,
}

impl Transfer<'_> {
    /// Sends every key that is not sent yet according to `arrivals`, with its history from `known`.
    pub fn carry_out(
        &self,
        running: &Running,
        known: Interchange,
        clearance: &mut Clearance<'_>,
        arrivals: &mut Arrivals,
        progress: &mut dyn Progress,
    ) -> Result<Transferred, DeliveryError> {
        let lacking = arrivals.lacking();
        let mut all = Transferred { handed: HandedOver::default(), history: known, listed: true };
        all.handed.before.extend(running.before.iter().filter(|key| lacking.contains(key)));
        let signed = self.from.map(|from| from.signed(&lacking)).transpose()?.unwrap_or_default();
        let mut done = 0;
        for (keys, is_first) in self.batches(&lacking, running, &signed) {
            progress.step("delivering", done, lacking.len());
            if progress.stopped() {
                arrivals.failure = Some(KeymanagerError::Stopped(self.target.url().to_owned()));
                break;
            }
            let end = self
                .deliver(&keys, running, &signed, clearance, arrivals, &mut all)
                .map_err(|error| all.handed.ended_by(error, &arrivals.arrived()))?;
            done += keys.len();
            // No more keys are removed while removed ones run nowhere.
            let stop = match end {
                BatchEnd::Arrived => false,
                BatchEnd::HeldBack => self.from.is_some() && is_first,
                BatchEnd::Stranded => self.from.is_some(),
            };
            if stop || arrivals.failure.is_some() {
                break;
            }
        }
        for (key, why) in all.handed.held.iter().chain(all.handed.kept.iter().map(|(k, w)| (k, w)))
        {
            arrivals.hold_back(key, why);
        }
        progress.step("delivering", lacking.len(), lacking.len());
        Ok(all)
    }

    /// Delivers one batch.
    fn deliver(
        &self,
        keys: &[PublicKey],
        running: &Running,
        signed: &BTreeSet<PublicKey>,
        clearance: &mut Clearance<'_>,
        arrivals: &mut Arrivals,
        all: &mut Transferred,
    ) -> Result<BatchEnd, DeliveryError> {
        let mut deliverable = keys.to_vec();
        if let Some(from) = self.from {
            let runs: BTreeSet<_> = running.listed.iter().collect();
            let (runs, before): (Vec<_>, Vec<_>) = keys.iter().partition(|key| runs.contains(key));
            deliverable = Vec::new();
            if !before.is_empty() {
                let (gone, history) = from.recall(&before, clearance, signed, &mut all.handed)?;
                deliverable.extend(gone);
                if let Some(history) = history {
                    all.history = all.history.clone().merge([history])?;
                }
            }
            if !runs.is_empty() {
                let (taken, history) = from.take(&runs, clearance, signed, &mut all.handed)?;
                deliverable.extend(taken);
                if let Some(history) = history {
                    all.history = all.history.clone().merge([history])?;
                }
            }
        }
        if deliverable.is_empty() {
            return Ok(BatchEnd::HeldBack);
        }
        self.send(&deliverable, clearance, arrivals, all)?;
        let there: BTreeSet<_> = arrivals.arrived().into_iter().collect();
        Ok(if deliverable.iter().any(|key| !there.contains(key)) {
            BatchEnd::Stranded
        } else if deliverable.len() < keys.len() {
            BatchEnd::HeldBack
        } else {
            BatchEnd::Arrived
        })
    }

    /// Sends a batch, lists what arrived, and records it.
    fn send(
        &self,
        keys: &[PublicKey],
        clearance: &mut Clearance<'_>,
        arrivals: &mut Arrivals,
        all: &mut Transferred,
    ) -> Result<(), DeliveryError> {
        let permit = clearance.send(keys)?;
        let sealed = self.keys.seal(keys, &permit)?;
        let history = self.history_of(keys, &all.history)?;
        let import = keymanager::Import {
            keystores: sealed.iter().map(|key| key.keystore.as_str()).collect(),
            passwords: sealed.iter().map(|key| key.password.expose()).collect(),
            slashing_protection: Some(&history),
        };
        let answer = self.target.import(&import);
        let listed = self.listed(keys, answer.as_deref().unwrap_or_default());
        let mut outcomes = match answer {
            Ok(statuses) => {
                keys.iter().copied().zip(statuses.into_iter().map(Arrival::from)).collect()
            }
            Err(failure) => {
                self.failed(keys, failure, listed.as_ref().ok(), clearance, arrivals)?
            }
        };
        match listed {
            Ok(listed) => {
                Arrival::compare(&mut outcomes, &listed);
                let those = |is: &dyn Fn(&Arrival) -> bool| {
                    let those = outcomes.iter().filter(|(_, arrival)| is(arrival));
                    those.map(|(key, _)| *key).collect::<Vec<_>>()
                };
                clearance.listed(&those(&|arrival| arrival.is_there()))?;
                clearance.accepted(&those(&|arrival| matches!(arrival, Arrival::Accepted(_))))?;
            }
            Err(error) => {
                all.listed = false;
                outcomes.values_mut().for_each(|arrival| arrival.unlisted(&error.to_string()));
                arrivals.failure.get_or_insert(error);
            }
        }
        arrivals.set(outcomes);
        Ok(())
    }

    /// The outcome for each key of a request that failed as a whole.
    fn failed(
        &self,
        keys: &[PublicKey],
        failure: KeymanagerError,
        listed: Option<&BTreeSet<PublicKey>>,
        clearance: &mut Clearance<'_>,
        arrivals: &mut Arrivals,
    ) -> Result<super::arrival::Outcomes, DeliveryError> {
        let nothing = listed.is_some_and(|listed| keys.iter().all(|key| !listed.contains(key)));
        let arrival = if failure.is_refusal() && nothing {
            clearance.rejected(keys)?;
            Arrival::Error(failure.to_string())
        } else {
            Arrival::Unknown(failure.to_string())
        };
        arrivals.failure = Some(failure);
        Ok(keys.iter().map(|key| (*key, arrival.clone())).collect())
    }

    /// Lists the target's keys. While it does not list keys that it imported, lists again for some time.
    fn listed(
        &self,
        keys: &[PublicKey],
        statuses: &[KeyStatus],
    ) -> Result<BTreeSet<PublicKey>, KeymanagerError> {
        let begun = Instant::now();
        let taken = keys.iter().zip(statuses).filter(|(_, status)| **status == KeyStatus::Imported);
        let taken: Vec<_> = taken.map(|(key, _)| *key).collect();
        loop {
            let listed: BTreeSet<_> = self.target.list()?.iter().map(|key| key.pubkey).collect();
            let there = taken.iter().all(|key| listed.contains(key));
            if there || begun.elapsed() + PAUSE > self.wait {
                return Ok(listed);
            }
            thread::sleep(PAUSE);
        }
    }

    /// The history to send with a batch: a client imports it before it signs with the keys. If it is too
    /// long, its shortest form is sent, which has the same bounds.
    fn history_of(&self, keys: &[PublicKey], all: &Interchange) -> Result<String, DeliveryError> {
        let history = all.only(&keys.iter().copied().collect());
        let is_long = history.json_len()? > MAX_HISTORY;
        Ok(if is_long { history.minimal().to_json()? } else { history.to_json()? })
    }

    /// Divides the keys into batches, each with whether it is the first one to be removed. That one is a
    /// single key, if possible one that is known to have signed.
    fn batches(
        &self,
        lacking: &[PublicKey],
        running: &Running,
        signed: &BTreeSet<PublicKey>,
    ) -> Vec<(Vec<PublicKey>, bool)> {
        let size = self.batch.max(1);
        let chunks = |keys: &[PublicKey]| {
            keys.chunks(size).map(|keys| (keys.to_vec(), false)).collect::<Vec<_>>()
        };
        if self.from.is_none() {
            return chunks(lacking);
        }
        let runs: BTreeSet<_> = running.listed.iter().collect();
        let (mut runs, before): (Vec<_>, Vec<_>) =
            lacking.iter().partition(|key| runs.contains(key));
        // Keys that run nowhere come first.
        let mut batches = chunks(&before);
        let first = runs.iter().position(|key| signed.contains(key)).unwrap_or(0);
        if first < runs.len() {
            batches.push((vec![runs.remove(first)], true));
        }
        batches.extend(chunks(&runs));
        batches
    }
}
