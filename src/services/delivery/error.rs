//! Why a delivery could not go on.

use std::{fmt, path::PathBuf};

use crate::keymanager::KeymanagerError;
use stockade::backup::{BackupError, whereabouts::WhereaboutsError};
use stockade_keystore::{bls::PublicKey, staking::InterchangeError};

/// Why a delivery could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The client, or the way to it.
    #[error(transparent)]
    Keymanager(#[from] KeymanagerError),
    /// What ended a handover once keys were removed, or may have been.
    #[error("{source}{}", since_removed(*removed, *in_question))]
    Removing {
        /// What happened.
        source: Box<DeliveryError>,
        /// How many keys were removed, in this run or by one before.
        removed: usize,
        /// Of how many it is not known whether they were.
        in_question: usize,
    },
    /// A key that the client which should give it up signs by the help of another.
    #[error("{url} signs for {key} with {signer}, and would go on after the key is removed")]
    SignedElsewhere {
        /// The client.
        url: String,
        /// Which.
        key: Box<PublicKey>,
        /// The signer.
        signer: String,
    },
    /// Keys that the client which should give them up does not list, and that it never said to have
    /// removed.
    #[error("{} of the keys are not listed at {url}, {} among them, {}", keys.len(), first(keys),
            why)]
    NotThere {
        /// The client.
        url: String,
        /// Which.
        keys: Vec<PublicKey>,
        /// What is known of them.
        why: Absent,
    },
    /// Keys that a client lists as read-only.
    #[error("{url} lists {} of the keys as read-only, {} among them: it cannot remove them by this \
             API, and they run there", keys.len(), first(keys))]
    ReadOnly {
        /// The client.
        url: String,
        /// Which.
        keys: Vec<PublicKey>,
    },
    /// A client of another network.
    #[error("{url} is on another network than {network}")]
    OtherNetwork {
        /// The client.
        url: String,
        /// The set's network.
        network: String,
    },
    /// What the record of where keys may sign says.
    #[error(transparent)]
    Whereabouts(#[from] WhereaboutsError),
    /// What keys signed could not be kept beside the set.
    #[error("{}: what the removed keys signed is not kept: {source}", stockade_base::shown(&copy))]
    NotKept {
        /// The copy.
        copy: PathBuf,
        /// Why not.
        source: Box<BackupError>,
    },
    /// What keys signed, in a form that nobody can go on from.
    #[error("what {url} says that the keys signed cannot be relied on: {why}")]
    Unreadable {
        /// The client.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Sets and copies.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A history that cannot be written.
    #[error(transparent)]
    History(#[from] InterchangeError),
}

fn first(keys: &[PublicKey]) -> String {
    keys.first().map(ToString::to_string).unwrap_or_default()
}

/// Why keys that a client does not list are not taken for removed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Absent {
    /// Nothing says where they are.
    Unknown,
    /// It had them, and never said to have removed them.
    NeverRemoved,
    /// They could sign elsewhere after that.
    ElsewhereSince,
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NeverRemoved => {
                "and it never said to have removed them: a client that fails to remove a key can stop \
                 listing it, and start it again later"
            }
            Self::Unknown => "and nothing says where they run",
            Self::ElsewhereSince => {
                "and they could sign elsewhere since: this client does not know what they signed there"
            }
        })
    }
}

/// What has to be said beside an error that came after keys were removed where they ran.
pub fn since_removed(removed: usize, in_question: usize) -> String {
    let mut text = String::new();
    if removed > 0 {
        text += &format!("; {removed} keys were removed where they ran, and run nowhere now");
    }
    if in_question > 0 {
        text += &format!("; whether {in_question} keys were removed there is not known");
    }
    text
}
