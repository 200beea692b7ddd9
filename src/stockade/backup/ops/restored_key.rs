//! A key on its way to a client.

use std::borrow::Cow;

use crate::backup::set::error::BackupError;
use stockade_base::secret::SecretBytes;
use stockade_keystore::{
    bls::SecretKey,
    eth2_keystore::{DecryptionKey, Kdf, Keystore},
};

/// A key on its way to a layout.
pub(crate) struct RestoredKey<'a> {
    /// The keystore's file in the set, without `.json`.
    pub name: Cow<'a, str>,
    /// The key.
    pub secret: &'a SecretKey,
    pub(crate) path: &'a str,
    pub(crate) description: &'a str,
}

impl RestoredKey<'_> {
    pub(crate) fn seal(&self, derived: &DecryptionKey) -> Result<String, BackupError> {
        let sealed = Keystore::seal(self.secret, self.path, self.description, derived)?;
        Ok(sealed.to_json()?)
    }
}

/// How keys are sealed for a client: at full cost, with a salt of their own.
pub(crate) fn random_kdf() -> Result<Kdf, BackupError> {
    Ok(Kdf::full_cost(*SecretBytes::random()?.expose()))
}
