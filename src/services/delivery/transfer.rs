//! The order of a delivery: the first key alone, then batch by batch. Each batch is written down,
//! removed where it ran, written down, sent, and listed before the next one is touched.

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

/// The longest history that goes with one batch, in bytes: Web3signer takes 10 MiB a request.
const MAX_HISTORY: usize = 6 * 1024 * 1024;

/// How long to wait between two listings.
const PAUSE: Duration = Duration::from_secs(2);

/// What goes where.
pub struct Transfer<'a> {
    /// The client that gets the keys.
    pub target: &'a dyn Client,
    /// The client that gives them up, where one does.
    pub from: Option<Handover<'a>>,
    /// Where the keystores come from.
    pub keys: &'a dyn KeySource,
    /// The set's name.
    pub set: &'a SetId,
    /// How many keys go with one request.
    pub batch: usize,
    /// How long to list again for keys that were taken and are not listed.
    pub wait: Duration,
}

/// What came of it.
pub struct Transferred {
    /// What the other client gave up.
    pub handed: HandedOver,
    /// What went along with the keys.
    pub history: Interchange,
    /// Whether what arrived was listed afterwards.
    pub listed: bool,
}

impl Transfer<'_> {
    /// Sends every key that `arrivals` says was not sent, with the history `known` of it.
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
            let there = self
                .deliver(&keys, running, &signed, clearance, arrivals, &mut all)
                .map_err(|error| all.handed.ended_by(error, &arrivals.arrived()))?;
            done += keys.len();
            // Nothing more is removed while it is open whether the last batch arrived.
            let stop = if self.from.is_some() { is_first && !there } else { false };
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

    /// One batch. Says whether all of it is listed at the target now.
    fn deliver(
        &self,
        keys: &[PublicKey],
        running: &Running,
        signed: &BTreeSet<PublicKey>,
        clearance: &mut Clearance<'_>,
        arrivals: &mut Arrivals,
        all: &mut Transferred,
    ) -> Result<bool, DeliveryError> {
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
            return Ok(false);
        }
        self.send(&deliverable, clearance, arrivals, all)?;
        let there: BTreeSet<_> = arrivals.arrived().into_iter().collect();
        Ok(keys.iter().all(|key| there.contains(key)))
    }

    /// Sends a batch, lists what arrived, and writes it down.
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
        let mut became = match answer {
            Ok(statuses) => {
                keys.iter().copied().zip(statuses.into_iter().map(Arrival::from)).collect()
            }
            Err(failure) => {
                self.failed(keys, failure, listed.as_ref().ok(), clearance, arrivals)?
            }
        };
        match listed {
            Ok(listed) => {
                Arrival::compare(&mut became, &listed);
                let those = |is: &dyn Fn(&Arrival) -> bool| {
                    let those = became.iter().filter(|(_, arrival)| is(arrival));
                    those.map(|(key, _)| *key).collect::<Vec<_>>()
                };
                clearance.listed(&those(&|arrival| arrival.is_there()))?;
                clearance.accepted(&those(&|arrival| matches!(arrival, Arrival::Accepted(_))))?;
            }
            Err(error) => {
                all.listed = false;
                became.values_mut().for_each(|arrival| arrival.unlisted(&error.to_string()));
                arrivals.failure.get_or_insert(error);
            }
        }
        arrivals.set(became);
        Ok(())
    }

    /// What a request that failed as a whole means for each of its keys.
    fn failed(
        &self,
        keys: &[PublicKey],
        failure: KeymanagerError,
        listed: Option<&BTreeSet<PublicKey>>,
        clearance: &mut Clearance<'_>,
        arrivals: &mut Arrivals,
    ) -> Result<super::arrival::Became, DeliveryError> {
        let nothing = listed.is_some_and(|listed| keys.iter().all(|key| !listed.contains(key)));
        let arrival = match failure.is_refusal() && nothing {
            true => {
                clearance.rejected(keys)?;
                Arrival::Error(failure.to_string())
            }
            false => Arrival::Unknown(failure.to_string()),
        };
        arrivals.failure = Some(failure);
        Ok(keys.iter().map(|key| (*key, arrival.clone())).collect())
    }

    /// What the target lists; again and again for a while where it took keys that it does not list.
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

    /// The history goes with each batch, for what is in the batch: a client takes it before it signs
    /// with the first of them. One that is too long goes in its shortest form, which lowers no bound.
    fn history_of(&self, keys: &[PublicKey], all: &Interchange) -> Result<String, DeliveryError> {
        let history = all.only(&keys.iter().copied().collect());
        let json = history.to_json()?;
        match json.len() > MAX_HISTORY {
            true => Ok(history.minimal().to_json()?),
            false => Ok(json),
        }
    }

    /// The keys in batches, each with whether it is the first of those that are removed: that one is a
    /// single key, and one that is known to have signed where there is any.
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
        // What runs nowhere goes first.
        let mut batches = chunks(&before);
        let first = runs.iter().position(|key| signed.contains(key)).unwrap_or(0);
        if first < runs.len() {
            batches.push((vec![runs.remove(first)], true));
        }
        batches.extend(chunks(&runs));
        batches
    }
}
