//! A folder in Vault as a store of secrets: each value is in one field of its own secret.

use std::collections::BTreeMap;

use super::{Engine, Vault, VaultError, path};
use crate::{
    endpoint::HttpError,
    secret_store::{PutError, SecretStore, Written, secret_name, stated},
};
use stockade_base::{json::clip, secret::SecretText};
use stockade_keystore::bls::PublicKey;

/// A folder in an engine, as a [`SecretStore`].
#[derive(Debug)]
pub struct VaultFolder<'a> {
    vault: &'a Vault,
    engine: Engine,
    path: String,
    field: String,
    /// For keys that are already there under another name: that name.
    doubles: BTreeMap<String, String>,
}

impl<'a> VaultFolder<'a> {
    /// The folder at `path` in `engine`. Values are written to the field `field`.
    pub fn new(vault: &'a Vault, engine: Engine, path: &str, field: &str) -> Self {
        let (path, field) = (path.trim_matches('/').to_owned(), field.to_owned());
        Self { vault, engine, path, field, doubles: BTreeMap::new() }
    }

    /// The folder's full URL.
    pub fn place(&self) -> Result<String, VaultError> {
        self.vault.place(&self.engine, &self.path)
    }

    /// Checks that the engine does not delete secrets, that `keys` may be written, and which of them are
    /// already there under another name: a signer that loads the whole folder would load such a key twice.
    pub fn prepare(&mut self, keys: &[PublicKey]) -> Result<(), VaultError> {
        self.vault.require_lasting(&self.engine)?;
        let names: Vec<_> = keys.iter().map(secret_name).collect();
        let paths: Vec<_> = names.iter().map(|name| path::join(&self.path, name)).collect();
        self.vault.require_writable(&self.engine, &paths)?;
        let listed = match self.vault.list(&self.engine, &self.path) {
            Ok(listed) => listed,
            // A delivery does not need the right to list.
            Err(VaultError::Denied { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        for name in listed {
            if let Some(key) = stated(&name).filter(|key| *key != name) {
                self.doubles.insert(key, clip(&name, 200));
            }
        }
        Ok(())
    }
}

impl SecretStore for VaultFolder<'_> {
    fn put(&self, name: &str, value: &SecretText) -> Result<Written, PutError> {
        if let Some(other) = self.doubles.get(name) {
            let why = format!("the key is already there under the name {other}");
            return Err(PutError::Refused(why));
        }
        let path = path::join(&self.path, name);
        let put = self.vault.put(&self.engine, &path, &self.field, value);
        put.map_err(|error| match error {
            VaultError::NotWritten { ref source, .. }
                if matches!(**source, VaultError::Http(HttpError::Status { status: 400, .. })) =>
            {
                PutError::Refused(error.to_string())
            }
            VaultError::Denied { .. }
            | VaultError::Occupied { .. }
            | VaultError::Deleted { .. }
            | VaultError::Destroyed { .. }
            | VaultError::Path(_) => PutError::Refused(error.to_string()),
            VaultError::Expires { .. } => PutError::Expires(error.to_string()),
            VaultError::Token { .. } | VaultError::NoToken { .. } => {
                PutError::NoLonger { why: error.to_string(), sent: false }
            }
            VaultError::Unread { ref source, .. }
                if matches!(**source, VaultError::Token { .. }) =>
            {
                PutError::NoLonger { why: error.to_string(), sent: true }
            }
            error => PutError::Failed(error.to_string()),
        })
    }
}
