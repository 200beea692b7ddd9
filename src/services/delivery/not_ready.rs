//! What stands in the way of a delivery.

use super::DeliveryError;
use crate::keymanager::KeymanagerError;
use stockade::backup::BackupError;
use stockade_keystore::bls::PublicKey;

/// Why a delivery cannot begin. Nothing was removed or sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotReady {
    /// A client that is said to be off signs with all keys.
    #[error("{label} is not off: it lists all of these keys, and signs with them")]
    NotOff {
        /// The client, as the record names it.
        label: String,
    },
    /// Both clients sign with some keys.
    #[error("TWO CLIENTS have {keys} of these keys, {first} among them: {from} and {to}")]
    TwoClients {
        /// How many keys both have.
        keys: usize,
        /// The first of them.
        first: Box<PublicKey>,
        /// The URL of the client that should give them up.
        from: String,
        /// The URL of the target.
        to: String,
    },
    /// The history is lost, and the keys may have signed too recently.
    #[error(
        "these keys were delivered, or removed, within the last {minutes} minutes, and their history \
         is lost: a running client would sign with them at once"
    )]
    TooEarly {
        /// How long keys without a history must stay off.
        minutes: u64,
        /// How many of these minutes are left.
        left: u64,
    },
    /// A stored history cannot be read.
    #[error("a slashing history that is stored with the set cannot be relied on: {0}")]
    Unreadable(String),
    /// A client, or the way to it.
    #[error(transparent)]
    Keymanager(#[from] KeymanagerError),
    /// What the client that gives keys up says.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// Sets and copies.
    #[error(transparent)]
    Backup(#[from] BackupError),
}
