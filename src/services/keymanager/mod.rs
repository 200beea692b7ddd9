//! The keymanager API of validator clients and Web3signer:
//! <https://ethereum.github.io/keymanager-APIs/>.

mod keystores;
mod remote_keys;
mod settings;

pub use keystores::{Deleted, Import, KeyStatus, Listed};
pub use remote_keys::RemoteKey;
pub use settings::Settings;

use crate::endpoint::{Endpoint, HttpError};
use stockade_keystore::bls::PublicKey;
use stockade_wallet::interact::Progress;

/// A validator client or Web3signer with the keymanager API.
#[derive(Debug)]
pub struct Keymanager {
    endpoint: Endpoint,
}

/// Why a request to a client failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeymanagerError {
    /// The client was not reached, or gave an error or an invalid answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The user cancelled between two requests.
    #[error("cancelled before the next request to {0}")]
    Stopped(String),
    /// The answer has more or fewer statuses than keys were sent, so they cannot be matched.
    #[error(
        "{url} answered with {answered} statuses for {asked} keys: it is not known what it did"
    )]
    Count {
        /// The client's URL.
        url: String,
        /// The number of keys in the request.
        asked: usize,
        /// The number of statuses in the answer.
        answered: usize,
    },
}

impl KeymanagerError {
    /// Whether the client answered with an error.
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Http(error) if error.status().is_some())
    }

    /// Whether the request was too long for the client.
    pub fn is_too_long(&self) -> bool {
        matches!(self, Self::Http(error) if error.status() == Some(413))
    }

    /// Whether the client refused the request, so that nothing was done.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            // Not 408, 409 or 499: a proxy that stops waiting answers with these, and the client goes on.
            Self::Http(error) => matches!(
                error.status(),
                Some(400 | 401 | 403..=406 | 411 | 413..=415 | 421 | 422 | 426 | 429 | 431)
            ),
            Self::Stopped(_) => true,
            Self::Count { .. } => false,
        }
    }
}

impl Keymanager {
    /// A client at `endpoint`, which must send the client's token.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    /// The client's URL.
    pub fn url(&self) -> &str {
        self.endpoint.url()
    }

    /// Fails if the user has cancelled.
    pub(crate) fn check_cancelled(&self, progress: &dyn Progress) -> Result<(), KeymanagerError> {
        if progress.stopped() {
            return Err(KeymanagerError::Stopped(self.url().to_owned()));
        }
        Ok(())
    }

    fn require_count(&self, asked: usize, answered: usize) -> Result<(), KeymanagerError> {
        if asked != answered {
            return Err(KeymanagerError::Count { url: self.url().to_owned(), asked, answered });
        }
        Ok(())
    }
}

/// A public key as the API writes it.
fn prefixed(key: &PublicKey) -> String {
    format!("0x{key}")
}

fn unprefixed(text: &str) -> Option<PublicKey> {
    text.strip_prefix("0x").unwrap_or(text).to_ascii_lowercase().parse().ok()
}
