//! Why validator keys could not be made or checked.

use crate::{
    backup::{BackupError, SetId},
    bls::KeyError,
    device::DeviceError,
    device_secret::SecretError,
    eth::Address,
    path::PathError,
};

/// Why validator keys could not be made or checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidatorError {
    /// More keys in a batch than should hang on one root.
    #[error("batch {batch} would hold {keys} keys: no more than {limit} should come from one root")]
    LargeBatch {
        /// The batch.
        batch: u32,
        /// How many it would hold.
        keys: u64,
        /// How many it may.
        limit: u32,
    },
    /// A set on the copies cannot be read, so the next free index is not known.
    #[error(
        "set {set} in copy {copy} has no manifest that a wallet signed, so which keys exist already is not known"
    )]
    UnknownKeys {
        /// Which set.
        set: SetId,
        /// In which copy.
        copy: String,
    },
    /// The key was made before.
    #[error(
        "batch {batch} index {index} is in set {set} already: making a key twice is how validators get slashed"
    )]
    Exists {
        /// The batch.
        batch: u32,
        /// The index.
        index: u32,
        /// Where it is.
        set: SetId,
    },
    /// The wallet showed another address than it gave.
    #[error("the wallet showed withdrawal address {shown}, but gave {given}")]
    WithdrawalAddress {
        /// The one that its user approved.
        shown: Address,
        /// The one that it gave silently.
        given: Address,
    },
    /// The amount is none that the deposit contract and the credentials allow.
    #[error("{0}")]
    Amount(String),
    /// A device secret that gives no key.
    #[error("the wallet's answer gives no batch root: {0}")]
    Root(#[from] KeyError),
    /// An index or account beyond what a path can hold.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Sets and copies.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The wallet.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The wallet's secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
}
