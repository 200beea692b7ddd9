//! Keys that lie in stores and in the files of signers, taken over as they are there. Nothing is
//! written to any of these places.

#[cfg(feature = "aws")]
mod aws_secrets;
mod findings;
mod key_config;
mod key_place;
mod keymanager_file;
mod purpose;
mod secret;
mod vault;
mod web3signer;

#[cfg(feature = "aws")]
pub use aws_secrets::aws_secrets;
pub use findings::Findings;
pub(crate) use findings::{Content, Entry};
pub use keymanager_file::keymanager_file;
pub use purpose::Purpose;
pub use vault::vault;
pub use web3signer::{Reads, web3signer};

#[cfg(feature = "aws")]
use crate::aws_secrets::AwsError;
use crate::{endpoint::HttpError, vault::VaultError};
use stockade::{backup::BackupError, store::StoreError};

/// Why keys could not be taken over from a place at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Nothing lies there.
    #[error("nothing lies at {0}")]
    Nothing(String),
    /// Nothing is listed there, and the place itself may not be read.
    #[error(
        "nothing is stored below {place}, and the token may not read {place} itself: {url} answered \
         403 for {path}: {message}"
    )]
    NothingOrDenied {
        /// The place.
        place: String,
        /// The server.
        url: String,
        /// The path in the API.
        path: String,
        /// What it said.
        message: String,
    },
    /// The user gave up.
    #[error("cancelled while secrets were read")]
    Stopped,
    /// A file that is not of its format.
    #[error("{file}: {why}")]
    File {
        /// Which.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// The service's URL or certificate.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// AWS Secrets Manager.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// A file or folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Too many keys.
    #[error(transparent)]
    Backup(#[from] BackupError),
}

/// Whether an error is about one secret alone, so that the others may still be read: the service
/// is there and answered.
fn is_about_one_secret(error: &VaultError) -> bool {
    error.is_about_one_secret()
}
