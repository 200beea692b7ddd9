//! What stores of secrets have in common.

mod fields;
mod same;
mod stated;

use stockade::backup::keys_digest;
use stockade_base::secret::SecretText;
use stockade_keystore::bls::PublicKey;

pub(crate) use fields::{Field, Fields, to_json};
pub(crate) use same::same_secret;
pub(crate) use stated::{stated, stated_key};

/// The result of writing a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The secret was created.
    New,
    /// The secret already had this value.
    Same,
}

/// A store that keeps secrets by name.
pub trait SecretStore {
    /// Creates the secret `name` with `value`, reads it back and compares. A secret that exists is never
    /// changed.
    fn put(&self, name: &str, value: &SecretText) -> Result<Written, PutError>;
}

/// Why a secret was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PutError {
    /// The store refused this secret. Others can still be written.
    #[error("{0}")]
    Refused(String),
    /// The secret exists, but the store will delete it.
    #[error("{0}")]
    Expires(String),
    /// The credentials are no longer valid, so nothing more can be written.
    #[error("{why}")]
    NoLonger {
        /// The store's message.
        why: String,
        /// Whether this secret was sent before, but could not be read back.
        sent: bool,
    },
    /// The store failed or was not reached. Whether the secret was written is not known.
    #[error("{0}")]
    Failed(String),
}

/// The name of a secret with a single key, without any prefix or path. `deliver web3signer` writes it
/// for `{pubkey}`.
pub fn secret_name(key: &PublicKey) -> String {
    key.to_string()
}

/// The name of a secret with several keys, without any prefix or path. It depends only on the keys.
pub(crate) fn parcel_name(keys: &[PublicKey]) -> String {
    format!("keys-{:.16}", keys_digest(keys).to_string())
}
