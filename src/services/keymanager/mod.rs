//! The keymanager API, standard of all validator clients and of Web3signer:
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

/// A validator client, or Web3signer, that keys are managed on.
#[derive(Debug)]
pub struct Keymanager {
    endpoint: Endpoint,
}

/// Why a client did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeymanagerError {
    /// The way to it, or its answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The user gave up between two requests.
    #[error("stopped here, before anything more was asked of {0}")]
    Stopped(String),
    /// It answered for more or fewer keys than were sent, so that no answer can be told to be any
    /// key's.
    #[error("{url} answered for {answered} keys where {asked} were sent: what it did is not known")]
    Count {
        /// Where.
        url: String,
        /// How many were sent.
        asked: usize,
        /// How many it answered for.
        answered: usize,
    },
}

impl KeymanagerError {
    /// Whether the client itself answered, and said that it did not do what was asked.
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Http(error) if error.status().is_some())
    }

    /// Whether the request was longer than the client takes.
    pub fn is_too_long(&self) -> bool {
        matches!(self, Self::Http(error) if error.status() == Some(413))
    }

    /// Whether it refused what was asked, so that it did nothing.
    pub(crate) fn is_refusal(&self) -> bool {
        match self {
            // Not 408, 409 or 499: a proxy that gives up waiting answers so, and the client goes on.
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
    /// A client, with the token that it asks for.
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        self.endpoint.url()
    }

    /// One request after another is sent for as long as nobody gave up.
    pub(crate) fn go_on(&self, progress: &dyn Progress) -> Result<(), KeymanagerError> {
        match progress.stopped() {
            true => Err(KeymanagerError::Stopped(self.url().to_owned())),
            false => Ok(()),
        }
    }

    fn require_count(&self, asked: usize, answered: usize) -> Result<(), KeymanagerError> {
        match asked == answered {
            true => Ok(()),
            false => Err(KeymanagerError::Count { url: self.url().to_owned(), asked, answered }),
        }
    }
}

/// Public keys as the API writes them.
fn prefixed(key: &PublicKey) -> String {
    format!("0x{key}")
}

fn unprefixed(text: &str) -> Option<PublicKey> {
    text.strip_prefix("0x").unwrap_or(text).to_ascii_lowercase().parse().ok()
}
