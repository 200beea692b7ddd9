//! Restore: from sealed copies to a folder that a validator client imports. All or nothing.

use std::path::Path;

use super::{
    BackupError, Copy,
    history::History,
    manifest::KeystoreEntry,
    opened::{self, Closed, OpenKeystore},
    origin::Pins,
    scrub::ScrubbedSet,
    verdict::Reason,
};
use crate::{
    bls::PublicKey,
    device::Wallet,
    device_secret,
    eth2_keystore::{DecryptionKey, Kdf, Keystore, Password},
    interact::{Interact, Progress},
    secret::{SecretBytes, SecretText},
    store::{Directory, NewFile, publish_folder},
};

/// A set that was opened and is ready to be written somewhere.
#[derive(Debug)]
pub struct Restorable {
    entries: Vec<(KeystoreEntry, OpenKeystore)>,
}

impl Restorable {
    /// Opens `set` with `wallet`. Every key must open; a set of another's making is refused unless
    /// `accept_unknown_origin`.
    pub fn open(
        copies: &[Copy],
        set: &ScrubbedSet,
        pins: &Pins,
        accept_unknown_origin: bool,
        wallet: &mut dyn Wallet,
        user: &mut dyn Interact,
        progress: &mut dyn Progress,
    ) -> Result<Self, BackupError> {
        let address = device_secret::check_address(wallet, user)?;
        let pins = Pins { wallet: Some(address), ..pins.clone() };
        let refuse = |reason: String| BackupError::NotRestorable { set: set.id.clone(), reason };
        let opened =
            opened::open(set, copies, &pins, accept_unknown_origin, wallet, &address, user)
                .map_err(|closed| match closed {
                    Closed::Verdict(reason) => refuse(reason.explain().to_owned()),
                    Closed::Failed(error) => error.into(),
                })?;
        let mut entries = Vec::new();
        for (entry, key) in opened.keys(set, copies, progress)? {
            let key = key.map_err(|reason| {
                let why = match reason {
                    Reason::NotChecked => "no copy holds it whole",
                    reason => reason.explain(),
                };
                refuse(format!("{}: {why}", entry.file))
            })?;
            entries.push((entry.clone(), key));
        }
        Ok(Self { entries })
    }

    /// The public keys, in the manifest's order.
    pub fn public_keys(&self) -> Vec<PublicKey> {
        self.entries.iter().map(|(entry, _)| entry.pubkey).collect()
    }

    /// Writes keystores under a password and a salt of their own, that password, and the slashing
    /// history, to the new folder `to`. Layout plain: everything in one folder.
    pub fn write_plain(
        &self,
        to: &Path,
        password: Option<SecretText>,
        history: Option<&History>,
        progress: &mut dyn Progress,
    ) -> Result<(), BackupError> {
        let password = match password {
            Some(password) => password,
            None => SecretText::new(hex::encode(SecretBytes::<32>::random()?.expose())),
        };
        let kdf = Kdf::full_cost(*SecretBytes::random()?.expose());
        let derived = DecryptionKey::derive(&Password::new(password.expose())?, &kdf)?;
        let mut files = Vec::new();
        for (i, (entry, key)) in self.entries.iter().enumerate() {
            progress.step("sealing", i, self.entries.len());
            let keystore = Keystore::seal(&key.secret, &entry.path, &key.description, &derived)?;
            let name = entry.file.names().last().unwrap_or_default();
            files.push(NewFile { path: name.parse()?, bytes: keystore.to_json()?.into_bytes() });
        }
        progress.step("sealing", self.entries.len(), self.entries.len());
        let bytes = password.expose().as_bytes().to_vec();
        files.push(NewFile { path: "password.txt".parse()?, bytes });
        if let Some(history) = history {
            let bytes = history.bytes.clone();
            files.push(NewFile { path: "slashing_protection.json".parse()?, bytes });
        }
        require_empty(to)?;
        publish_folder(to, &files)?;
        Ok(())
    }
}

/// Whether a restore may write to `to`.
pub fn require_empty(to: &Path) -> Result<(), BackupError> {
    match to.exists() && !Directory::new(to).entries()?.is_empty() {
        true => Err(BackupError::TargetNotEmpty(to.to_owned())),
        false => Ok(()),
    }
}
