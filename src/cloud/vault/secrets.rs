//! Vault as a place that secrets are put in by name: one field of one secret each.

use super::{Engine, Vault, VaultError, Written};
use crate::{
    cloud::{
        HttpError,
        delivery::{PutError, SecretStore},
    },
    secret::SecretText,
};

/// A folder of an engine.
#[derive(Debug)]
pub struct VaultFolder<'a> {
    /// The Vault.
    pub vault: &'a Vault,
    /// The engine.
    pub engine: Engine,
    /// The folder.
    pub path: String,
    /// The field of each secret.
    pub field: String,
}

impl VaultFolder<'_> {
    /// The path of the secret `name`.
    pub fn path_of(&self, name: &str) -> String {
        format!("{}/{name}", self.path.trim_end_matches('/'))
    }
}

impl SecretStore for VaultFolder<'_> {
    fn put(&self, name: &str, value: &SecretText) -> Result<Written, PutError> {
        let put = self.vault.put(&self.engine, &self.path_of(name), &self.field, value);
        put.map_err(|error| match error {
            VaultError::NotWritten {
                source: HttpError::Status { status: 400 | 403, .. }, ..
            }
            | VaultError::Occupied { .. }
            | VaultError::Path(_) => PutError::Refused(error.to_string()),
            error => PutError::Failed(error.to_string()),
        })
    }
}
