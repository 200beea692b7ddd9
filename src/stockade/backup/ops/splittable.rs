//! Whether keys may be split into shares now.

use crate::backup::{
    check::{key_shares::share_of, list::list},
    copy::Copy,
    set::{error::BackupError, set_id::SetId},
    sidecars::history,
};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::{bls::PublicKey, distributed::ShareOf};

/// Why keys may not be split now.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotSplittable {
    /// It is a share already.
    #[error("{key} is {share}: only a whole key can be split")]
    Share {
        /// The key.
        key: Box<PublicKey>,
        /// Which share it is.
        share: Box<ShareOf>,
    },
    /// Shares have public keys of their own, so the database of no client knows what the whole keys signed.
    #[error(
        "these keys signed within the hour, according to the slashing history of {0} that is stored \
         with the set"
    )]
    SignedKept(Timestamp),
    /// The same, by a history that the user gave.
    #[error("these keys signed within the hour, according to the given slashing history")]
    SignedGiven,
    /// A stored history cannot be read.
    #[error("cannot tell when these keys last signed: {0}")]
    Unknown(String),
    /// Sets and copies.
    #[error(transparent)]
    Backup(#[from] BackupError),
}

/// Refuses keys that are shares already: only a whole key can be split.
pub fn require_whole(copies: &[Copy], keys: &[PublicKey]) -> Result<(), NotSplittable> {
    let sets = list(copies)?;
    match keys.iter().find_map(|key| Some((key, share_of(&sets, key)?))) {
        Some((key, share)) => {
            Err(NotSplittable::Share { key: Box::new(*key), share: Box::new(share) })
        }
        None => Ok(()),
    }
}

/// Refuses keys that signed within the last hour.
pub fn require_quiet(
    copies: &[Copy],
    set: &SetId,
    keys: &[PublicKey],
) -> Result<(), NotSplittable> {
    let kept = history::kept(copies, set, keys)?;
    if let Some(unread) = kept.unread.first() {
        return Err(NotSplittable::Unknown(unread.to_string()));
    }
    let now = Timestamp::now();
    match kept.found.filter(|(_, history)| history.is_recent(set.network(), now)) {
        Some((time, _)) => Err(NotSplittable::SignedKept(time)),
        None => Ok(()),
    }
}
