//! Vault as a place that secrets are put in by name: one field of one secret each.

use std::collections::BTreeMap;

use super::{Engine, Vault, VaultError, path};
use crate::{
    endpoint::HttpError,
    secret_store::{PutError, SecretStore, Written, secret_name, stated},
};
use stockade_base::{json::clip, secret::SecretText};
use stockade_keystore::bls::PublicKey;

/// A folder of an engine.
#[derive(Debug)]
pub struct VaultFolder<'a> {
    vault: &'a Vault,
    engine: Engine,
    path: String,
    field: String,
    /// What is there already under another name for the same key.
    doubles: BTreeMap<String, String>,
}

impl<'a> VaultFolder<'a> {
    /// The folder at `path` of `engine`, for keys in the field `field`.
    pub fn new(vault: &'a Vault, engine: Engine, path: &str, field: &str) -> Self {
        let (path, field) = (path.trim_matches('/').to_owned(), field.to_owned());
        Self { vault, engine, path, field, doubles: BTreeMap::new() }
    }

    /// The whole URL.
    pub fn place(&self) -> Result<String, VaultError> {
        self.vault.place(&self.engine, &self.path)
    }

    /// Asks what needs nobody: whether the engine keeps what it is given, whether `keys` may be
    /// written, and which of them are there already under another name. A signer that loads the whole
    /// folder would load such a key twice.
    pub fn prepare(&mut self, keys: &[PublicKey]) -> Result<(), VaultError> {
        self.vault.require_lasting(&self.engine)?;
        let names: Vec<_> = keys.iter().map(secret_name).collect();
        let paths: Vec<_> = names.iter().map(|name| path::join(&self.path, name)).collect();
        self.vault.require_writable(&self.engine, &paths)?;
        let listed = match self.vault.list(&self.engine, &self.path) {
            Ok(listed) => listed,
            // To deliver, nobody need be allowed to list.
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
            let why = format!("this key is there already, under the name {other}");
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
