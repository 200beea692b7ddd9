//! What became of each key, and whether that means that it is there. Only what is listed after the
//! last request has arrived.

use std::collections::{BTreeMap, BTreeSet};

use crate::keymanager::{KeyStatus, KeymanagerError, Listed, RemoteKey};
use stockade::backup::verdict::Verdict;
use stockade_keystore::bls::PublicKey;

/// What became of some keys.
pub(super) type Became = BTreeMap<PublicKey, Arrival>;

/// What became of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// It was listed there before: nothing was sent.
    Listed,
    /// The client took it, and lists it.
    Imported,
    /// The client says that it had it, and lists it.
    Duplicate,
    /// The client took it and does not list it: it may sign with it later. Its words, and what to do.
    Accepted(String),
    /// The client did not take it; its words.
    Error(String),
    /// The client signs with it by the help of a remote signer.
    Elsewhere(String),
    /// It was sent, and no answer came that counts.
    Unknown(String),
    /// What was before it went wrong.
    NotSent,
    /// It was listed, and is not any more.
    Missing,
}

const NOT_LISTED: &str = "taken, and not listed yet: it may start by itself, up to 15 minutes from \
                          now where the client looks for doppelgangers first. Deliver it nowhere \
                          else; run the same command again, with --wait, to list again";

const LEFT_OVER: &str = "the client says that it has the key already, and does not list it: look for \
                         left-over files of the key where the client stores its keys and passwords, \
                         and remove them while it is stopped";

impl Arrival {
    /// The word for it in JSON.
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

    /// What is to be said beside that.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Accepted(message)
            | Self::Error(message)
            | Self::Elsewhere(message)
            | Self::Unknown(message) => Some(message),
            _ => None,
        }
    }

    /// Whether the key is there.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Listed | Self::Imported | Self::Duplicate => Verdict::Proven,
            Self::Accepted(_) | Self::Unknown(_) => Verdict::Inconclusive,
            Self::Error(_) | Self::Elsewhere(_) | Self::NotSent | Self::Missing => {
                Verdict::Contradicted
            }
        }
    }

    /// Whether it is there.
    pub(super) fn is_there(&self) -> bool {
        self.verdict() == Verdict::Proven
    }

    /// Holds what was said of some keys against what is listed afterwards.
    pub(super) fn compare(became: &mut Became, listed: &BTreeSet<PublicKey>) {
        for (key, arrival) in became {
            arrival.compare_one(listed.contains(key));
        }
    }

    fn compare_one(&mut self, is_there: bool) {
        *self = match (&*self, is_there) {
            (Self::Imported, false) => Self::Accepted(NOT_LISTED.to_owned()),
            (Self::Duplicate, false) => Self::Accepted(LEFT_OVER.to_owned()),
            (Self::Listed, false) => Self::Missing,
            // Sent, without an answer, and there: it was taken.
            (Self::Unknown(_), true) => Self::Imported,
            // What the client says that it refused, and has, is known neither way.
            (Self::Error(why), true) => Self::Unknown(format!("{why}; and yet it is listed there")),
            _ => return,
        };
    }

    /// What was said to be there could not be looked at afterwards.
    pub(super) fn unlisted(&mut self, why: &str) {
        if matches!(self, Self::Imported | Self::Duplicate) {
            *self = Self::Unknown(format!("it could not be listed afterwards: {why}"));
        }
    }
}

impl From<KeyStatus> for Arrival {
    fn from(status: KeyStatus) -> Self {
        match status {
            KeyStatus::Imported => Self::Imported,
            KeyStatus::Duplicate => Self::Duplicate,
            KeyStatus::Error(message) => Self::Error(message),
            other => Self::Error(format!("it answered {other:?} to an import")),
        }
    }
}

/// What became of all keys of a delivery, in their order.
#[derive(Debug)]
pub struct Arrivals {
    /// Each, once.
    pub keys: Vec<(PublicKey, Arrival)>,
    /// What ended the delivery before its time.
    pub failure: Option<KeymanagerError>,
}

impl Arrivals {
    /// Those of `keys` that are `listed` already have arrived; nothing was sent of the others yet.
    pub fn new(keys: &[PublicKey], listed: &[Listed]) -> Self {
        let listed: BTreeSet<_> = listed.iter().map(|key| key.pubkey).collect();
        let arrival = |key: &PublicKey| match listed.contains(key) {
            true => (*key, Arrival::Listed),
            false => (*key, Arrival::NotSent),
        };
        Self { keys: keys.iter().map(arrival).collect(), failure: None }
    }

    /// What the client has `remote`, signed elsewhere, it does not hold itself, and must not as well.
    #[must_use]
    pub fn without_remote(mut self, remote: &[RemoteKey]) -> Self {
        let signers: BTreeMap<_, _> = remote.iter().map(|key| (key.pubkey, key.signer())).collect();
        for (key, arrival) in &mut self.keys {
            if let Some(signer) = signers.get(key) {
                *arrival = Arrival::Elsewhere(format!("it signs with {signer}"));
            }
        }
        self
    }

    /// Those of which nothing was sent yet.
    pub fn lacking(&self) -> Vec<PublicKey> {
        let lacking = self.keys.iter().filter(|(_, arrival)| *arrival == Arrival::NotSent);
        lacking.map(|(key, _)| *key).collect()
    }

    /// Those that arrived.
    pub fn arrived(&self) -> Vec<PublicKey> {
        let there = self.keys.iter().filter(|(_, a)| a.verdict() == Verdict::Proven);
        there.map(|(key, _)| *key).collect()
    }

    /// Those of them that this delivery sent.
    pub fn sent(&self) -> Vec<PublicKey> {
        let sent = self.keys.iter().filter(|(_, arrival)| *arrival != Arrival::Listed);
        let sent = sent.filter(|(_, arrival)| arrival.verdict() == Verdict::Proven);
        sent.map(|(key, _)| *key).collect()
    }

    /// How many of a verdict there are.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.keys.iter().filter(|(_, arrival)| arrival.verdict() == verdict).count()
    }

    /// Whether the client took any key that it does not list.
    pub fn any_accepted(&self) -> bool {
        self.keys.iter().any(|(_, arrival)| matches!(arrival, Arrival::Accepted(_)))
    }

    /// Says what became of some of them.
    pub(super) fn set(&mut self, mut became: Became) {
        for (key, arrival) in &mut self.keys {
            if let Some(became) = became.remove(key) {
                *arrival = became;
            }
        }
    }

    /// Says why a key was not sent.
    pub(super) fn hold_back(&mut self, key: &PublicKey, why: &str) {
        let arrival = self.keys.iter_mut().find(|(own, _)| own == key);
        if let Some((_, arrival @ Arrival::NotSent)) = arrival {
            *arrival = Arrival::Error(why.to_owned());
        }
    }

    /// Holds what was said against what is there afterwards.
    pub(super) fn compare_with(&mut self, is_there: &dyn Fn(&PublicKey) -> bool) {
        for (key, arrival) in &mut self.keys {
            arrival.compare_one(is_there(key));
        }
    }

    /// What was said to be there could not be looked at afterwards.
    pub fn unlisted(&mut self, why: &str) {
        self.keys.iter_mut().for_each(|(_, arrival)| arrival.unlisted(why));
    }
}
