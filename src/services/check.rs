//! Compares the keys in a store or client with the keys that should be there.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    import::{Content, Entry, Findings},
    keymanager::{Listed, RemoteKey},
    secret_store::{stated, stated_key},
};
use stockade::backup::{
    intake::Intake,
    verdict::{KeyVerdict, Level, Reason},
};
use stockade_keystore::{
    bls::PublicKey,
    eth2_keystore::{KeyCache, Keystore, KeystoreError, MEMORY_BUDGET, Password},
};
use stockade_wallet::interact::Progress;

/// The keys that were found in a store or client.
#[derive(Debug)]
#[non_exhaustive]
pub struct Found {
    /// Whether the keys themselves were read.
    pub level: Level,
    /// Whether keys can be read there at all: a store shows its keys, but a client only lists them.
    pub could_be_opened: bool,
    /// Each place, with the key in it or why the key is not known.
    pub keys: Vec<FoundKey>,
}

/// What was found in one place.
#[derive(Debug)]
#[non_exhaustive]
pub struct FoundKey {
    /// The place, for people.
    pub place: String,
    /// The key in it.
    pub held: Held,
    /// Adds to the reason, for people.
    pub message: Option<String>,
}

/// The key that a place holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// This key, in a place where a signer finds it.
    Key(PublicKey),
    /// This key, in a place where a signer does not find it.
    Elsewhere(PublicKey),
    /// 32 bytes that may be a signing key. If so, it is this key's.
    Perhaps(PublicKey),
    /// No usable key: which key it should be, if that is known, and what is wrong.
    Not(Option<PublicKey>, Reason),
}

impl Held {
    /// The key, if there is or may be one.
    pub fn key(self) -> Option<PublicKey> {
        match self {
            Self::Key(key) | Self::Elsewhere(key) | Self::Perhaps(key) => Some(key),
            Self::Not(..) => None,
        }
    }
}

impl FoundKey {
    fn new(place: impl Into<String>, held: Held) -> Self {
        Self { place: place.into(), held, message: None }
    }
}

impl Found {
    /// The keys in a store. Keystores are opened if their password is stored with them.
    pub fn in_findings(findings: Findings, progress: &mut dyn Progress) -> Self {
        let Findings { found, wrong, skipped } = findings;
        let mut cache = KeyCache::new();
        let wanted = found.iter().filter_map(|entry| match &entry.content {
            Content::Keystore(keystore, Some(password)) => Some((password, keystore.kdf())),
            _ => None,
        });
        // A derivation that fails here fails again below, where the keystore is known.
        let _ = cache.fill(wanted, MEMORY_BUDGET, &mut |done, total| {
            progress.step("opening keystores", done, total);
        });
        let mut level = Level::Opened;
        let mut keys = Vec::new();
        for Entry { place, content, usual, expires } in found {
            let held = match content {
                Content::Key(key) => Ok(key.public_key()),
                Content::Keystore(keystore, Some(password)) => {
                    open(&keystore, &password, &mut cache)
                }
                Content::Keystore(keystore, None) => {
                    level = Level::PublicKey;
                    Ok(*keystore.pubkey())
                }
            };
            let message = expires.as_deref().map(deleted_at);
            let (held, message) = match (held, usual) {
                (Err((key, reason, why)), _) => (Held::Not(Some(key), reason), Some(why)),
                (Ok(key), _) if expires.is_some() => {
                    (Held::Not(Some(key), Reason::Expires), message)
                }
                (Ok(key), true) => (Held::Key(key), None),
                (Ok(key), false) => (Held::Elsewhere(key), None),
            };
            keys.push(FoundKey { place, held, message });
        }
        for wrong in wrong {
            let held = match (wrong.key, wrong.reason) {
                (Some(key), _) if wrong.unnamed => Held::Perhaps(key),
                (key, reason) => Held::Not(key, reason),
            };
            keys.push(FoundKey { place: wrong.place, held, message: Some(wrong.why) });
        }
        let unknown = skipped.into_iter().filter(|skipped| !skipped.understood);
        let unknown =
            unknown.map(|it| FoundKey::new(it.place, Held::Not(None, Reason::NotChecked)));
        keys.extend(unknown);
        Self { level, could_be_opened: true, keys }
    }

    /// The keys that a signer's files name. A key stored under the name of another does not count as
    /// either.
    pub fn in_store(intake: &Intake) -> Self {
        let mut level = Level::Opened;
        let mut keys = Vec::new();
        for (place, pubkey, opened) in intake.found() {
            if !opened {
                level = Level::PublicKey;
            }
            let held = match stated(place) {
                Some(other) if other != pubkey.to_string() => {
                    Held::Not(stated_key(&other), Reason::PubkeyMismatch)
                }
                _ => Held::Key(pubkey),
            };
            keys.push(FoundKey::new(place, held));
        }
        // The public keys of these are known only once they are opened.
        for place in intake.unnamed() {
            let key = stated(place).as_deref().and_then(stated_key);
            keys.push(FoundKey::new(place, Held::Not(key, Reason::NotChecked)));
        }
        for (place, why) in intake.bad() {
            let key = stated(place).as_deref().and_then(stated_key);
            let held = Held::Not(key, Reason::Malformed);
            keys.push(FoundKey { message: Some(why.clone()), ..FoundKey::new(place, held) });
        }
        Self { level, could_be_opened: true, keys }
    }

    /// Marks keys that their store will delete: at each of `places`, with the time of the deletion.
    pub fn expire(&mut self, places: &[(String, String)]) {
        for found in &mut self.keys {
            let at = places.iter().find(|(place, _)| *place == found.place);
            if let (Some((_, at)), Held::Key(key)) = (at, found.held) {
                found.held = Held::Not(Some(key), Reason::Expires);
                found.message = Some(deleted_at(at));
            }
        }
    }

    /// The keys that a client lists: those that it holds, and `remote` ones, for which it uses a signer.
    pub fn in_client(url: &str, listed: &[Listed], remote: &[RemoteKey]) -> Self {
        let here = listed.iter().map(|key| (key.pubkey, url.to_owned()));
        let elsewhere = remote.iter().map(|key| {
            (key.pubkey, format!("{url}, signed by {}", stockade_base::shown(&key.url)))
        });
        // A key in both lists counts once, as held by the client.
        let keys: BTreeMap<_, _> = elsewhere.chain(here).collect();
        let keys = keys.into_iter().map(|(key, place)| FoundKey::new(place, Held::Key(key)));
        Self { level: Level::PublicKey, could_be_opened: false, keys: keys.collect() }
    }

    /// Whether everything was read that can be read there.
    pub fn is_full(&self) -> bool {
        self.level == Level::Opened || !self.could_be_opened
    }

    /// Compares with the keys that should be there. `expected` gives the reason to report for each that
    /// is. Returns a verdict and a message for each key that is there or missing. A key counts once.
    pub fn against(
        &self,
        expected: &BTreeMap<PublicKey, Reason>,
    ) -> Vec<(KeyVerdict, Option<String>)> {
        let verdict = |pubkey, reason, file| KeyVerdict { pubkey, reason, copy: None, file };
        let usual = self.keys.iter().filter_map(|found| match found.held {
            Held::Key(key) => Some(key),
            _ => None,
        });
        let usual: BTreeSet<_> = usual.collect();
        let mut there = BTreeSet::new();
        let mut keys = Vec::new();
        for found in &self.keys {
            let (pubkey, reason) = match found.held {
                Held::Key(key) if !there.insert(key) => (Some(key), Reason::Duplicate),
                Held::Key(key) => {
                    (Some(key), expected.get(&key).copied().unwrap_or(Reason::Unlisted))
                }
                Held::Elsewhere(key) | Held::Perhaps(key) if usual.contains(&key) => {
                    (Some(key), Reason::Duplicate)
                }
                Held::Elsewhere(key) if !expected.contains_key(&key) => {
                    (Some(key), Reason::Unlisted)
                }
                Held::Perhaps(key) if !expected.contains_key(&key) => {
                    (Some(key), Reason::NotChecked)
                }
                Held::Elsewhere(key) | Held::Perhaps(key) => {
                    let is_new = there.insert(key);
                    (Some(key), if is_new { Reason::Elsewhere } else { Reason::Duplicate })
                }
                Held::Not(stated, reason) => {
                    there.extend(stated);
                    (stated, reason)
                }
            };
            let message = found.message.clone().filter(|_| reason != Reason::Duplicate);
            keys.push((verdict(pubkey, reason, Some(found.place.clone())), message));
        }
        let missing = expected.keys().filter(|key| !there.contains(key));
        keys.extend(missing.map(|key| (verdict(Some(*key), Reason::Missing, None), None)));
        keys
    }
}

fn deleted_at(time: &str) -> String {
    format!("the store will delete it at {time}")
}

fn open(
    keystore: &Keystore,
    password: &Password,
    cache: &mut KeyCache,
) -> Result<PublicKey, (PublicKey, Reason, String)> {
    let stated = *keystore.pubkey();
    let opened = match cache.key(password, keystore.kdf()) {
        Ok(key) => keystore.open_with(&key),
        Err(error) => return Err((stated, Reason::NotChecked, error.to_string())),
    };
    match opened {
        Ok(_) => Ok(stated),
        Err(error) => {
            let reason = match error {
                KeystoreError::WrongPassword => Reason::WrongPassword,
                KeystoreError::PubkeyMismatch { .. } => Reason::PubkeyMismatch,
                _ => Reason::Malformed,
            };
            Err((stated, reason, error.to_string()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockade_keystore::bls::SecretKey;

    #[test]
    fn a_key_counts_once_and_only_where_a_signer_finds_it() {
        let key = |i| SecretKey::derive_master(&[i; 32]).unwrap().public_key();
        let expected = BTreeMap::from([(key(1), Reason::Ok), (key(2), Reason::Ok)]);
        let reasons = |held: &[Held]| {
            let keys = held.iter().map(|held| FoundKey::new("", *held)).collect();
            let found = Found { level: Level::Opened, could_be_opened: true, keys };
            let verdicts = found.against(&expected).into_iter();
            verdicts.map(|(verdict, _)| verdict.reason).collect::<Vec<_>>()
        };
        use Held::{Elsewhere, Key, Not, Perhaps};
        use Reason::{Denied, Duplicate, Missing, NotChecked, Ok, Unlisted};
        let (a, b, c) = (key(1), key(2), key(3));
        assert_eq!(reasons(&[Key(a), Key(b)]), [Ok, Ok]);
        assert_eq!(reasons(&[Key(a), Key(b), Key(a)]), [Ok, Ok, Duplicate]);
        assert_eq!(
            reasons(&[Elsewhere(a), Key(a), Perhaps(a), Key(b)]),
            [Duplicate, Ok, Duplicate, Ok]
        );
        assert_eq!(reasons(&[Elsewhere(a), Perhaps(b)]), [Reason::Elsewhere; 2]);
        assert_eq!(reasons(&[Key(a), Not(Some(b), Denied)]), [Ok, Denied]);
        assert_eq!(reasons(&[Key(a), Perhaps(c)]), [Ok, NotChecked, Missing]);
        assert_eq!(reasons(&[Key(a), Key(b), Elsewhere(c)]), [Ok, Ok, Unlisted]);
    }
}
