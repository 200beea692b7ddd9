//! What was read in a store: keys, what is wrong with others, and what was passed over. The same for
//! importing and for checking.

use stockade::backup::{BackupError, intake::Intake, verdict::Reason};
use stockade_keystore::{
    bls::{PublicKey, SecretKey},
    eth2_keystore::{Keystore, Password},
};

/// Ten times what the largest operators run on one machine; a store that holds more is broken.
const MAX: usize = 100_000;

/// What was read in a store.
#[derive(Debug, Default)]
pub struct Findings {
    pub(crate) found: Vec<Entry>,
    pub(crate) wrong: Vec<Wrong>,
    pub(crate) skipped: Vec<Skipped>,
}

/// A key, or a keystore that is still closed.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) place: String,
    pub(crate) content: Content,
    /// Whether a signer looks for it there.
    pub(crate) usual: bool,
    /// When the store deletes it.
    pub(crate) expires: Option<String>,
}

#[derive(Debug)]
pub(crate) enum Content {
    Key(SecretKey),
    /// With the password that is stored beside it, where there is one.
    Keystore(Box<Keystore>, Option<Password>),
}

/// Something that may be a key, and why it was not taken for one.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) place: String,
    /// The key that it should be.
    pub(crate) key: Option<PublicKey>,
    /// Whether no name says so, and the bytes would make that key.
    pub(crate) unnamed: bool,
    pub(crate) reason: Reason,
    pub(crate) why: String,
}

/// Something that is not a key.
#[derive(Debug)]
pub(crate) struct Skipped {
    pub(crate) place: String,
    /// Whether it is known what it is: a password, a public key.
    pub(crate) understood: bool,
}

impl Findings {
    /// Hands over to an import. A key that cannot be taken is bad there, whatever the reason.
    pub fn import(self, intake: &mut Intake) -> Result<(), BackupError> {
        for Entry { place, content, .. } in self.found {
            match content {
                Content::Key(key) => intake.add_key(place, key)?,
                Content::Keystore(keystore, own) => intake.add_keystore(place, *keystore, own)?,
            }
        }
        self.wrong.into_iter().try_for_each(|wrong| intake.add_bad(wrong.place, wrong.why))?;
        self.skipped.into_iter().try_for_each(|skipped| intake.add_skipped(skipped.place))
    }

    pub(super) fn add(&mut self, entry: Entry) -> Result<(), BackupError> {
        self.require_room()?;
        self.found.push(entry);
        Ok(())
    }

    pub(super) fn add_wrong(
        &mut self,
        place: impl Into<String>,
        key: Option<PublicKey>,
        reason: Reason,
        why: impl Into<String>,
    ) -> Result<(), BackupError> {
        self.push(Wrong { place: place.into(), key, unnamed: false, reason, why: why.into() })
    }

    /// Notes 32 bytes that would make `key`, if they are a key.
    pub(super) fn add_unnamed(
        &mut self,
        place: String,
        key: PublicKey,
        why: String,
    ) -> Result<(), BackupError> {
        let reason = Reason::NotChecked;
        self.push(Wrong { place, key: Some(key), unnamed: true, reason, why })
    }

    fn push(&mut self, wrong: Wrong) -> Result<(), BackupError> {
        self.require_room()?;
        self.wrong.push(wrong);
        Ok(())
    }

    pub(super) fn skip(&mut self, place: &str, understood: bool) -> Result<(), BackupError> {
        self.require_room()?;
        self.skipped.push(Skipped { place: place.to_owned(), understood });
        Ok(())
    }

    /// Everything counts that is remembered.
    fn require_room(&self) -> Result<(), BackupError> {
        match self.found.len() + self.wrong.len() + self.skipped.len() < MAX {
            true => Ok(()),
            false => Err(BackupError::TooManyKeys(MAX)),
        }
    }
}
