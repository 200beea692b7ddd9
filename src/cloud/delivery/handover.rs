//! Taking keys from the client that runs them: it removes them and says what they signed, and that
//! is kept beside the set before anything else happens. Two clients never have one key.

use std::collections::{BTreeMap, BTreeSet};

use super::{DeliveryError, mark};
use crate::{
    backup::{
        Copy, SetId,
        delivery_mark::DeliveryMark,
        history,
        marks::{self, Mark as _},
    },
    bls::PublicKey,
    cloud::keymanager::{Deleted, KeyStatus, Keymanager},
    interact::Progress,
    staking::{Interchange, Newest},
    timestamp::Timestamp,
};

/// Who gives the keys up, to whom, and where it is kept what they signed.
pub struct Handover<'a> {
    /// The client that runs them.
    pub from: &'a Keymanager,
    /// The URL of the client that gets them.
    pub to: &'a str,
    /// Every copy of the set.
    pub copies: &'a [Copy],
    /// The set.
    pub set: &'a SetId,
    /// How many keys go with one request.
    pub batch: usize,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct HandedOver {
    /// Removed now.
    pub removed: BTreeSet<PublicKey>,
    /// Removed before, by a run that was interrupted.
    pub before: BTreeSet<PublicKey>,
    /// Not removed, and why: they may still run there.
    pub kept: Vec<(PublicKey, String)>,
    /// Removed, without a word of what they signed, though they are known to have signed.
    pub silent: BTreeSet<PublicKey>,
    /// How many it was asked to remove last, where no answer came that counts.
    in_question: usize,
}

/// Which keys a client runs, and which not.
#[derive(Debug, Default)]
pub struct Running {
    /// It lists them.
    pub listed: Vec<PublicKey>,
    /// It does not, and nothing says yet that they run elsewhere.
    pub gone: Vec<PublicKey>,
}

/// What became of one key that a client was asked to remove.
struct Removal {
    key: PublicKey,
    status: KeyStatus,
    /// It is known to have signed, and the client's history does not speak of it.
    silent: bool,
    /// It signed just now, by what this client says itself.
    recent: bool,
}

impl HandedOver {
    /// Why a key is not to be delivered, where it is not.
    pub fn holds_back(&self, key: &PublicKey) -> Option<String> {
        if self.silent.contains(key) {
            return Some(
                "removed where it ran, which says nothing of what it signed, and it did sign: \
                 export its history there"
                    .to_owned(),
            );
        }
        let (_, why) = self.kept.iter().find(|(kept, _)| kept == key)?;
        Some(format!("not removed where it ran: {why}"))
    }

    /// Those that were removed, now or by a run before, and that `arrived` nowhere.
    pub fn nowhere(&self, arrived: &[PublicKey]) -> usize {
        let gone = self.removed.union(&self.before);
        gone.filter(|key| !arrived.contains(key)).count()
    }

    /// An error that ends a handover does not say by itself what was removed until then.
    fn ended_by(&self, source: DeliveryError) -> DeliveryError {
        match (self.nowhere(&[]), self.in_question) {
            (0, 0) => source,
            (removed, in_question) => {
                DeliveryError::Removing { source: Box::new(source), removed, in_question }
            }
        }
    }

    fn take_removed(&mut self, key: PublicKey, silent: bool) {
        self.removed.insert(key);
        if silent {
            self.silent.insert(key);
        }
    }
}

impl Handover<'_> {
    /// Asks what the client runs of `keys`, and removes nothing. Keys that may be elsewhere are an
    /// error.
    pub fn ask(&self, keys: &[PublicKey]) -> Result<Running, DeliveryError> {
        let listed: BTreeSet<_> = self.from.list()?.iter().map(|key| key.pubkey).collect();
        self.require_own(keys)?;
        let (listed, gone): (Vec<_>, Vec<_>) = keys.iter().partition(|key| listed.contains(key));
        let marks = mark::of(self.copies, self.set, &gone)?;
        self.require_not_elsewhere(&gone, &DeliveryMark::last(&marks))?;
        Ok(Running { listed, gone })
    }

    /// Removes `keys` there. Whatever it answers is kept in every copy, batch by batch.
    pub fn take(
        &self,
        keys: &[PublicKey],
        progress: &mut dyn Progress,
    ) -> Result<HandedOver, DeliveryError> {
        for copy in self.copies {
            copy.require_writable()?;
        }
        let Running { listed, gone } = self.ask(keys)?;
        let signed = self.signed(keys)?;
        let mut all = HandedOver::default();
        // First what it does not run: where that has to stop the handover, nothing was removed yet.
        let ended = self
            .ask_after(&gone, &signed, &mut all)
            .and_then(|()| self.mark(keys))
            .and_then(|()| self.remove_listed(&listed, &signed, &mut all, progress))
            .and_then(|()| self.require_gone(&mut all));
        match ended {
            Ok(()) => Ok(all),
            Err(source) => Err(all.ended_by(source)),
        }
    }

    /// Removes what it runs, batch by batch.
    fn remove_listed(
        &self,
        listed: &[PublicKey],
        signed: &BTreeSet<PublicKey>,
        all: &mut HandedOver,
        progress: &mut dyn Progress,
    ) -> Result<(), DeliveryError> {
        for (done, batch) in listed.chunks(self.batch.max(1)).enumerate() {
            progress.step("removing", done * self.batch, listed.len());
            self.from.go_on(progress)?;
            for Removal { key, status, silent, .. } in self.remove(batch, signed, all)? {
                match status {
                    KeyStatus::Deleted => all.take_removed(key, silent),
                    // Another removed it meanwhile, and may have had a use for it.
                    KeyStatus::NotActive => all.kept.push((
                        key,
                        "it listed the key, and then said that it was not active: look who removed \
                         it, and where it runs"
                            .to_owned(),
                    )),
                    KeyStatus::Error(why) => all.kept.push((key, why)),
                    other => all.kept.push((key, format!("it answered {other:?}"))),
                }
            }
        }
        progress.step("removing", listed.len(), listed.len());
        Ok(())
    }

    /// A key that it has another signer for is signed with after its removal, too.
    fn require_own(&self, keys: &[PublicKey]) -> Result<(), DeliveryError> {
        let remote = self.from.list_remote_if_any()?;
        let asked: BTreeSet<_> = keys.iter().collect();
        match remote.into_iter().find(|remote| asked.contains(&remote.pubkey)) {
            None => Ok(()),
            Some(remote) => Err(DeliveryError::SignedElsewhere {
                url: self.from.url().to_owned(),
                key: Box::new(remote.pubkey),
                signer: remote.url,
            }),
        }
    }

    /// What was last sent to a third client may run there, whoever else had it before.
    fn require_not_elsewhere(
        &self,
        gone: &[PublicKey],
        last: &BTreeMap<PublicKey, &DeliveryMark>,
    ) -> Result<(), DeliveryError> {
        let third = |mark: &DeliveryMark| mark.to != self.to && mark.to != self.from.url();
        let sent = gone.iter().filter_map(|key| last.get(key).filter(|mark| third(mark)));
        let sent: Vec<_> = sent.collect();
        match sent.last() {
            None => Ok(()),
            Some(mark) => Err(DeliveryError::Elsewhere {
                url: self.from.url().to_owned(),
                keys: sent.len(),
                to: mark.to.clone(),
                time: mark.time().to_owned(),
            }),
        }
    }

    /// Those of the keys that are gone which an interrupted run of just this delivery may have
    /// removed, and whether a history of them was kept since it began.
    fn interrupted(&self, gone: &[PublicKey]) -> Result<BTreeMap<PublicKey, bool>, DeliveryError> {
        let marks = mark::of(self.copies, self.set, gone)?;
        let last = DeliveryMark::last(&marks);
        let covered = history::covered(self.copies, self.set)?;
        let of = |key: &PublicKey| {
            let begun = mark::begun(last.get(key)?, self.to, Some(self.from.url()))?;
            Some((*key, covered.get(key).is_some_and(|time| *time >= begun)))
        };
        Ok(gone.iter().filter_map(of).collect())
    }

    /// Leaves word in every copy of where the keys go, before one is removed.
    fn mark(&self, keys: &[PublicKey]) -> Result<(), DeliveryError> {
        let marks = mark::of(self.copies, self.set, keys)?;
        let Some(mark) = mark::new(&marks, keys, self.to, Some(self.from.url())) else {
            return Ok(());
        };
        Ok(self.copies.iter().try_for_each(|copy| marks::leave(&mark, copy, self.set))?)
    }

    /// Keys that are not listed there: removed by a run that ended before its time, or never there,
    /// and then it is not known where they run.
    fn ask_after(
        &self,
        gone: &[PublicKey],
        signed: &BTreeSet<PublicKey>,
        all: &mut HandedOver,
    ) -> Result<(), DeliveryError> {
        let interrupted = self.interrupted(gone)?;
        let mut unknown = Vec::new();
        for batch in gone.chunks(self.batch.max(1)) {
            for Removal { key, status, silent, recent } in self.remove(batch, signed, all)? {
                match (status, interrupted.get(&key)) {
                    // It ran all the same.
                    (KeyStatus::Deleted, _) => all.take_removed(key, silent),
                    (_, Some(true)) => {
                        all.before.insert(key);
                    }
                    (KeyStatus::NotActive, Some(false)) if !silent => {
                        all.before.insert(key);
                    }
                    // What it signed here last tells whether it was removed just now, or runs
                    // elsewhere since long: there are histories of other clients beside the set.
                    (KeyStatus::NotActive, None) if recent => {
                        all.before.insert(key);
                    }
                    _ => unknown.push(key),
                }
            }
        }
        match unknown.is_empty() {
            true => Ok(()),
            false => {
                Err(DeliveryError::NotThere { url: self.from.url().to_owned(), keys: unknown })
            }
        }
    }

    /// Those of which a history beside the set says that they signed.
    fn signed(&self, keys: &[PublicKey]) -> Result<BTreeSet<PublicKey>, DeliveryError> {
        let kept = history::kept(self.copies, self.set, keys)?;
        let newest = kept.found.into_iter().flat_map(|(_, history)| history.newest);
        Ok(newest.filter(|(_, newest)| newest.signed()).map(|(key, _)| key).collect())
    }

    fn remove(
        &self,
        keys: &[PublicKey],
        signed: &BTreeSet<PublicKey>,
        all: &mut HandedOver,
    ) -> Result<Vec<Removal>, DeliveryError> {
        let deleted = self.from.delete(keys).inspect_err(|error| {
            all.in_question = if error.is_refusal() { 0 } else { keys.len() };
        })?;
        let statuses = keys.iter().zip(&deleted.statuses);
        let gone = statuses.filter(|(_, status)| **status == KeyStatus::Deleted);
        // Counted before anything else can go wrong.
        all.removed.extend(gone.map(|(key, _)| *key));
        let said = self.keep(keys, &deleted, signed)?;
        let (network, now) = (self.set.network(), Timestamp::now());
        let removal = |(key, status): (&PublicKey, KeyStatus)| {
            let of_it = said.get(key);
            let silent = signed.contains(key) && of_it.is_none();
            let recent = of_it.is_some_and(|newest| history::is_recent(newest, network, now));
            Removal { key: *key, status, silent, recent }
        };
        Ok(keys.iter().zip(deleted.statuses).map(removal).collect())
    }

    /// Keeps in every copy what it says that the keys signed, and gives it. What was removed and never
    /// signed is covered as well, so that a run after this one knows of it.
    fn keep(
        &self,
        keys: &[PublicKey],
        deleted: &Deleted,
        signed: &BTreeSet<PublicKey>,
    ) -> Result<BTreeMap<PublicKey, Newest>, DeliveryError> {
        let raw = deleted.slashing_protection.as_bytes();
        // What the next run would refuse stops this one, while the other keys still run.
        let parsed = history::parse_kept(raw, self.set.network());
        let gone = keys.iter().zip(&deleted.statuses);
        let gone =
            gone.filter(|(key, status)| **status == KeyStatus::Deleted && !signed.contains(key));
        let gone: Vec<_> = gone.map(|(key, _)| *key).collect();
        let bytes = match &parsed {
            Ok(history) if gone.is_empty() && history.records().is_empty() => {
                return Ok(BTreeMap::new());
            }
            Ok(history) => Interchange::covering(history.clone(), &gone).to_json()?.into_bytes(),
            // Whatever it is, it is all that is known: kept as it came, for a person to look at.
            Err(_) => raw.to_vec(),
        };
        for copy in self.copies {
            history::keep(copy, self.set, &bytes, Timestamp::now()).map_err(|source| {
                DeliveryError::NotKept { copy: copy.dir().to_owned(), source: Box::new(source) }
            })?;
        }
        parsed
            .map(|history| history.newest())
            .map_err(|why| DeliveryError::Unreadable { url: self.from.url().to_owned(), why })
    }

    /// It said that it removed them; what it lists says whether it did.
    fn require_gone(&self, all: &mut HandedOver) -> Result<(), DeliveryError> {
        let listed = self.from.list()?;
        for key in listed.iter().map(|listed| listed.pubkey) {
            if all.removed.remove(&key) || all.before.remove(&key) {
                all.silent.remove(&key);
                all.kept.push((key, "it still lists it".to_owned()));
            }
        }
        Ok(())
    }
}
