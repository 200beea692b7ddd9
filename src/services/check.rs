//! What lies in a store, or runs in a client, against what should.

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

/// What was found.
#[derive(Debug)]
pub struct Found {
    /// How much is known of it: whether the keys themselves were read.
    pub level: Level,
    /// Whether more could be known of such a place: a client only lists its keys, and a store shows
    /// them.
    pub could_be_opened: bool,
    /// Each place and the key in it, or why that cannot be told.
    pub keys: Vec<FoundKey>,
}

/// One place.
#[derive(Debug)]
pub struct FoundKey {
    /// The place.
    pub place: String,
    /// What is in it.
    pub held: Held,
    /// What is to be said beside the reason.
    pub message: Option<String>,
}

/// The key in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// This key, where a signer looks for it.
    Key(PublicKey),
    /// This key, and not where a signer looks for it.
    Elsewhere(PublicKey),
    /// 32 bytes that would make this key, if they are one.
    Perhaps(PublicKey),
    /// What is wrong there, and the key that it seems to be.
    Not(Option<PublicKey>, Reason),
}

impl Held {
    /// The key, where one is there or may be.
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
    /// What is in a store. Keystores are opened where their password is beside them.
    pub fn in_findings(findings: Findings, progress: &mut dyn Progress) -> Self {
        let Findings { found, wrong, skipped } = findings;
        let mut cache = KeyCache::new();
        let wanted = found.iter().filter_map(|entry| match &entry.content {
            Content::Keystore(keystore, Some(password)) => Some((password, keystore.kdf())),
            _ => None,
        });
        // A derivation that fails here fails again below, where it is said of which keystore.
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

    /// What the files of a signer name. A key that is kept under the name of another is no key of
    /// that name.
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
        // Its public key is known only once it is opened.
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

    /// Says of keys that their store deletes them by itself: at each of `places`, and when.
    pub fn expire(&mut self, places: &[(String, String)]) {
        for found in &mut self.keys {
            let at = places.iter().find(|(place, _)| *place == found.place);
            if let (Some((_, at)), Held::Key(key)) = (at, found.held) {
                found.held = Held::Not(Some(key), Reason::Expires);
                found.message = Some(deleted_at(at));
            }
        }
    }

    /// What a client lists: the keys that it holds, and those that it has `remote`, signed elsewhere.
    pub fn in_client(url: &str, listed: &[Listed], remote: &[RemoteKey]) -> Self {
        let here = listed.iter().map(|key| (key.pubkey, url.to_owned()));
        let elsewhere = remote.iter().map(|key| {
            (key.pubkey, format!("{url}, signed by {}", stockade_base::shown(&key.url)))
        });
        // Each once; of a key in both the place is the client itself.
        let keys: BTreeMap<_, _> = elsewhere.chain(here).collect();
        let keys = keys.into_iter().map(|(key, place)| FoundKey::new(place, Held::Key(key)));
        Self { level: Level::PublicKey, could_be_opened: false, keys: keys.collect() }
    }

    /// Whether as much is known of it as can be.
    pub fn is_full(&self) -> bool {
        self.level == Level::Opened || !self.could_be_opened
    }

    /// A verdict for each key that is there and each of `expected`, which are the keys that should
    /// be, and what is to be said of one that is. With each what is to be said beside it. A key counts
    /// once.
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
                Held::Elsewhere(key) | Held::Perhaps(key) => match there.insert(key) {
                    true => (Some(key), Reason::Elsewhere),
                    false => (Some(key), Reason::Duplicate),
                },
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
    format!("deleted by itself at {time}")
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
    fn a_key_counts_once_and_only_where_a_signer_looks() {
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
