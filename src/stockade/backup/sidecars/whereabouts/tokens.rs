//! A client is known by its token, of which each set keeps a hash of its own.

use std::collections::BTreeSet;

use super::location::{Location, token_hash};
use crate::backup::{
    copy::{Copy, folders},
    set::{error::BackupError, set_id::SetId},
    sidecars::{retired, sets::sets_with},
};
use stockade_base::secret::SecretText;

impl Location {
    /// The same, opened by `token`: known by its hash of `set`, and by those of all other sets whose
    /// entries the copies may hold.
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

/// The sets whose entries may name a location of keys of `set`: those of the copies, those with
/// entries, and those that were retired, whose entries another set took over.
fn relatives(copies: &[Copy], set: &SetId) -> Result<BTreeSet<SetId>, BackupError> {
    let mut all = sets_with(copies, set, &[folders::WHEREABOUTS, folders::HISTORY])?;
    for copy in copies {
        all.extend(copy.set_ids()?.0);
        // A note that cannot be read makes two locations of one, which asks more.
        all.extend(retired::notes(copy)?.notes.into_iter().map(|note| note.set));
    }
    all.retain(|id| id.network() == set.network());
    Ok(all)
}
