//! Collects what is to be imported: plain keys from stores, and keystores that are still encrypted.
//! Everything is opened before anything is written.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use super::recognise::{self, Content as Recognised};
use crate::backup::set::{error::BackupError, new_key::NewKey};
use crate::store::NewFile;
use stockade_base::secret::{SecretBytes, SecretText};
use stockade_keystore::{
    bls::{PublicKey, SecretKey},
    distributed::ShareOf,
    eth2_keystore::{Kdf, Keystore, Password, UnnamedKeystore},
    staking::Network,
};

/// Ten times what the largest operators run on one machine; a store that lists more is broken.
const MAX_KEYS: usize = 100_000;
/// A shorter text is probably a password, a longer one a key that lost some of its digits.
pub const NEARLY_A_KEY: usize = 40;
/// Why a text is not a key.
pub const NO_KEY: &str = "not a key: a signing key has 64 hexadecimal digits";

/// What was found, and where.
#[derive(Debug, Default)]
pub struct Intake {
    pub(crate) entries: Vec<Entry>,
    pub(crate) bad: Vec<(String, String)>,
    /// The places in `bad` that could not be read.
    unread: BTreeSet<String>,
    pub(crate) skipped: Vec<String>,
    /// What each of `skipped` is.
    pub(crate) skipped_as: Vec<String>,
    /// Keys that something stored with them says are shares, with everything that is said.
    pub(crate) shares: BTreeMap<PublicKey, Vec<ShareOf>>,
    pub(crate) sealed: Vec<NewFile>,
    /// The places that say which network their keys are for.
    pub(crate) networks: Vec<(String, Network)>,
    charon_folders: usize,
}

/// What was imported, and what was not.
#[derive(Debug)]
pub struct Imported {
    /// The keys, in the order in which they were found.
    pub keys: Vec<NewKey>,
    /// What should be a key but is not, with the reason.
    pub bad: Vec<(String, String)>,
    /// What was skipped, with what it is.
    pub skipped: Vec<(String, String)>,
    /// Files that belong to the keys and may be secret. The set keeps them sealed.
    pub sealed: Vec<NewFile>,
}

/// What became of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Its keys were added, or noted as bad.
    Read,
    /// It is clearly neither a key nor a keystore.
    SomethingElse,
}

#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) place: String,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    Key(SecretKey),
    /// With the password that is stored with it, if there is one.
    Keystore(Box<Keystore>, Option<Password>),
    /// A keystore that does not name its public key, with its password if known.
    Unnamed(Box<UnnamedKeystore>, Option<Password>),
}

impl Content {
    /// The key derivation of a keystore, and the password that came with it.
    pub(crate) fn closed(&self) -> Option<(&Kdf, Option<&Password>)> {
        match self {
            Self::Key(_) => None,
            Self::Keystore(keystore, password) => Some((keystore.kdf(), password.as_ref())),
            Self::Unnamed(keystore, password) => Some((keystore.kdf(), password.as_ref())),
        }
    }
}

impl Intake {
    /// The number of keys and keystores that were found.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Every key that was found: its place, the key, and whether this is certain because the key
    /// itself is known, instead of only the name in an encrypted keystore. Encrypted keystores that
    /// do not name their key are in [`Intake::unnamed`].
    pub fn found(&self) -> impl Iterator<Item = (&str, PublicKey, bool)> {
        self.entries.iter().filter_map(|entry| match &entry.content {
            Content::Key(key) => Some((entry.place.as_str(), key.public_key(), true)),
            Content::Keystore(keystore, _) => {
                Some((entry.place.as_str(), *keystore.pubkey(), false))
            }
            Content::Unnamed(..) => None,
        })
    }

    /// The places of encrypted keystores that do not name their public key.
    pub fn unnamed(&self) -> impl Iterator<Item = &str> {
        let unnamed = |entry: &&Entry| matches!(entry.content, Content::Unnamed(..));
        self.entries.iter().filter(unnamed).map(|entry| entry.place.as_str())
    }

    /// What should be a key but is not, with the reason.
    pub fn bad(&self) -> &[(String, String)] {
        &self.bad
    }

    /// Whether a keystore lacks its password.
    pub fn lacks_passwords(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry.content.closed(), Some((_, None))))
    }

    /// Adds a plain key.
    pub fn add_key(&mut self, place: String, key: SecretKey) -> Result<(), BackupError> {
        self.add(place, Content::Key(key))
    }

    /// Adds a keystore, with its password if it is known.
    pub fn add_keystore(
        &mut self,
        place: String,
        keystore: Keystore,
        password: Option<Password>,
    ) -> Result<(), BackupError> {
        self.add(place, Content::Keystore(Box::new(keystore), password))
    }

    /// Adds a keystore that does not name its public key, like [`Intake::add_keystore`].
    pub fn add_unnamed(
        &mut self,
        place: String,
        keystore: UnnamedKeystore,
        password: Option<Password>,
    ) -> Result<(), BackupError> {
        self.add(place, Content::Unnamed(Box::new(keystore), password))
    }

    /// Notes that the key is a share, according to something that is stored with it.
    pub fn add_share(&mut self, pubkey: PublicKey, share: ShareOf) {
        self.shares.entry(pubkey).or_default().push(share);
    }

    /// Notes which network the keys of a place are for.
    pub fn add_network(&mut self, place: String, network: Network) {
        self.networks.push((place, network));
    }

    /// Adds a file that the set keeps sealed, in the clear, by its path in the set.
    pub fn add_sealed(&mut self, file: NewFile) {
        self.sealed.push(file);
    }

    /// The number of the next folder of charon.
    pub(crate) fn next_charon_folder(&mut self) -> usize {
        let number = self.charon_folders;
        self.charon_folders += 1;
        number
    }

    /// Notes a place that could not be read. It may hold a key.
    pub fn add_unread(&mut self, place: String, why: impl Into<String>) -> Result<(), BackupError> {
        self.unread.insert(place.clone());
        self.add_bad(place, why)
    }

    /// Whether a place in [`Intake::bad`] could not be read.
    pub fn is_unread(&self, place: &str) -> bool {
        self.unread.contains(place)
    }

    /// Notes something that should be a key but is not.
    pub fn add_bad(&mut self, place: String, why: impl Into<String>) -> Result<(), BackupError> {
        self.require_room()?;
        self.bad.push((place, why.into()));
        Ok(())
    }

    /// Notes something that is neither a key nor a keystore.
    pub fn add_skipped(&mut self, place: String) -> Result<(), BackupError> {
        self.add_skipped_as(place, "neither a key nor a keystore")
    }

    /// Notes something of another kind, with a description.
    pub fn add_skipped_as(
        &mut self,
        place: String,
        what: impl Into<String>,
    ) -> Result<(), BackupError> {
        self.require_room()?;
        self.skipped.push(place);
        self.skipped_as.push(what.into());
        Ok(())
    }

    /// What was skipped because it is something else.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// Adds the content of a text in a store, as Web3signer's loaders read it: one key per line, in
    /// hexadecimal; or a keystore, to be opened with `password` if that is stored with it. What is
    /// clearly something else is left to the caller. A key that lost digits may be one that
    /// somebody relies on, so it is bad.
    pub fn add_text(
        &mut self,
        place: &str,
        text: &str,
        password: Option<&SecretText>,
    ) -> Result<Taken, BackupError> {
        if text.trim_start().starts_with('{') {
            return self.add_keystore_text(place, text, password);
        }
        let lines = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty());
        let lines: Vec<_> = lines.collect();
        let several = lines.len() > 1;
        if !lines.iter().any(|(_, line)| looks_like_a_key(line)) {
            return Ok(Taken::SomethingElse);
        }
        for (number, line) in lines {
            let place = if several {
                Cow::Owned(format!("{place}, line {}", number + 1))
            } else {
                Cow::Borrowed(place)
            };
            match parse_key(line) {
                Ok(key) => self.add_key(place.into_owned(), key)?,
                Err(why) => self.add_bad(place.into_owned(), why)?,
            }
        }
        Ok(Taken::Read)
    }

    fn add_keystore_text(
        &mut self,
        place: &str,
        text: &str,
        password: Option<&SecretText>,
    ) -> Result<Taken, BackupError> {
        let keystore = match recognise::recognise_text(text) {
            Recognised::Other(_) => return Ok(Taken::SomethingElse),
            Recognised::Bad(why) => Err(why),
            keystore => Ok(keystore),
        };
        let opened = keystore.and_then(|keystore| {
            let password = password.map(|text| Password::new(text.expose())).transpose();
            Ok((keystore, password.map_err(|error| error.to_string())?))
        });
        match opened {
            Ok((Recognised::Keystore(keystore), password)) => {
                self.add_keystore(place.to_owned(), *keystore, password)?;
            }
            Ok((Recognised::Unnamed(keystore), password)) => {
                self.add_unnamed(place.to_owned(), *keystore, password)?;
            }
            Ok(_) => self.add_bad(place.to_owned(), "not a keystore")?,
            Err(why) => self.add_bad(place.to_owned(), why)?,
        }
        Ok(Taken::Read)
    }

    fn add(&mut self, place: String, content: Content) -> Result<(), BackupError> {
        self.require_room()?;
        self.entries.push(Entry { place, content });
        Ok(())
    }

    /// Everything that is held counts.
    fn require_room(&self) -> Result<(), BackupError> {
        if self.entries.len() + self.bad.len() + self.skipped.len() < MAX_KEYS {
            Ok(())
        } else {
            Err(BackupError::TooManyKeys(MAX_KEYS))
        }
    }
}

fn digits(line: &str) -> &str {
    line.strip_prefix("0x").or_else(|| line.strip_prefix("0X")).unwrap_or(line)
}

/// Whether `line` is a key in hexadecimal, or nearly one: such a line must never be quoted.
pub fn looks_like_a_key(line: &str) -> bool {
    let hexadecimal = digits(line).bytes().filter(u8::is_ascii_hexdigit).count();
    hexadecimal >= NEARLY_A_KEY && hexadecimal * 10 >= digits(line).len() * 9
}

/// Parses a key in hexadecimal. An error does not repeat it.
pub fn parse_key(line: &str) -> Result<SecretKey, String> {
    let bytes = SecretBytes::<32>::try_new(|bytes| hex::decode_to_slice(digits(line), bytes));
    let bytes = bytes.map_err(|_| NO_KEY.to_owned())?;
    SecretKey::from_bytes(bytes.expose()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "25295f0d1d592a90b333e26e85149708208e9f8e8bc18f6c77bd62f8ad7a6866";

    fn taken(text: &str) -> Intake {
        let mut intake = Intake::default();
        assert_eq!(intake.add_text("x", text, None).unwrap(), Taken::Read, "{text:?}");
        intake
    }

    #[test]
    fn one_key_per_line_is_read_in_any_spelling() {
        for text in [
            KEY.to_owned(),
            format!("0x{KEY}\n"),
            format!("0X{}", KEY.to_uppercase()),
            format!("  {KEY}\r\n\r\n"),
        ] {
            assert_eq!(taken(&text).len(), 1, "{text:?}");
        }
        let two = taken(&format!("{KEY}\n0x{}\n", "11".repeat(32)));
        assert_eq!((two.len(), two.bad.len()), (2, 0));
        let imported = two.open(None, &mut ()).unwrap();
        assert_eq!(imported.keys[0].secret.public_key().to_string()[..8], *"a99a76ed");
    }

    #[test]
    fn a_key_that_lost_digits_is_bad_and_never_repeated() {
        for text in [&KEY[1..], &format!("{KEY}00"), &format!("{}x", &KEY[1..]), &"f".repeat(64)] {
            let intake = taken(text);
            assert_eq!((intake.len(), intake.bad.len()), (0, 1), "{text}");
            assert!(!format!("{intake:?}").contains(&KEY[5..20]));
        }
        let intake = taken(&format!("{KEY}\n{}\n", &KEY[1..]));
        assert_eq!(intake.bad[0].0, "x, line 2");
    }

    #[test]
    fn other_text_is_not_a_bad_key_but_half_a_keystore_is() {
        for text in ["", "hunter2", "{\"username\": \"db\"}", "postgres://db:secret@host/deadbeef"]
        {
            let mut intake = Intake::default();
            assert_eq!(intake.add_text("x", text, None).unwrap(), Taken::SomethingElse, "{text}");
            assert_eq!((intake.len(), intake.bad.len()), (0, 0), "{text}");
        }
        for text in ["{\"crypto\": {}, \"version\": 4}", "{\"crypto\": {"] {
            assert_eq!(taken(text).bad.len(), 1, "{text}");
        }
    }

    #[test]
    fn an_endless_store_is_refused() {
        let mut intake = Intake::default();
        let key = || SecretKey::derive_master(&[7; 32]).unwrap();
        (2..MAX_KEYS).for_each(|_| intake.add_key(String::new(), key()).unwrap());
        intake.add_bad(String::new(), "").unwrap();
        intake.add_skipped(String::new()).unwrap();
        assert!(intake.add_bad(String::new(), "").is_err());
        assert!(intake.add_skipped(String::new()).is_err());
        assert!(matches!(intake.add_key(String::new(), key()), Err(BackupError::TooManyKeys(_))));
    }
}
