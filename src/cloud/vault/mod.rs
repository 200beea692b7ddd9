//! HashiCorp Vault, and what speaks its API (OpenBao, RustyVault): secrets of the key/value engine,
//! versions 1 and 2. <https://developer.hashicorp.com/vault/api-docs>

mod auth;
mod kv;
mod secrets;

pub use auth::Login;
pub use kv::{Engine, KvVersion, Texts, Written};
pub use secrets::VaultFolder;

use super::{Endpoint, HttpError};
use crate::json::clip;

/// A Vault that gave a token.
#[derive(Debug)]
pub struct Vault {
    endpoint: Endpoint,
}

/// Why Vault did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The way to it, or its answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A path that Vault would read as another.
    #[error("`{0}` is no path of a secret: letters, digits, `-`, `_`, `.` and `/` between them")]
    Path(String),
    /// An AppRole that Vault does not take.
    #[error("{url} does not take this AppRole: {message}")]
    Role {
        /// Where.
        url: String,
        /// What it said.
        message: String,
    },
    /// Vault did not take what should be written.
    #[error("{path} was not written: {source}")]
    NotWritten {
        /// Which secret.
        path: String,
        /// Why.
        source: HttpError,
    },
    /// Written as to version 2, and answered as by version 1.
    #[error(
        "{mount} is version 1 of the key/value engine, and was taken for version 2: a secret was \
         written at {written}, where it does not belong"
    )]
    NotVersion2 {
        /// The engine.
        mount: String,
        /// What was written.
        written: String,
    },
    /// Another value lies there already, and is left alone.
    #[error("{url}: {path} holds another value already, and nothing is overwritten")]
    Occupied {
        /// Where.
        url: String,
        /// Which secret.
        path: String,
    },
    /// What was written could not be read back: whether it is right is not known.
    #[error("{path} was written, and cannot be read back: {source}")]
    Unread {
        /// Which secret.
        path: String,
        /// Why.
        source: Box<VaultError>,
    },
    /// What was read back is not what was written.
    #[error("{url}: {path} does not hold what was written a moment ago")]
    ReadBack {
        /// Where.
        url: String,
        /// Which secret.
        path: String,
    },
}

impl Vault {
    /// Where it is.
    pub fn url(&self) -> &str {
        self.endpoint.url()
    }
}

/// Where a secret lies: names joined by `/`, which go into a URL as they are.
fn require_path(path: &str) -> Result<(), VaultError> {
    let name = |name: &str| {
        !name.is_empty()
            && !name.bytes().all(|byte| byte == b'.')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    match path.len() <= 512 && path.split('/').all(name) {
        true => Ok(()),
        false => Err(VaultError::Path(clip(path, 80))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_never_leads_elsewhere() {
        for path in ["validators/0xab", "a", "a-b/c_d.e"] {
            assert!(require_path(path).is_ok(), "{path}");
        }
        for path in ["", "/a", "a/", "a//b", "a/../b", "a?list=true", "a b", "a#b", "ä", "%2e%2e/x"]
        {
            assert!(require_path(path).is_err(), "{path}");
        }
    }
}
