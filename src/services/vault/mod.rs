//! HashiCorp Vault and OpenBao: secrets in the key/value engine, versions 1 and 2.
//! <https://developer.hashicorp.com/vault/api-docs>

mod auth;
mod call;
mod error;
mod folder;
mod kv;
mod mounts;
mod path;
mod put;

use std::cell::RefCell;

use serde::Deserialize;

pub use auth::Login;
pub use error::VaultError;
pub use folder::VaultFolder;
pub(crate) use kv::Secret;
pub use kv::{Engine, KvVersion, Texts};
pub(crate) use path::join;
pub use path::{require_field, require_path};

use auth::Session;

pub use crate::secret_store::Written;

/// What Vault wraps most of its answers in.
#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

/// A session with Vault. If its token was obtained by logging in, it is revoked when this is dropped.
#[derive(Debug)]
pub struct Vault {
    url: String,
    /// The prefix of every path: `/v1/` and the namespace.
    root: String,
    login: Login,
    session: RefCell<Session>,
}

impl Vault {
    /// Vault's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The full URL of a secret or folder, for people and for delivery notes.
    pub fn place(&self, engine: &Engine, path: &str) -> Result<String, VaultError> {
        Ok(format!("{}{}{}", self.url, self.root, engine.api(path, "data")?))
    }
}
