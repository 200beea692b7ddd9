//! A keystore written anew in the form that every client takes.

use super::{
    DecryptionKey, Diagnosis, Found, Kdf, Keystore, KeystoreError, NewPassword,
    deviations::is_plain_path,
};
use stockade_base::secret::SecretBytes;

/// Stands for a path that is not known, for no file without one is taken by all clients. No
/// validator's key lies there.
const UNKNOWN_PATH: &str = "m/0/0";

/// Writes keystores anew under one password, with one salt and one key derivation for all.
#[derive(Debug)]
pub struct Repairer {
    key: DecryptionKey,
}

/// A keystore that every client takes.
#[derive(Debug)]
pub struct Repair {
    /// The keystore, under the same password.
    pub keystore: Keystore,
    /// Whether its path had to be replaced by `m/0/0`.
    pub path_replaced: bool,
}

impl Repairer {
    /// Derives the key, at full cost.
    pub fn new(password: &NewPassword) -> Result<Self, KeystoreError> {
        let salt = SecretBytes::random().map_err(KeystoreError::Random)?;
        let key = DecryptionKey::derive(password.password(), &Kdf::full_cost(*salt.expose()))?;
        Ok(Self { key })
    }

    /// The same key, path and description in the form that all clients take; `None` where the
    /// key that the file names was not found in it.
    pub fn repair(
        &self,
        keystore: &Keystore,
        diagnosis: &Diagnosis,
    ) -> Result<Option<Repair>, KeystoreError> {
        let (Found::Key(secret) | Found::Rotten { secret, .. }) = &diagnosis.found else {
            return Ok(None);
        };
        let known = keystore.path().filter(|path| is_plain_path(path));
        let path = known.unwrap_or(UNKNOWN_PATH);
        let description = keystore.description().unwrap_or_default();
        let keystore = Keystore::seal(secret, path, description, &self.key)?;
        Ok(Some(Repair { keystore, path_replaced: known.is_none() }))
    }

    /// Whether `written` opens to the key that it names.
    pub fn opens(&self, written: &Keystore) -> bool {
        written.open_with(&self.key).is_ok()
    }
}
