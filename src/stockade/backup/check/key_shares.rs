//! Shares among the keys of sets. Whoever says that a key is a share is believed, signed or not: it
//! only makes people more careful.

use std::collections::{BTreeMap, BTreeSet};

use super::list::ListedSet;
use crate::backup::set::set_id::SetId;
use stockade_keystore::{bls::PublicKey, distributed::ShareOf};

/// Which share `pubkey` is, according to any of `sets`.
pub fn share_of(sets: &[ListedSet], pubkey: &PublicKey) -> Option<ShareOf> {
    let entries = sets.iter().flat_map(ListedSet::keystores);
    entries.filter(|entry| entry.pubkey == *pubkey).find_map(|entry| entry.share)
}

/// The shares of `keys` that sets of the same network as `set` hold: each with its set and its
/// public key, once.
pub fn shares_of_keys<'a>(
    sets: &'a [ListedSet],
    set: &SetId,
    keys: &[PublicKey],
) -> Vec<(&'a SetId, PublicKey, ShareOf)> {
    let keys: BTreeSet<_> = keys.iter().collect();
    let of_network = sets.iter().filter(|other| other.id.network() == set.network());
    let shares = of_network.flat_map(|set| {
        set.keystores().iter().filter_map(|entry| Some((&set.id, entry.pubkey, entry.share?)))
    });
    let found: BTreeSet<_> = shares.filter(|(.., share)| keys.contains(&share.validator)).collect();
    found.into_iter().collect()
}

/// What the owner of `shares`, which are about to go into one set, should know: whether they make the
/// whole key, and which of `sets` hold shares of the same validator from another lock.
pub fn share_warnings(shares: &[ShareOf], sets: &[ListedSet]) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut together: BTreeMap<_, BTreeSet<u64>> = BTreeMap::new();
    for share in shares {
        let key = (share.validator, share.cluster, share.threshold);
        together.entry(key).or_default().insert(share.x);
    }
    for ((validator, _, threshold), x) in &together {
        if x.len() >= usize::from(*threshold) {
            warnings.push(format!(
                "{} shares of {validator} are in this set, and {threshold} make the whole key: whoever \
                 opens the set has it",
                x.len()
            ));
        }
    }
    let mut old: BTreeSet<(&SetId, PublicKey)> = BTreeSet::new();
    for set in sets {
        let others = set.keystores().iter().filter_map(|entry| entry.share);
        let is_old = |other: &ShareOf| {
            let mut same = shares.iter().filter(|share| share.validator == other.validator);
            same.any(|share| !share.may_join(other))
        };
        old.extend(others.filter(is_old).map(|other| (&set.id, other.validator)));
    }
    warnings.extend(old.iter().map(|(set, validator)| {
        format!(
            "set {set} holds shares of {validator} that do not fit these: of another cluster lock, or \
             another threshold. If the cluster's keys were changed, those are of no use any more"
        )
    }));
    warnings
}

#[cfg(test)]
mod tests {
    use stockade_keystore::{
        bls::SecretKey,
        distributed::{LockHash, ShareTool},
    };

    use super::*;

    #[test]
    fn enough_shares_in_one_set_are_warned_of() {
        let validator = SecretKey::derive_master(&[1; 32]).unwrap().public_key();
        let share = |x, lock| {
            let share = ShareOf::new(validator, x, 3, ShareTool::Charon).unwrap();
            share.in_cluster(LockHash::from_bytes([lock; 32]))
        };
        assert!(share_warnings(&[share(1, 1), share(2, 1)], &[]).is_empty());
        assert!(share_warnings(&[share(1, 1), share(2, 1), share(3, 2)], &[]).is_empty());
        assert_eq!(share_warnings(&[share(1, 1), share(2, 1), share(3, 1)], &[]).len(), 1);
    }
}
