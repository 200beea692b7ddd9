//! The set that holds the keys that are named.

use stockade::{
    backup::{BackupError, Copy, ListedSet, SetId, list, room},
    bls::PublicKey,
    path::DerivationPath,
};

use super::KeyArgs;
use crate::error::CommandError;

impl KeyArgs {
    /// The index of each of `count` keys, if the first is named by its index.
    pub(super) fn indices(&self, count: usize) -> Result<Vec<Option<u32>>, CommandError> {
        let place = |place: usize| match self.index {
            Some(first) => u32::try_from(place)
                .ok()
                .and_then(|place| first.checked_add(place))
                .map(Some)
                .ok_or_else(|| CommandError::usage("--index is too high")),
            None => Ok(None),
        };
        (0..count).map(place).collect()
    }

    /// Refuses sets of well-known seeds: anybody has their keys.
    pub(super) fn require_real(&self, copies: &[Copy], id: &SetId) -> Result<(), CommandError> {
        let sets = list(copies)?;
        let manifests = sets.iter().filter(|set| set.id == *id).filter_map(|s| s.manifest.as_ref());
        let is_test = manifests.into_iter().any(|manifest| manifest.test);
        if is_test && id.network().is_real_money() && !self.allow_test_seed {
            return Err(BackupError::TestSeed {
                what: format!("set {id}"),
                network: id.network().name(),
                why: "it was made with a test seed",
            }
            .into());
        }
        Ok(())
    }

    /// The newest set that holds all the keys that are named, and the keys.
    pub(super) fn find(
        &self,
        copies: &[Copy],
        count: usize,
    ) -> Result<(SetId, Vec<PublicKey>), CommandError> {
        let indices = self.indices(count)?;
        let sets = list(copies)?;
        let wanted = sets.iter().filter(|set| self.set.as_ref().is_none_or(|id| *id == set.id));
        let mut found: Vec<(SetId, Vec<Vec<PublicKey>>)> = Vec::new();
        for set in wanted {
            let keys: Vec<_> = indices.iter().map(|index| self.named(set, *index)).collect();
            if keys.iter().all(|named| !named.is_empty()) {
                found.push((set.id.clone(), keys));
            }
        }
        found.sort_by(|a, b| a.0.as_str().cmp(b.0.as_str()));
        let Some((newest, keys)) = found.last() else {
            let what = if count == 1 { "that key" } else { "all of those keys" };
            let error = CommandError::input(format!("no set on these copies holds {what}"));
            let is_shared = self.pubkey.is_some_and(|key| has_share(&sets, &key));
            return Err(error.with_hint(if is_shared {
                "they hold shares of it: name the public key of a share. `stockade backup list --json` \
                 shows the shares"
            } else {
                "`stockade backup list` shows the sets"
            }));
        };
        let one_each = keys.iter().all(|named| named.len() == 1);
        if one_each && found.iter().all(|(_, other)| other == keys) {
            return Ok((newest.clone(), keys.concat()));
        }
        Err(CommandError::usage("several keys on these copies have that index")
            .with_hint("name the validator with --pubkey, or its set with --set"))
    }

    /// The keys of a set that --pubkey and this index can mean.
    fn named(&self, set: &ListedSet, index: Option<u32>) -> Vec<PublicKey> {
        let path = index.map(|index| DerivationPath::signing_key(index).to_string());
        let keys = set.keystores().iter().filter(|entry| {
            self.pubkey.is_none_or(|pubkey| pubkey == entry.pubkey)
                // charon writes the path of index 0 into every share.
                && path.as_ref().is_none_or(|path| *path == entry.path && entry.share.is_none())
        });
        keys.map(|entry| entry.pubkey).collect()
    }
}

/// Whether a set holds a share of this key.
fn has_share(sets: &[ListedSet], key: &PublicKey) -> bool {
    let mut shares = sets.iter().flat_map(ListedSet::keystores).filter_map(|entry| entry.share);
    shares.any(|share| share.validator == *key)
}

/// Makes sure that a copy holds `set` and can be written to, and locks it.
pub(super) fn require_writable(copy: &Copy, set: &SetId) -> Result<(), CommandError> {
    if !copy.set_ids()?.0.contains(set) {
        let dir = crate::shown(copy.dir());
        return Err(CommandError::input(format!("{dir} does not hold set {set}"))
            .with_hint("leave out that copy, or add the set to it with `stockade backup repair`"));
    }
    copy.lock().map_err(BackupError::from)?;
    Ok(room::require(std::slice::from_ref(copy), room::SMALL)?)
}
