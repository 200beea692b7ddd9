//! The result of reading a store, for imports and for checks: keys, problems, and what was skipped.

use stockade::backup::{BackupError, intake::Intake, verdict::Reason};
use stockade_keystore::{
    bls::{PublicKey, SecretKey},
    eth2_keystore::{Keystore, Password},
};

/// The largest number of findings: ten times what the largest operators run on one machine.
const MAX: usize = 100_000;

/// The result of reading a store.
#[derive(Debug, Default)]
pub struct Findings {
    pub(crate) found: Vec<Entry>,
    pub(crate) wrong: Vec<Wrong>,
    pub(crate) skipped: Vec<Skipped>,
}

/// A key, or a keystore that is not opened yet.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) place: String,
    pub(crate) content: Content,
    /// Whether a signer finds it there.
    pub(crate) usual: bool,
    /// The time at which the store will delete it, if it will.
    pub(crate) expires: Option<String>,
}

#[derive(Debug)]
pub(crate) enum Content {
    Key(SecretKey),
    /// With its password, if that is stored with it.
    Keystore(Box<Keystore>, Option<Password>),
}

/// A value that may be a key, and why it cannot be used as one.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) place: String,
    /// The key that it should be.
    pub(crate) key: Option<PublicKey>,
    /// Whether only the bytes themselves say that they may be this key.
    pub(crate) unnamed: bool,
    pub(crate) reason: Reason,
    pub(crate) why: String,
}

/// A value that is not a key.
#[derive(Debug)]
pub(crate) struct Skipped {
    pub(crate) place: String,
    /// Whether it is known what it is, such as a password or a public key.
    pub(crate) understood: bool,
}

impl Findings {
    /// Passes the findings to an import, where keys that cannot be used are bad, whatever the reason.
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

    /// Adds 32 bytes that would be `key`, if they are a key.
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

    /// Limits the number of all findings.
    fn require_room(&self) -> Result<(), BackupError> {
        if self.found.len() + self.wrong.len() + self.skipped.len() >= MAX {
            return Err(BackupError::TooManyKeys(MAX));
        }
        Ok(())
    }
}
