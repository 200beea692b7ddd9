//! What lies in a store, or runs in a client, against what should.

use std::collections::{BTreeMap, BTreeSet};

use super::keymanager::{Listed, RemoteKey};
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
        // Its public key is known only once it is opened.
        for place in intake.unnamed() {
            keys.push((place.to_owned(), Err((stated(place), Reason::NotChecked))));
        }
        for (place, _) in intake.bad() {
            keys.push((place.clone(), Err((stated(place), Reason::Malformed))));
        }
        Self { level, keys }
    }

    /// With what was passed over in a store: a key may be among it that was not understood as one.
    #[must_use]
    pub fn with_skipped(mut self, intake: &Intake) -> Self {
        let skipped = intake.skipped().iter();
        self.keys.extend(skipped.map(|place| (place.clone(), Err((None, Reason::NotChecked)))));
        self
    }

    /// What a client lists: the keys that it holds, and those that it has `remote`, signed elsewhere.
    pub fn in_client(url: &str, listed: &[Listed], remote: &[RemoteKey]) -> Self {
        let here = listed.iter().map(|key| (key.pubkey, url.to_owned()));
        let elsewhere = remote
            .iter()
            .map(|key| (key.pubkey, format!("{url}, signed by {}", crate::shown(&key.url))));
        // Each once; of a key in both the place is the client itself.
        let keys: BTreeMap<_, _> = elsewhere.chain(here).collect();
        let keys = keys.into_iter().map(|(key, place)| (place, Ok(key)));
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

/// The key that a place's name states: as many hexadecimal digits in a row as a public key has.
fn stated(place: &str) -> Option<PublicKey> {
    let mut runs = place.split(|c: char| !c.is_ascii_hexdigit()).filter(|run| run.len() == 96);
    runs.find_map(|run| run.to_ascii_lowercase().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bls::SecretKey;

    #[test]
    fn a_name_states_its_key_whatever_stands_before_it() {
        let key = SecretKey::derive_master(&[7; 32]).unwrap().public_key();
        for place in [
            format!("aws-secrets:v/{key}"),
            format!("aws-secrets:validators-{key}"),
            format!("vault:kv/v_0x{key}#value, line 2"),
            format!("vault:kv/v.{}#value", key.to_string().to_uppercase()),
        ] {
            assert_eq!(stated(&place), Some(key), "{place}");
        }
        assert_eq!(stated(&format!("vault:kv/{key}0")), None);
        assert_eq!(stated(&format!("vault:kv/{}", "0".repeat(96))), None);
    }
}
