//! Why a delivery could not go on.

use std::path::PathBuf;

use crate::{
    backup::BackupError, bls::PublicKey, cloud::keymanager::KeymanagerError,
    staking::InterchangeError,
};

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
    /// Keys that the client which should give them up does not run, and that may run elsewhere.
    #[error("{keys} of the keys do not run at {url}: since {time} they were on their way to {to}")]
    Elsewhere {
        /// The client.
        url: String,
        /// How many.
        keys: usize,
        /// Where they were sent last.
        to: String,
        /// When that delivery began.
        time: String,
    },
    /// Keys that the client which should give them up does not run.
    #[error("{} of the keys do not run at {url}, {} among them: where they run is not known",
            keys.len(), keys.first().map(ToString::to_string).unwrap_or_default())]
    NotThere {
        /// The client.
        url: String,
        /// Which.
        keys: Vec<PublicKey>,
    },
    /// What keys signed could not be kept beside the set.
    #[error("{}: what the removed keys signed is not kept: {source}", crate::shown(&copy))]
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
