//! What lies in a store, or runs in a client, against what should.

use std::collections::{BTreeMap, BTreeSet};

use super::keymanager::Listed;
use crate::{
    backup::{
        intake::Intake,
        verdict::{KeyVerdict, Level, Reason},
    },
    bls::PublicKey,
};

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// How much is known of it: whether the keys themselves were read.
    pub level: Level,
    /// Each place and the key in it, or why that cannot be told.
    pub keys: Vec<(String, Held)>,
}

/// The key in a place; or what is wrong there, and the key that it seems to be.
pub type Held = Result<PublicKey, (Option<PublicKey>, Reason)>;

impl Found {
    /// What lies in a store. A key that is kept under the name of another is no key of that name.
    pub fn in_store(intake: &Intake) -> Self {
        let mut level = Level::Opened;
        let mut keys = Vec::new();
        for (place, pubkey, opened) in intake.found() {
            if !opened {
                level = Level::PublicKey;
            }
            let key = match stated(place) {
                Some(other) if other != pubkey => Err((Some(other), Reason::PubkeyMismatch)),
                _ => Ok(pubkey),
            };
            keys.push((place.to_owned(), key));
        }
        for (place, _) in intake.bad() {
            keys.push((place.clone(), Err((stated(place), Reason::Malformed))));
        }
        Self { level, keys }
    }

    /// What a client lists.
    pub fn in_client(url: &str, listed: &[Listed]) -> Self {
        let keys = listed.iter().map(|key| (url.to_owned(), Ok(key.pubkey)));
        Self { level: Level::PublicKey, keys: keys.collect() }
    }

    /// A verdict for each key that lies there and each of `expected`, which are the keys that should,
    /// and what is to be said of one that does.
    pub fn against(&self, expected: &BTreeMap<PublicKey, Reason>) -> Vec<KeyVerdict> {
        let verdict = |pubkey, reason, file| KeyVerdict { pubkey, reason, copy: None, file };
        let mut there = BTreeSet::new();
        let mut keys = Vec::new();
        for (place, key) in &self.keys {
            let (pubkey, reason) = match key {
                Ok(key) => (Some(*key), expected.get(key).copied().unwrap_or(Reason::Unlisted)),
                Err((stated, reason)) => (*stated, *reason),
            };
            there.extend(pubkey);
            keys.push(verdict(pubkey, reason, Some(place.clone())));
        }
        let missing = expected.keys().filter(|key| !there.contains(key));
        keys.extend(missing.map(|key| verdict(Some(*key), Reason::Missing, None)));
        keys
    }
}

/// The key that a place's name states: a part of it that is a public key.
fn stated(place: &str) -> Option<PublicKey> {
    let mut parts = place.split(['/', '#', ',', ' ']).filter(|part| part.len() >= 96);
    parts.find_map(|part| part.parse().ok())
}
