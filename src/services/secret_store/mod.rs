//! Stores that keep secrets by name.

mod fields;
mod same;
mod stated;

use stockade_base::secret::SecretText;
use stockade_keystore::bls::PublicKey;

pub(crate) use fields::{Field, Fields, to_json};
pub(crate) use same::same_secret;
pub(crate) use stated::{stated, stated_key};

/// What a write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is there now.
    New,
    /// The same was there already.
    Same,
}

/// Where secrets are put by name.
pub trait SecretStore {
    /// Puts `value` where nothing is, reads it back and compares. Says that it was there already
    /// where the same was; what is another stays as it is.
    fn put(&self, name: &str, value: &SecretText) -> Result<Written, PutError>;
}

/// Why a secret was not put.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// This secret alone: the others may still be put.
    #[error("{0}")]
    Refused(String),
    /// It is there, and the store will delete it by itself.
    #[error("{0}")]
    Expires(String),
    /// The credentials are not valid any more, and nothing more will be written.
    #[error("{why}")]
    NoLonger {
        /// The store's words.
        why: String,
        /// Whether this secret was written before, and could not be read back.
        sent: bool,
    },
    /// The store, or the way to it: what it did is not known.
    #[error("{0}")]
    Failed(String),
}

/// The name of the secret of one key, below whatever prefix or path: what `deliver web3signer` puts
/// for `{pubkey}`.
pub fn secret_name(key: &PublicKey) -> String {
    key.to_string()
}
