//! What became of each key, and whether that means that it is there.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    backup::verdict::Verdict,
    bls::PublicKey,
    cloud::keymanager::{KeyStatus, KeymanagerError, Listed, RemoteKey},
};

/// What became of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// It was listed there before: nothing was sent.
    Listed,
    /// The client took it.
    Imported,
    /// The client says that it had it.
    Duplicate,
    /// The client did not take it; its words.
    Error(String),
    /// It was sent, and no answer came that counts.
    Unknown(String),
    /// What was before it went wrong.
    NotSent,
    /// The client said that it has it, and does not list it.
    Missing,
}

impl Arrival {
    /// The word for it in JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Imported => "imported",
            Self::Duplicate => "duplicate",
            Self::Error(_) => "error",
            Self::Unknown(_) => "unknown",
            Self::NotSent => "not_sent",
            Self::Missing => "missing",
        }
    }

    /// What is to be said beside that.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Error(message) | Self::Unknown(message) => Some(message),
            _ => None,
        }
    }

    /// What the client says that it refused, and has, is known neither way.
    fn doubt(&mut self, is_there: bool) {
        if let (Self::Error(why), true) = (&*self, is_there) {
            *self = Self::Unknown(format!("{why}; and yet it is listed there"));
        }
    }

    /// Whether the key is there.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Listed | Self::Imported | Self::Duplicate => Verdict::Proven,
            Self::Unknown(_) => Verdict::Inconclusive,
            Self::Error(_) | Self::NotSent | Self::Missing => Verdict::Contradicted,
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
        let urls: BTreeMap<_, _> = remote.iter().map(|key| (key.pubkey, &key.url)).collect();
        for (key, arrival) in &mut self.keys {
            if let Some(url) = urls.get(key) {
                *arrival = Arrival::Error(format!("it signs with {}", crate::shown(url)));
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

    /// Says what became of some of them.
    pub(super) fn set(&mut self, became: BTreeMap<PublicKey, Arrival>) {
        for (key, arrival) in &mut self.keys {
            if let Some(became) = became.get(key) {
                *arrival = became.clone();
            }
        }
    }

    /// Holds what was said against what is `listed` afterwards.
    pub fn compare(&mut self, listed: &[Listed]) {
        let listed: BTreeSet<_> = listed.iter().map(|key| key.pubkey).collect();
        self.compare_with(&|key| listed.contains(key));
    }

    pub(super) fn compare_with(&mut self, is_there: &dyn Fn(&PublicKey) -> bool) {
        for (key, arrival) in &mut self.keys {
            match (arrival.verdict(), is_there(key)) {
                (Verdict::Proven, false) => *arrival = Arrival::Missing,
                // Sent, without an answer, and there: it was taken.
                (Verdict::Inconclusive, true) => *arrival = Arrival::Imported,
                (_, is_there) => arrival.doubt(is_there),
            }
        }
    }

    /// What was said to be there could not be looked at afterwards.
    pub fn unlisted(&mut self, why: &str) {
        for (_, arrival) in &mut self.keys {
            if matches!(arrival, Arrival::Imported | Arrival::Duplicate) {
                *arrival = Arrival::Unknown(format!("it could not be listed afterwards: {why}"));
            }
        }
    }
}
