//! Why shares make no key.

use crate::backup::BackupError;
use stockade_keystore::{bls::PublicKey, distributed::LockHash, staking::Network};

/// Why shares make no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CombineError {
    /// Nothing was found that is known to be a share of the named validators.
    #[error("no share {} was found", .0.map_or("of a validator's key".to_owned(), |key| format!("of {key}")))]
    NoShares(Option<PublicKey>),
    /// Keys of which nothing says that they are shares.
    #[error("not known to be a share: {}", .0.join(", "))]
    NotShares(Vec<String>),
    /// Shares of a cluster on another network.
    #[error("{place}: the cluster lock is for {is_for}, not for {network}")]
    OtherNetwork {
        /// The folder of the shares.
        place: String,
        /// The network of the cluster.
        is_for: Network,
        /// The network of the new set.
        network: Network,
    },
    /// Fewer shares than the threshold.
    #[error("too few shares of {validator}: {have} of the {needed} that are needed")]
    TooFew {
        /// The validator.
        validator: PublicKey,
        /// How many there are.
        have: usize,
        /// How many are needed.
        needed: u8,
    },
    /// Shares of two clusters.
    #[error(
        "shares of two clusters of {validator}: {} is of the lock {}, {} of the lock {}",
        first.0, first.1, second.0, second.1
    )]
    TwoClusters {
        /// The validator.
        validator: PublicKey,
        /// Where a share is, and the hash of its cluster's lock.
        first: Box<(String, LockHash)>,
        /// The same for a share of another cluster.
        second: Box<(String, LockHash)>,
    },
    /// Shares that cannot be of one split.
    #[error("{first} and {second} are not of the same split of {validator}: {why}")]
    TwoSplits {
        /// The validator.
        validator: PublicKey,
        /// Where a share is.
        first: String,
        /// Where the other is.
        second: String,
        /// What shows it.
        why: &'static str,
    },
    /// Shares that do not belong to the others, which are enough.
    #[error("wrong shares of {validator}: {}", wrong.join(", "))]
    Wrong {
        /// The validator.
        validator: PublicKey,
        /// Where they are.
        wrong: Vec<String>,
    },
    /// The shares do not give the validator's key.
    #[error("these shares do not make the key of {0}: at least one is wrong, or of another split")]
    NoFit(PublicKey),
    /// No wallet signs the new set.
    #[error("a wallet signs the new set, and none is here")]
    NoWallet,
    /// Copies, sets, keystores.
    #[error(transparent)]
    Backup(#[from] BackupError),
}
