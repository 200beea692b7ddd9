//! The outcome of a delivery for each key. A key has arrived only if it is listed after the last
//! request.

use std::collections::{BTreeMap, BTreeSet};

use crate::keymanager::{KeyStatus, KeymanagerError, Listed, RemoteKey};
use stockade::backup::verdict::Verdict;
use stockade_keystore::bls::PublicKey;

/// The outcomes of one batch.
pub(super) type Outcomes = BTreeMap<PublicKey, Arrival>;

/// The outcome for one key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Arrival {
    /// It was listed before, and nothing was sent.
    Listed,
    /// The client imported it and lists it.
    Imported,
    /// The client says that it already had it, and lists it.
    Duplicate,
    /// The client imported it but does not list it, so it may sign with it later. With what to do.
    Accepted(String),
    /// The client refused it, with its message.
    Error(String),
    /// The client uses a remote signer for it.
    Elsewhere(String),
    /// It was sent, but the client's answer is missing or not usable.
    Unknown(String),
    /// It was not sent, because the delivery ended before.
    NotSent,
    /// It was listed before, but is not any more.
    Missing,
}

const NOT_LISTED: &str = "imported, but not listed yet: the client may start it later, after up to \
15 minutes if it checks for doppelgangers first. Deliver it nowhere else. \
Run the same command again with --wait to list again";

const LEFT_OVER: &str = "the client says that it already has the key, but does not list it: stop the \
client, look where it stores keys and passwords, and remove left-over files \
of this key";

impl Arrival {
    /// The name in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Imported => "imported",
            Self::Duplicate => "duplicate",
            Self::Accepted(_) => "accepted",
            Self::Error(_) | Self::Elsewhere(_) => "error",
            Self::Unknown(_) => "unknown",
            Self::NotSent => "not_sent",
            Self::Missing => "missing",
        }
    }

    /// Details, for people.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Accepted(message)
            | Self::Error(message)
            | Self::Elsewhere(message)
            | Self::Unknown(message) => Some(message),
            _ => None,
        }
    }

    /// What the outcome says about whether the key has arrived.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Listed | Self::Imported | Self::Duplicate => Verdict::Proven,
            Self::Accepted(_) | Self::Unknown(_) => Verdict::Inconclusive,
            Self::Error(_) | Self::Elsewhere(_) | Self::NotSent | Self::Missing => {
                Verdict::Contradicted
            }
        }
    }

    /// Whether the key has arrived.
    pub(super) fn is_there(&self) -> bool {
        self.verdict() == Verdict::Proven
    }

    /// Corrects the outcomes by what is listed afterwards.
    pub(super) fn compare(outcomes: &mut Outcomes, listed: &BTreeSet<PublicKey>) {
        for (key, arrival) in outcomes {
            arrival.compare_one(listed.contains(key));
        }
    }

    fn compare_one(&mut self, is_there: bool) {
        *self = match (&*self, is_there) {
            (Self::Imported, false) => Self::Accepted(NOT_LISTED.to_owned()),
            (Self::Duplicate, false) => Self::Accepted(LEFT_OVER.to_owned()),
            (Self::Listed, false) => Self::Missing,
            // Sent without an answer, but listed: it was imported.
            (Self::Unknown(_), true) => Self::Imported,
            // The client refused it but lists it, so its state is not known.
            (Self::Error(why), true) => Self::Unknown(format!("{why}; but the client lists it")),
            _ => return,
        };
    }

    /// Corrects the outcome if the keys could not be listed afterwards.
    pub(super) fn unlisted(&mut self, why: &str) {
        if matches!(self, Self::Imported | Self::Duplicate) {
            *self = Self::Unknown(format!("the keys could not be listed afterwards: {why}"));
        }
    }
}

impl From<KeyStatus> for Arrival {
    fn from(status: KeyStatus) -> Self {
        match status {
            KeyStatus::Imported => Self::Imported,
            KeyStatus::Duplicate => Self::Duplicate,
            KeyStatus::Error(message) => Self::Error(message),
            other => Self::Error(format!("the client answered {other:?} to an import")),
        }
    }
}

/// The outcomes for all keys of a delivery, in order.
#[derive(Debug)]
pub struct Arrivals {
    /// Each key and its outcome.
    pub keys: Vec<(PublicKey, Arrival)>,
    /// The failure that ended the delivery early.
    pub failure: Option<KeymanagerError>,
}

impl Arrivals {
    /// The outcomes before anything is sent: the keys that are already `listed` have arrived.
    pub fn new(keys: &[PublicKey], listed: &[Listed]) -> Self {
        let listed: BTreeSet<_> = listed.iter().map(|key| key.pubkey).collect();
        let arrival = |key: &PublicKey| {
            (*key, if listed.contains(key) { Arrival::Listed } else { Arrival::NotSent })
        };
        Self { keys: keys.iter().map(arrival).collect(), failure: None }
    }

    /// Excludes keys that the client uses a `remote` signer for: it must not hold them as well.
    #[must_use]
    pub fn without_remote(mut self, remote: &[RemoteKey]) -> Self {
        let signers: BTreeMap<_, _> = remote.iter().map(|key| (key.pubkey, key.signer())).collect();
        for (key, arrival) in &mut self.keys {
            if let Some(signer) = signers.get(key) {
                *arrival = Arrival::Elsewhere(format!("the client signs with {signer}"));
            }
        }
        self
    }

    /// The keys that were not sent yet.
    pub fn lacking(&self) -> Vec<PublicKey> {
        self.those(|arrival| *arrival == Arrival::NotSent)
    }

    /// The keys that have arrived.
    pub fn arrived(&self) -> Vec<PublicKey> {
        self.those(Arrival::is_there)
    }

    /// The keys that this delivery sent and that have arrived.
    pub fn sent(&self) -> Vec<PublicKey> {
        self.those(|arrival| *arrival != Arrival::Listed && arrival.is_there())
    }

    fn those(&self, matches: impl Fn(&Arrival) -> bool) -> Vec<PublicKey> {
        let those = self.keys.iter().filter(|(_, arrival)| matches(arrival));
        those.map(|(key, _)| *key).collect()
    }

    /// The number of keys with this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.keys.iter().filter(|(_, arrival)| arrival.verdict() == verdict).count()
    }

    /// Whether the client imported any key that it does not list.
    pub fn any_accepted(&self) -> bool {
        self.keys.iter().any(|(_, arrival)| matches!(arrival, Arrival::Accepted(_)))
    }

    /// Records the outcomes of a batch.
    pub(super) fn set(&mut self, mut outcomes: Outcomes) {
        for (key, arrival) in &mut self.keys {
            if let Some(outcome) = outcomes.remove(key) {
                *arrival = outcome;
            }
        }
    }

    /// Records why a key was not sent.
    pub(super) fn hold_back(&mut self, key: &PublicKey, why: &str) {
        let arrival = self.keys.iter_mut().find(|(own, _)| own == key);
        if let Some((_, arrival @ Arrival::NotSent)) = arrival {
            *arrival = Arrival::Error(why.to_owned());
        }
    }

    /// Corrects the outcomes by what is there afterwards.
    pub(super) fn compare_with(&mut self, is_there: &dyn Fn(&PublicKey) -> bool) {
        for (key, arrival) in &mut self.keys {
            arrival.compare_one(is_there(key));
        }
    }

    /// Corrects the outcomes if the keys could not be listed afterwards.
    pub fn unlisted(&mut self, why: &str) {
        self.keys.iter_mut().for_each(|(_, arrival)| arrival.unlisted(why));
    }
}
