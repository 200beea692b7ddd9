//! Reads keys from stores of secrets and from signers' files, to import or to check them. Nothing is
//! written there.

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

/// Why keys cannot be read from a place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Nothing is stored there.
    #[error("nothing is stored at {0}")]
    Nothing(String),
    /// Nothing is listed there, and the token may not read the place itself.
    #[error(
        "nothing is stored below {place}, and the token may not read {place} itself: {url} answered \
         403 for {path}: {message}"
    )]
    NothingOrDenied {
        /// The place.
        place: String,
        /// The server's URL.
        url: String,
        /// The path in the API.
        path: String,
        /// The server's message.
        message: String,
    },
    /// The user cancelled.
    #[error("cancelled while reading secrets")]
    Stopped,
    /// A file or folder cannot be used.
    #[error("{file}: {why}")]
    File {
        /// The file or folder.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// A request to a service failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A request to Vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A request to AWS Secrets Manager failed.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// A file or folder cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There are too many keys.
    #[error(transparent)]
    Backup(#[from] BackupError),
}
