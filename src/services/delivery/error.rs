//! Errors of deliveries.

use std::{fmt, path::PathBuf};

use crate::keymanager::KeymanagerError;
use stockade::backup::{BackupError, whereabouts::WhereaboutsError};
use stockade_keystore::{bls::PublicKey, staking::InterchangeError};

/// Why a delivery failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// A request to the client failed.
    #[error(transparent)]
    Keymanager(#[from] KeymanagerError),
    /// The handover failed after keys were removed, or may have been.
    #[error("{source}{}", since_removed(*removed, *in_question))]
    Removing {
        /// The failure.
        source: Box<DeliveryError>,
        /// The number of keys that were removed, in this run or an earlier one.
        removed: usize,
        /// The number of keys that may have been removed.
        in_question: usize,
    },
    /// The client uses a remote signer for a key that it should give up.
    #[error("{url} signs for {key} with {signer}, and would continue after the key is removed")]
    SignedElsewhere {
        /// The client's URL.
        url: String,
        /// The key.
        key: Box<PublicKey>,
        /// The URL of the signer.
        signer: String,
    },
    /// The client does not list keys that it should give up, and never reported their removal.
    #[error("{url} does not list {} of the keys (such as {}), {why}", keys.len(), first(keys))]
    NotThere {
        /// The client's URL.
        url: String,
        /// The keys.
        keys: Vec<PublicKey>,
        /// What is known about them.
        why: Absent,
    },
    /// The client lists keys as read-only.
    #[error("{url} lists {} of the keys as read-only (such as {}): it cannot remove them by this API, and \
    they run there", keys.len(), first(keys))]
    ReadOnly {
        /// The client's URL.
        url: String,
        /// The keys.
        keys: Vec<PublicKey>,
    },
    /// The client is on another network.
    #[error("{url} is on another network than {network}")]
    OtherNetwork {
        /// The client's URL.
        url: String,
        /// The set's network.
        network: String,
    },
    /// The record of where keys may sign does not allow it.
    #[error(transparent)]
    Whereabouts(#[from] WhereaboutsError),
    /// The history of removed keys could not be stored with the set.
    #[error("{}: cannot store the slashing history of the removed keys: {source}", stockade_base::shown(&copy))]
    NotKept {
        /// The copy.
        copy: PathBuf,
        /// Why it could not be stored.
        source: Box<BackupError>,
    },
    /// The client returned a history that cannot be used.
    #[error("{url} returned a slashing history that cannot be relied on: {why}")]
    Unreadable {
        /// The client's URL.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// A set or a copy cannot be used.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A history cannot be written.
    #[error(transparent)]
    History(#[from] InterchangeError),
}

fn first(keys: &[PublicKey]) -> String {
    keys.first().map(ToString::to_string).unwrap_or_default()
}

/// Why keys that a client does not list are not assumed to be removed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Absent {
    /// Nothing is known about where they run.
    Unknown,
    /// The client had them, and never reported their removal.
    NeverRemoved,
    /// They could sign elsewhere after their removal.
    ElsewhereSince,
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NeverRemoved => {
                "and never reported that it removed them: a client that fails to remove a key may stop \
                listing it, and start it again later"
            }
            Self::Unknown => "and nothing is known about where they run",
            Self::ElsewhereSince => {
                "and they could sign elsewhere since then: this client does not know what they signed there"
            }
        })
    }
}

/// What to add to an error that happened after keys were removed where they ran.
pub fn since_removed(removed: usize, in_question: usize) -> String {
    let mut text = String::new();
    if removed > 0 {
        text += &if removed == 1 {
            "; 1 key was removed from where it ran, and runs nowhere now".to_owned()
        } else {
            format!("; {removed} keys were removed from where they ran, and run nowhere now")
        };
    }
    if in_question > 0 {
        let keys = if in_question == 1 { "key was" } else { "keys were" };
        text += &format!("; it is not known whether {in_question} {keys} removed there");
    }
    text
}
