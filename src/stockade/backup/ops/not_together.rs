//! Why several sets cannot be restored to one folder.

use std::collections::BTreeMap;

use super::layout::Layout;
use crate::backup::{check::inspect::ReadManifest, set::set_id::SetId};
use stockade_keystore::bls::PublicKey;

/// Why several sets cannot be restored to one folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotTogether {
    /// There is nothing to restore.
    #[error("no set is left to restore")]
    NoSet,
    /// A validator client runs on one network.
    #[error("the sets are of several networks: {0}")]
    Networks(String),
    /// A folder in this layout is of one set.
    #[error("--layout {0} cannot take several sets")]
    Layout(Layout),
    /// What a set holds is not known.
    #[error("set {0}: its manifest cannot be read in any copy, or the copies disagree about it")]
    Unknown(SetId),
    /// Whoever calls this passed on what belongs to other sets.
    #[error("there is not one opened set, with what is known of its keys, for each set")]
    Unmatched,
    /// A key is in two sets.
    #[error("key {key} is in several sets: {sets}")]
    SameKey {
        /// The key.
        key: Box<PublicKey>,
        /// The sets.
        sets: String,
    },
    /// A validator's own key and a share of it, or two of its shares, on one machine.
    #[error(
        "the sets {sets} hold {what} of the validator {validator}: only one of them may sign on a machine"
    )]
    Shares {
        /// The validator's public key.
        validator: Box<PublicKey>,
        /// What they hold.
        what: &'static str,
        /// The sets.
        sets: String,
    },
}

/// Refuses a key that is in two sets, and shares that may not be on one machine with the whole key or
/// with each other.
pub(crate) fn require_apart(sets: &[(&SetId, &ReadManifest)]) -> Result<(), NotTogether> {
    let mut whole: BTreeMap<PublicKey, &SetId> = BTreeMap::new();
    let mut shares: BTreeMap<PublicKey, &SetId> = BTreeMap::new();
    let mut seen: BTreeMap<PublicKey, &SetId> = BTreeMap::new();
    let both = |one: &SetId, other: &SetId| {
        if one == other { one.to_string() } else { format!("{one}, {other}") }
    };
    let clash = |validator, what, sets| {
        Err(NotTogether::Shares { validator: Box::new(validator), what, sets })
    };
    let entries =
        sets.iter().flat_map(|(id, read)| read.manifest.keystores.iter().map(move |e| (*id, e)));
    for (id, entry) in entries {
        if let Some(other) = seen.insert(entry.pubkey, id).filter(|other| *other != id) {
            let (key, sets) = (Box::new(entry.pubkey), both(other, id));
            return Err(NotTogether::SameKey { key, sets });
        }
        let Some(share) = entry.share else {
            whole.insert(entry.pubkey, id);
            continue;
        };
        if let Some(other) = shares.insert(share.validator, id) {
            return clash(share.validator, "several shares", both(other, id));
        }
    }
    let mut clashing = shares.iter().filter_map(|(key, id)| Some((key, id, whole.get(key)?)));
    match clashing.next() {
        Some((key, id, other)) => clash(*key, "a share and the whole key", both(other, id)),
        None => Ok(()),
    }
}
