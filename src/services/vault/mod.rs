//! HashiCorp Vault, and what speaks its API (OpenBao): secrets of the key/value engine, versions 1
//! and 2. <https://developer.hashicorp.com/vault/api-docs>

mod auth;
mod call;
mod error;
mod folder;
mod kv;
mod mounts;
mod path;
mod put;

use std::cell::RefCell;

pub use auth::Login;
pub use error::VaultError;
pub use folder::VaultFolder;
pub(crate) use kv::Secret;
pub use kv::{Engine, KvVersion, Texts};
pub(crate) use path::join;
pub use path::{require_field, require_path};

use auth::Session;

pub use crate::secret_store::Written;

/// A Vault that accepted these credentials. A token that was obtained by logging in is revoked when
/// this is dropped.
#[derive(Debug)]
pub struct Vault {
    url: String,
    /// Goes before every path: `/v1/`, and the namespace.
    root: String,
    login: Login,
    session: RefCell<Session>,
}

impl Vault {
    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The whole URL of a secret or folder, for people and for delivery notes.
    pub fn place(&self, engine: &Engine, path: &str) -> Result<String, VaultError> {
        Ok(format!("{}{}{}", self.url, self.root, engine.api(path, "data")?))
    }
}
