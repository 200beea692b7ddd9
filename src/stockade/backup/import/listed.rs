//! Imports the keystores in a list.

use super::{
    intake::Intake,
    keystore_list::KeystoreList,
    recognise::{self, Content},
    sniff,
};
use crate::backup::set::error::BackupError;
use stockade_keystore::eth2_keystore::Password;

impl KeystoreList {
    /// Every keystore, with its number.
    pub fn keystores(&self) -> impl Iterator<Item = (usize, Content)> {
        let entries = self.entries().iter().enumerate();
        entries.map(|(i, (text, _))| (i + 1, recognise::recognise_text(text)))
    }

    /// Adds all keystores to an import. Returns the slashing histories.
    pub fn take(self, name: &str, intake: &mut Intake) -> Result<Vec<Vec<u8>>, BackupError> {
        for (i, (text, password)) in self.entries().iter().enumerate() {
            let place = format!("{name}, keystore {}", i + 1);
            let password = match Password::new(password.expose()) {
                Ok(password) => password,
                Err(error) => {
                    intake.add_bad(place, error.to_string())?;
                    continue;
                }
            };
            match recognise::recognise_text(text) {
                Content::Keystore(keystore) => {
                    intake.add_keystore(place, *keystore, Some(password))?;
                }
                Content::Unnamed(keystore) => {
                    intake.add_unnamed(place, *keystore, Some(password))?
                }
                Content::Bad(why) => intake.add_bad(place, why)?,
                Content::Other(what) => intake.add_bad(place, sniff::not_a_keystore(&what))?,
                Content::Share(..) => {
                    intake.add_bad(place, "a share of dirk: name its account's own file")?;
                }
                Content::List(_) | Content::Definitions(_) | Content::Archive(_) => {
                    intake.add_bad(place, sniff::not_a_keystore("a list"))?;
                }
            }
        }
        Ok(self.into_histories())
    }
}
