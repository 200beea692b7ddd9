//! Taking keys from the client that runs them: it removes them and says what they signed. A key counts
//! as removed by one answer alone: `deleted`, for this very key, by a client that does not list it any
//! more. Everything else leaves it able to sign there.

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

/// The client that gives keys up.
#[derive(Clone, Copy)]
pub struct Handover<'a> {
    /// The client.
    pub client: &'a dyn Client,
    /// The same, as the record has it.
    pub at: &'a Location,
    /// Every copy of the set.
    pub copies: &'a [Copy],
    /// The set.
    pub set: &'a SetId,
}

/// Which keys a client runs, and which it gave up before.
#[derive(Debug, Default)]
pub struct Running {
    /// It lists them.
    pub listed: Vec<PublicKey>,
    /// The record says that they were removed there, and that they can sign nowhere.
    pub before: Vec<PublicKey>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct HandedOver {
    /// Removed now.
    pub removed: BTreeSet<PublicKey>,
    /// Removed before, by a run that was interrupted.
    pub before: BTreeSet<PublicKey>,
    /// Not removed for certain, and why: they may still sign there.
    pub kept: Vec<(PublicKey, String)>,
    /// Removed, and not delivered because of what the client says or does not say of them.
    pub held: BTreeMap<PublicKey, String>,
    /// Of how many it is not known whether they were removed.
    pub in_question: usize,
}

impl HandedOver {
    /// Those that were removed, now or by a run before, and that `arrived` nowhere.
    pub fn nowhere(&self, arrived: &[PublicKey]) -> usize {
        let gone = self.removed.union(&self.before);
        gone.filter(|key| !arrived.contains(key)).count()
    }

    /// Why a key is not delivered, where it is not.
    pub fn holds_back(&self, key: &PublicKey) -> Option<&str> {
        if let Some(why) = self.held.get(key) {
            return Some(why);
        }
        self.kept.iter().find(|(kept, _)| kept == key).map(|(_, why)| why.as_str())
    }

    /// An error that ends a handover does not say by itself what was removed until then.
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
    /// Asks what the client runs of `keys`, and removes nothing. What it cannot give up, or what may
    /// run elsewhere, is an error; but for keys of which a person said that they are off there.
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
        self.require_network()?;
        let all: BTreeSet<_> = all.iter().map(|key| key.pubkey).collect();
        let (listed, gone): (Vec<_>, Vec<_>) = keys.iter().partition(|key| all.contains(key));
        let before = match is_off {
            true => gone.iter().copied().collect(),
            false => record.removed_at(self.at, &gone),
        };
        let unknown: Vec<_> = gone.iter().filter(|key| !before.contains(key)).copied().collect();
        let url = self.client.url().to_owned();
        if !unknown.is_empty() {
            let why = match record.places(&unknown).is_empty() {
                true => Absent::Unknown,
                false => Absent::NeverRemoved,
            };
            return Err(DeliveryError::NotThere { url, keys: unknown, why });
        }
        // What they signed since, elsewhere, this client does not know.
        let since = |key: &&PublicKey| !record.is_last_at(self.at, to, key);
        let since: Vec<_> = before.iter().filter(since).copied().collect();
        match since.is_empty() {
            true => Ok(Running { listed, before: before.into_iter().collect() }),
            false => Err(DeliveryError::NotThere { url, keys: since, why: Absent::ElsewhereSince }),
        }
    }

    /// The keys of `keys` that a history stored with a set says to have signed.
    pub fn signed(&self, keys: &[PublicKey]) -> Result<BTreeSet<PublicKey>, DeliveryError> {
        let kept = history::kept(self.copies, self.set, keys)?;
        let newest = kept.found.into_iter().flat_map(|(_, history)| history.newest);
        Ok(newest.filter(|(_, newest)| newest.signed()).map(|(key, _)| key).collect())
    }

    /// Has the client remove `keys`, keeps what it says that they signed in every copy, and lists
    /// what it has then. Gives the keys that may be delivered, and their history.
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
        // What became of each key is written down. Now what it says of their history counts.
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
            if let Some(why) = silence(url, newest.is_some(), of_it, signed.contains(key)) {
                all.held.insert(*key, why);
            }
        }
        let deliverable = removed.into_iter().filter(|key| !all.held.contains_key(key)).collect();
        Ok((deliverable, history))
    }

    /// Asks again what keys signed that were removed before. Gives those that may be delivered, and their
    /// history.
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
        // A history from before the removal does not say what the key signed until then.
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
                    "{url} answers an error, {why}, for this key, which it said to have removed before: \
                     look there"
                )),
                _ if !speaks && !told(key) => silence(url, false, None, signed.contains(key)),
                _ => None,
            };
            match why {
                Some(why) => drop(all.held.insert(*key, why)),
                None => deliverable.push(*key),
            }
        }
        Ok((deliverable, said))
    }

    /// Says of each key what became of it, and gives those that were removed for certain.
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
                Some(true) => "it still lists the key, which runs there",
                Some(false) => {
                    "it does not list the key any more, and may start it again when it is restarted: \
                     restart it, and look whether it lists the key"
                }
                None => "whether it still lists the key is not known",
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

    /// What the answer to a removal says of the keys that were asked for: nothing, or a history.
    fn said(&self, answer: &str, gone: &[PublicKey]) -> Result<Option<Interchange>, DeliveryError> {
        if says_nothing(answer) {
            return Ok(None);
        }
        let parsed = history::parse_kept(answer.as_bytes(), self.set.network());
        let history = parsed
            .map_err(|why| DeliveryError::Unreadable { url: self.client.url().to_owned(), why })?;
        let asked: BTreeSet<_> = gone.iter().copied().collect();
        Ok(Some(history.only(&asked)))
    }

    /// Keeps a history in every copy. A key that was removed and never signed is covered as well, so
    /// that a later run knows of it.
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

    /// What cannot be read is all that is known of what the keys signed: kept as it came, for a person
    /// to look at, under a name that no history has.
    fn keep_unread(&self, answer: &str) -> Result<(), DeliveryError> {
        let folder: StorePath =
            format!("history/{}", self.set).parse().map_err(BackupError::from)?;
        let now = Timestamp::now();
        for copy in self.copies {
            copy.add_dated(&folder, now, "-answer.txt", answer.as_bytes())?;
        }
        Ok(())
    }

    /// A key that it has another signer for is signed with after its removal, too.
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

    /// A key that it lists as read-only comes from a source that this API does not change.
    fn require_removable(&self, keys: &[PublicKey], all: &[Listed]) -> Result<(), DeliveryError> {
        let readonly: BTreeSet<_> =
            all.iter().filter(|key| key.readonly).map(|key| key.pubkey).collect();
        let keys: Vec<_> = keys.iter().filter(|key| readonly.contains(key)).copied().collect();
        match keys.is_empty() {
            true => Ok(()),
            false => Err(DeliveryError::ReadOnly { url: self.client.url().to_owned(), keys }),
        }
    }

    fn require_network(&self) -> Result<(), DeliveryError> {
        require_network(self.client, self.set).map(|_| ())
    }
}

/// Whether an answer holds nothing: `null`, an empty text, or no root and no records. It is no
/// evidence of anything.
fn says_nothing(answer: &str) -> bool {
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

/// Makes sure that a client is on the set's network, where it says which one it is on. Says whether it
/// does.
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

/// Why a removed key is held back for what its client does not say of it.
fn silence(url: &str, any: bool, of_it: Option<&Newest>, has_signed: bool) -> Option<String> {
    let signed = of_it.is_some_and(Newest::signed);
    match (any, has_signed) {
        (true, false) => None,
        (true, true) if signed => None,
        (_, true) => Some(format!(
            "removed at {url}, which says nothing of what the key signed, and it did sign: it runs \
             nowhere now. Export its history there, and deliver it with --not-running --history; or, \
             where it cannot be had, with --not-running --history-lost after the wait"
        )),
        (false, false) => Some(format!(
            "removed at {url}, which says nothing of what the key signed: it runs nowhere now. Deliver \
             it with --not-running and --history, or --never-attested if it never signed"
        )),
    }
}
