//! Takes keys from the client that runs them: the client removes them and returns their slashing
//! history. A key counts as removed only if the client answers `deleted` for this key and no longer
//! lists it. Otherwise it may still sign there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Client, DeliveryError, error::Absent};
use crate::keymanager::{KeyStatus, Listed};
use stockade::{
    backup::{
        BackupError, Copy, SetId, history,
        whereabouts::{Clearance, Location, Record},
    },
    store::StorePath,
};
use stockade_base::{json, timestamp::Timestamp};
use stockade_keystore::{
    bls::PublicKey,
    staking::{Interchange, MAX_INTERCHANGE_BYTES, Newest},
};

/// A handover of keys by the client that runs them.
#[derive(Clone, Copy)]
pub struct Handover<'a> {
    /// The client that gives the keys up.
    pub client: &'a dyn Client,
    /// The client's location in the record.
    pub at: &'a Location,
    /// All copies of the set.
    pub copies: &'a [Copy],
    /// The set.
    pub set: &'a SetId,
}

/// The keys that a client runs, and those that it gave up before.
#[derive(Debug, Default)]
pub struct Running {
    /// The keys that the client lists.
    pub listed: Vec<PublicKey>,
    /// The keys that, by the record, were removed there and can sign nowhere.
    pub before: Vec<PublicKey>,
}

/// The result of a handover.
#[derive(Debug, Default)]
pub struct HandedOver {
    /// The keys that were removed now.
    pub removed: BTreeSet<PublicKey>,
    /// The keys that an earlier run removed before it was interrupted.
    pub before: BTreeSet<PublicKey>,
    /// The keys that may still sign there, and why.
    pub kept: Vec<(PublicKey, String)>,
    /// The keys that were removed but are not delivered, because of what the client says about them.
    pub held: BTreeMap<PublicKey, String>,
    /// The number of keys that may have been removed.
    pub in_question: usize,
}

impl HandedOver {
    /// The number of keys that were removed, now or before, and have not `arrived`.
    pub fn nowhere(&self, arrived: &[PublicKey]) -> usize {
        let gone = self.removed.union(&self.before);
        gone.filter(|key| !arrived.contains(key)).count()
    }

    /// Why a key is not delivered, if it is not.
    pub fn holds_back(&self, key: &PublicKey) -> Option<&str> {
        if let Some(why) = self.held.get(key) {
            return Some(why);
        }
        self.kept.iter().find(|(kept, _)| kept == key).map(|(_, why)| why.as_str())
    }

    /// Adds to an error what was removed before it happened.
    pub(super) fn ended_by(&self, source: DeliveryError, arrived: &[PublicKey]) -> DeliveryError {
        match (self.nowhere(arrived), self.in_question) {
            (0, 0) => source,
            (removed, in_question) => {
                DeliveryError::Removing { source: Box::new(source), removed, in_question }
            }
        }
    }
}

impl Handover<'_> {
    /// Asks which of `keys` the client runs. Removes nothing. Keys that the client cannot give up or that
    /// may run elsewhere are an error, unless the user said that they are off there.
    pub fn ask(
        &self,
        keys: &[PublicKey],
        record: &Record,
        to: &Location,
        is_off: bool,
    ) -> Result<Running, DeliveryError> {
        let all = self.client.list()?;
        self.require_own(keys)?;
        self.require_removable(keys, &all)?;
        require_network(self.client, self.set)?;
        let all: BTreeSet<_> = all.iter().map(|key| key.pubkey).collect();
        let (listed, gone): (Vec<_>, Vec<_>) = keys.iter().partition(|key| all.contains(key));
        let before =
            if is_off { gone.iter().copied().collect() } else { record.removed_at(self.at, &gone) };
        let unknown: Vec<_> = gone.iter().filter(|key| !before.contains(key)).copied().collect();
        let url = self.client.url().to_owned();
        if !unknown.is_empty() {
            let is_recorded = !record.places(&unknown).is_empty();
            let why = if is_recorded { Absent::NeverRemoved } else { Absent::Unknown };
            return Err(DeliveryError::NotThere { url, keys: unknown, why });
        }
        // This client does not know what they signed elsewhere since then.
        let since = |key: &&PublicKey| !record.is_last_at(self.at, to, key);
        let since: Vec<_> = before.iter().filter(since).copied().collect();
        if !since.is_empty() {
            return Err(DeliveryError::NotThere { url, keys: since, why: Absent::ElsewhereSince });
        }
        Ok(Running { listed, before: before.into_iter().collect() })
    }

    /// Those of `keys` that have signed, according to a history stored with the set.
    pub fn signed(&self, keys: &[PublicKey]) -> Result<BTreeSet<PublicKey>, DeliveryError> {
        let kept = history::kept(self.copies, self.set, keys)?;
        let newest = kept.found.into_iter().flat_map(|(_, history)| history.newest);
        Ok(newest.filter(|(_, newest)| newest.signed()).map(|(key, _)| key).collect())
    }

    /// Has the client remove `keys`, stores their history in every copy, and lists the client's keys
    /// again. Returns the keys that may be delivered, and their history.
    pub(super) fn take(
        &self,
        keys: &[PublicKey],
        clearance: &mut Clearance<'_>,
        signed: &BTreeSet<PublicKey>,
        all: &mut HandedOver,
    ) -> Result<(Vec<PublicKey>, Option<Interchange>), DeliveryError> {
        let permit = clearance.request_removal(keys)?;
        let deleted = match self.client.delete(&permit) {
            Ok(deleted) => deleted,
            Err(error) => {
                if !error.is_refusal() {
                    all.in_question += keys.len();
                    clearance.stuck(keys)?;
                }
                return Err(error.into());
            }
        };
        let gone = keys.iter().zip(&deleted.statuses);
        let gone = gone.filter(|(_, status)| **status == KeyStatus::Deleted);
        let gone: Vec<_> = gone.map(|(key, _)| *key).collect();
        // Counted before anything else can go wrong.
        all.removed.extend(&gone);
        let said = self.said(&deleted.slashing_protection, &gone);
        let kept = match &said {
            Ok(said) => self.keep(said.as_ref(), &gone, signed),
            Err(_) => Ok(()),
        };
        let still = self.still_listed(keys);
        let removed = self.judge(keys, &deleted.statuses, still.as_ref().ok(), all);
        let stuck: Vec<_> = keys.iter().filter(|key| !removed.contains(key)).copied().collect();
        clearance.removed(&removed)?;
        clearance.stuck(&stuck)?;
        // The record now says what became of each key. From here on errors about the history count.
        kept?;
        if said.is_err() && !gone.is_empty() {
            self.keep_unread(&deleted.slashing_protection)?;
        }
        if still.is_err() {
            all.in_question += keys.len();
        }
        still?;
        let history = match said {
            Err(error) if !gone.is_empty() => return Err(error),
            said => said.unwrap_or_default(),
        };
        let newest = history.as_ref().map(Interchange::newest);
        let url = self.client.url();
        for key in &removed {
            let of_it = newest.as_ref().and_then(|newest| newest.get(key));
            if let Some(why) = missing_history(url, newest.is_some(), of_it, signed.contains(key)) {
                all.held.insert(*key, why);
            }
        }
        let deliverable = removed.into_iter().filter(|key| !all.held.contains_key(key)).collect();
        Ok((deliverable, history))
    }

    /// Asks again for the history of keys that were removed before. Returns the keys that may be
    /// delivered, and their history.
    pub(super) fn recall(
        &self,
        keys: &[PublicKey],
        clearance: &Clearance<'_>,
        signed: &BTreeSet<PublicKey>,
        all: &mut HandedOver,
    ) -> Result<(Vec<PublicKey>, Option<Interchange>), DeliveryError> {
        let permit = clearance.recall(keys);
        let asked = permit.keys().to_vec();
        let answer = self.client.delete(&permit)?;
        let said = match self.said(&answer.slashing_protection, &asked) {
            Ok(said) => said,
            Err(error) => {
                self.keep_unread(&answer.slashing_protection)?;
                return Err(error);
            }
        };
        self.keep(said.as_ref(), &[], signed)?;
        let newest = said.as_ref().map(Interchange::newest).unwrap_or_default();
        // A history from before the removal does not cover everything that the key signed.
        let covered = history::covered(self.copies, self.set)?;
        let told = |key: &PublicKey| {
            let removal = clearance.record().removal_asked(self.at, key);
            removal.is_some_and(|removal| covered.get(key).is_some_and(|kept| *kept >= removal))
        };
        let mut deliverable = Vec::new();
        for (key, status) in asked.iter().zip(&answer.statuses) {
            let url = self.client.url();
            let speaks = newest.get(key).is_some_and(Newest::signed);
            let why = match status {
                KeyStatus::Error(why) => Some(format!(
                    "{url} reports an error for this key, which it reported as removed before: {why}. \
                    Look there"
                )),
                _ if !speaks && !told(key) => {
                    missing_history(url, false, None, signed.contains(key))
                }
                _ => None,
            };
            match why {
                Some(why) => drop(all.held.insert(*key, why)),
                None => deliverable.push(*key),
            }
        }
        Ok((deliverable, said))
    }

    /// Decides for each key whether it was removed, and returns those that were removed for certain.
    fn judge(
        &self,
        keys: &[PublicKey],
        statuses: &[KeyStatus],
        still: Option<&BTreeSet<PublicKey>>,
        all: &mut HandedOver,
    ) -> Vec<PublicKey> {
        let url = self.client.url();
        let mut removed = Vec::new();
        for (key, status) in keys.iter().zip(statuses) {
            let listed = still.map(|still| still.contains(key));
            let word = match status {
                KeyStatus::Deleted if listed == Some(false) => {
                    removed.push(*key);
                    continue;
                }
                KeyStatus::Deleted => "`deleted`".to_owned(),
                KeyStatus::NotActive => "`not_active`".to_owned(),
                KeyStatus::NotFound => "`not_found`".to_owned(),
                KeyStatus::Error(why) => format!("an error: {why}"),
                other => format!("{other:?}"),
            };
            all.removed.remove(key);
            let runs = match listed {
                Some(true) => "it still lists the key, so the key runs there",
                Some(false) => {
                    "it no longer lists the key, but may start it again after a restart: restart it, and \
                    check whether it lists the key"
                }
                None => "it is not known whether it still lists the key",
            };
            all.kept.push((*key, format!("{url} answered {word}; {runs}")));
        }
        removed
    }

    fn still_listed(&self, keys: &[PublicKey]) -> Result<BTreeSet<PublicKey>, DeliveryError> {
        let asked: BTreeSet<_> = keys.iter().collect();
        let listed = self.client.list()?.into_iter().map(|key| key.pubkey);
        Ok(listed.filter(|key| asked.contains(key)).collect())
    }

    /// The history of the removed keys in the answer to a removal; `None` if the answer has none.
    fn said(&self, answer: &str, gone: &[PublicKey]) -> Result<Option<Interchange>, DeliveryError> {
        if is_empty_history(answer) {
            return Ok(None);
        }
        let parsed = history::parse_kept(answer.as_bytes(), self.set.network());
        let history = parsed
            .map_err(|why| DeliveryError::Unreadable { url: self.client.url().to_owned(), why })?;
        let asked: BTreeSet<_> = gone.iter().copied().collect();
        Ok(Some(history.only(&asked)))
    }

    /// Stores a history in every copy. It also covers keys that were removed and never signed, so that a
    /// later run knows about them.
    fn keep(
        &self,
        said: Option<&Interchange>,
        gone: &[PublicKey],
        signed: &BTreeSet<PublicKey>,
    ) -> Result<(), DeliveryError> {
        let Some(history) = said else { return Ok(()) };
        let quiet: Vec<_> = gone.iter().filter(|key| !signed.contains(key)).copied().collect();
        let covering = history.clone().covering(&quiet);
        if covering.records().is_empty() {
            return Ok(());
        }
        let (bytes, now) = (covering.to_json()?.into_bytes(), Timestamp::now());
        for copy in self.copies {
            history::keep(copy, self.set, &bytes, now).map_err(|source| {
                DeliveryError::NotKept { copy: copy.dir().to_owned(), source: Box::new(source) }
            })?;
        }
        Ok(())
    }

    /// Stores an unreadable history as it is, for a person to look at, because nothing else says what the
    /// keys signed. Its name is not that of a history.
    fn keep_unread(&self, answer: &str) -> Result<(), DeliveryError> {
        let folder: StorePath =
            format!("history/{}", self.set).parse().map_err(BackupError::from)?;
        let now = Timestamp::now();
        for copy in self.copies {
            copy.add_dated(&folder, now, "-answer.txt", answer.as_bytes())?;
        }
        Ok(())
    }

    /// Refuses keys for which the client uses a remote signer: it would continue after their removal.
    fn require_own(&self, keys: &[PublicKey]) -> Result<(), DeliveryError> {
        let remote = self.client.list_remote_if_any()?;
        let asked: BTreeSet<_> = keys.iter().collect();
        match remote.into_iter().flatten().find(|remote| asked.contains(&remote.pubkey)) {
            None => Ok(()),
            Some(remote) => Err(DeliveryError::SignedElsewhere {
                url: self.client.url().to_owned(),
                key: Box::new(remote.pubkey),
                signer: remote.signer().to_owned(),
            }),
        }
    }

    /// Refuses read-only keys, which this API cannot remove.
    fn require_removable(&self, keys: &[PublicKey], all: &[Listed]) -> Result<(), DeliveryError> {
        let readonly: BTreeSet<_> =
            all.iter().filter(|key| key.readonly).map(|key| key.pubkey).collect();
        let keys: Vec<_> = keys.iter().filter(|key| readonly.contains(key)).copied().collect();
        if !keys.is_empty() {
            return Err(DeliveryError::ReadOnly { url: self.client.url().to_owned(), keys });
        }
        Ok(())
    }
}

/// Whether a history is missing: `null`, an empty text, or neither root nor records. This does not
/// prove that the keys never signed.
fn is_empty_history(answer: &str) -> bool {
    let answer = answer.trim();
    if answer.is_empty() || answer == "null" {
        return true;
    }
    let Ok(value) = json::from_slice::<Value>(answer.as_bytes(), MAX_INTERCHANGE_BYTES) else {
        return false;
    };
    let records = value.get("data").and_then(Value::as_array).is_none_or(Vec::is_empty);
    let root = value.pointer("/metadata/genesis_validators_root").and_then(Value::as_str);
    value.is_null() || (records && root.is_none_or(str::is_empty))
}

/// Checks that a client is on the set's network. Returns whether the client tells its network at all.
pub fn require_network(client: &dyn Client, set: &SetId) -> Result<bool, DeliveryError> {
    match client.genesis_root() {
        Some(root) if root != set.network().genesis_validators_root() => {
            Err(DeliveryError::OtherNetwork {
                url: client.url().to_owned(),
                network: set.network().name().to_owned(),
            })
        }
        told => Ok(told.is_some()),
    }
}

/// Why a removed key is held back because its client did not return its history.
fn missing_history(
    url: &str,
    any: bool,
    of_it: Option<&Newest>,
    has_signed: bool,
) -> Option<String> {
    let signed = of_it.is_some_and(Newest::signed);
    match (any, has_signed) {
        (true, false) => None,
        (true, true) if signed => None,
        (_, true) => Some(format!(
            "removed at {url}, which returned no history, though the key has signed: it now runs \
            nowhere. Export its history there, and deliver it with --not-running --history. If there is \
            no history, use --not-running --history-lost after the wait"
        )),
        (false, false) => Some(format!(
            "removed at {url}, which returned no history: the key now runs nowhere. Deliver it with \
            --not-running and --history, or with --never-attested if it never signed"
        )),
    }
}
