//! Rewrites keystores in the form that every client accepts.

use super::{
    DecryptionKey, Diagnosis, Found, Kdf, Keystore, KeystoreError, NewPassword,
    deviations::is_plain_path,
};
use stockade_base::secret::SecretBytes;

/// Written for an unknown path, because some clients refuse a keystore without a path. No validator's
/// key has this path.
const UNKNOWN_PATH: &str = "m/0/0";

/// Rewrites keystores under one password, with one salt and one key derivation for all.
#[derive(Debug)]
pub struct Repairer {
    key: DecryptionKey,
}

/// A keystore that every client accepts.
#[derive(Debug)]
#[non_exhaustive]
pub struct Repair {
    /// The keystore, under the same password.
    pub keystore: Keystore,
    /// Whether the path was replaced by `m/0/0`.
    pub path_replaced: bool,
}

impl Repairer {
    /// Derives the key at full cost.
    pub fn new(password: &NewPassword) -> Result<Self, KeystoreError> {
        let salt = SecretBytes::random().map_err(KeystoreError::Random)?;
        let key = DecryptionKey::derive(password.password(), &Kdf::full_cost(*salt.expose()))?;
        Ok(Self { key })
    }

    /// Writes the same key, path and description in the form that all clients accept. `None` if the
    /// keystore does not contain the key that it names.
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

    /// Whether `written` opens and contains the key that it names.
    pub fn opens(&self, written: &Keystore) -> bool {
        written.open_with(&self.key).is_ok()
    }
}
