//! Taking keys from the client that runs them: it removes them and says what they signed, and that
//! is kept beside the set before anything else happens. Two clients never have one key.

use std::collections::BTreeSet;

use super::DeliveryError;
use crate::{
    backup::{Copy, SetId, history},
    bls::PublicKey,
    cloud::keymanager::{Deleted, KeyStatus, Keymanager},
    interact::Progress,
    staking::Interchange,
    timestamp::Timestamp,
};

/// How long ago an earlier run may have removed a key for this one to go on from there, in seconds.
const INTERRUPTED_SECONDS: i64 = 3600;

/// Who gives the keys up, and where it is kept what they signed.
pub struct Handover<'a> {
    /// The client that runs them.
    pub from: &'a Keymanager,
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
}

impl Handover<'_> {
    /// Removes `keys` there. Whatever it answers is kept in every copy, batch by batch.
    pub fn take(
        &self,
        keys: &[PublicKey],
        progress: &mut dyn Progress,
    ) -> Result<HandedOver, DeliveryError> {
        let now = Timestamp::now();
        let since = Timestamp::from_unix(now.unix() - INTERRUPTED_SECONDS).unwrap_or(now);
        let earlier = history::covered_since(self.copies, self.set, since)?;
        for copy in self.copies {
            copy.require_writable()?;
        }
        let listed: BTreeSet<_> = self.from.list()?.iter().map(|key| key.pubkey).collect();
        let (running, gone): (Vec<_>, Vec<_>) = keys.iter().partition(|key| listed.contains(key));
        let mut all = HandedOver::default();
        // First what it does not run: where that has to stop the handover, nothing was removed yet.
        self.ask_after(&gone, &earlier, &mut all)?;
        for (done, batch) in running.chunks(self.batch.max(1)).enumerate() {
            progress.step("removing", done * self.batch, running.len());
            let deleted = self.remove(batch, all.removed.len())?;
            for (key, status) in batch.iter().zip(deleted) {
                match status {
                    KeyStatus::Deleted | KeyStatus::NotActive => {
                        all.removed.insert(*key);
                    }
                    KeyStatus::Error(why) => all.kept.push((*key, why)),
                    other => all.kept.push((*key, format!("it answered {other:?}"))),
                }
            }
        }
        progress.step("removing", running.len(), running.len());
        self.require_gone(&mut all)?;
        Ok(all)
    }

    /// Keys that are not listed there: removed by a run that ended before its time, or never there,
    /// and then it is not known where they run.
    fn ask_after(
        &self,
        gone: &[PublicKey],
        earlier: &BTreeSet<PublicKey>,
        all: &mut HandedOver,
    ) -> Result<(), DeliveryError> {
        let unexplained: Vec<_> =
            gone.iter().filter(|key| !earlier.contains(key)).copied().collect();
        all.before.extend(gone.iter().filter(|key| earlier.contains(key)));
        for batch in unexplained.chunks(self.batch.max(1)) {
            let statuses = self.remove(batch, 0)?;
            for (key, status) in batch.iter().zip(statuses) {
                match status {
                    KeyStatus::NotActive => all.before.insert(*key),
                    // It ran all the same.
                    KeyStatus::Deleted => all.removed.insert(*key),
                    _ => false,
                };
            }
        }
        // What it signed last tells whether it was removed just now, or runs elsewhere since long.
        let kept = history::kept(self.copies, self.set, &unexplained)?;
        let network = self.set.network();
        let recent = |key: &&PublicKey| {
            let history = kept.found.as_ref().map(|(_, history)| history.of(key));
            all.before.contains(key)
                && history.is_some_and(|history| history.is_recent(network, Timestamp::now()))
        };
        let known = |key: &&PublicKey| all.removed.contains(key) || recent(key);
        let unknown: Vec<_> = unexplained.iter().filter(|key| !known(key)).copied().collect();
        match unknown.is_empty() {
            true => Ok(()),
            false => {
                Err(DeliveryError::NotThere { url: self.from.url().to_owned(), keys: unknown })
            }
        }
    }

    fn remove(&self, keys: &[PublicKey], removed: usize) -> Result<Vec<KeyStatus>, DeliveryError> {
        let deleted =
            self.from.delete(keys).map_err(|source| DeliveryError::Removing { source, removed })?;
        self.keep(keys, &deleted)?;
        Ok(deleted.statuses)
    }

    /// Keeps in every copy what it says that the keys signed. What was removed and never signed is
    /// covered as well, so that a run after this one knows of it.
    fn keep(&self, keys: &[PublicKey], deleted: &Deleted) -> Result<(), DeliveryError> {
        let raw = deleted.slashing_protection.as_bytes();
        let parsed = history::parse(raw, self.set.network());
        let of = |status| move |(_, s): &(_, &KeyStatus)| **s == status;
        let gone = keys.iter().zip(&deleted.statuses).filter(of(KeyStatus::Deleted));
        let gone: Vec<_> = gone.map(|(key, _)| *key).collect();
        let bytes = match &parsed {
            Ok(history) if gone.is_empty() && history.records().is_empty() => return Ok(()),
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
            .map(|_| ())
            .map_err(|why| DeliveryError::Unreadable { url: self.from.url().to_owned(), why })
    }

    /// It said that it removed them; what it lists says whether it did.
    fn require_gone(&self, all: &mut HandedOver) -> Result<(), DeliveryError> {
        for listed in self.from.list()? {
            if all.removed.remove(&listed.pubkey) || all.before.remove(&listed.pubkey) {
                all.kept.push((listed.pubkey, "it still lists it".to_owned()));
            }
        }
        Ok(())
    }
}
