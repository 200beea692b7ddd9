//! A client is recognised by its token. Each set stores its own hash of the token.

use std::collections::BTreeSet;

use super::location::{Location, token_hash};
use crate::backup::{
    copy::{Copy, folders},
    set::{error::BackupError, set_id::SetId},
    sidecars::{retired, sets::sets_with},
};
use stockade_base::secret::SecretText;

impl Location {
    /// The location with the hash of `token` keyed by `set`, and the hashes keyed by all other sets
    /// whose entries the copies may hold.
    pub fn opened_by(
        self,
        token: &SecretText,
        set: &SetId,
        copies: &[Copy],
    ) -> Result<Self, BackupError> {
        let sets = relatives(copies, set)?.into_iter();
        let other_tokens = sets.filter_map(|set| token_hash(&set, token)).collect();
        Ok(Self { token: token_hash(set, token), other_tokens, ..self })
    }
}

/// The sets whose entries may name a location of keys of `set`: the sets in the copies, the sets
/// with entries, and retired sets, whose entries another set adopted.
fn relatives(copies: &[Copy], set: &SetId) -> Result<BTreeSet<SetId>, BackupError> {
    let mut all = sets_with(copies, set, &[folders::WHEREABOUTS, folders::HISTORY])?;
    for copy in copies {
        all.extend(copy.set_ids()?.0);
        // A note that cannot be read may turn one location into two, which only asks more
        // questions.
        all.extend(retired::notes(copy)?.notes.into_iter().map(|note| note.set));
    }
    all.retain(|id| id.network() == set.network());
    Ok(all)
}
