//! Keys that lie in stores and in the files of signers, taken over as they are there. Nothing is
//! written to any of these places.

mod aws_secrets;
mod key_config;
mod key_place;
mod keymanager_file;
mod vault;
mod web3signer;

pub use aws_secrets::aws_secrets;
pub use keymanager_file::keymanager_file;
pub use vault::vault;
pub use web3signer::{Reads, web3signer};

use super::{HttpError, aws_secrets::AwsError, vault::VaultError};
use crate::{backup::BackupError, store::StoreError};

/// Why keys could not be taken over from a place at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TakeOverError {
    /// Nothing lies there.
    #[error("nothing lies at {0}")]
    Nothing(String),
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
    match error {
        VaultError::Http(error) => match error {
            HttpError::Status { status, .. } => matches!(status, 400 | 403 | 404),
            HttpError::Answer { .. } => true,
            _ => false,
        },
        _ => true,
    }
}
