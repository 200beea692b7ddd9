//! Which shares make which key. Public keys are enough to tell, so it is known before anything is opened.

use std::collections::BTreeMap;

use super::CombineError;
use crate::backup::SetId;
use stockade_keystore::{
    bls::{Fit, PublicKey, combine_public_keys, fit},
    distributed::ShareOf,
};

/// A share that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownShare {
    /// Its public key.
    pub pubkey: PublicKey,
    /// Which share it is.
    pub share: ShareOf,
    /// Where it was found, for people.
    pub place: String,
    /// The set that holds it, if it was found in one.
    pub set: Option<SetId>,
}

/// Enough shares of one validator, which belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quorum {
    /// The validator.
    pub validator: PublicKey,
    /// Its shares, by their x: at least as many as the threshold.
    pub shares: Vec<KnownShare>,
}

impl KnownShare {
    /// A share that was found at `place`.
    pub fn new(pubkey: PublicKey, share: ShareOf, place: String) -> Self {
        Self { pubkey, share, place, set: None }
    }

    /// The place and the number, for people.
    pub fn name(&self) -> String {
        format!("{} (share {})", self.place, self.share.x)
    }
}

impl Quorum {
    /// How many shares are needed.
    pub fn threshold(&self) -> u8 {
        self.shares.first().map_or(u8::MAX, |known| known.share.threshold)
    }

    /// How many shares there are in the cluster, if that is known.
    pub fn number(&self) -> Option<u8> {
        self.shares.iter().find_map(|known| known.share.shares)
    }
}

/// Sorts `found` by validators, and checks that the shares of each are enough and belong together. With
/// `only`, other validators do not count, and all of these must be there.
pub fn quorums(found: &[KnownShare], only: &[PublicKey]) -> Result<Vec<Quorum>, CombineError> {
    let mut order: Vec<PublicKey> = only.to_vec();
    let mut shares: BTreeMap<PublicKey, Vec<KnownShare>> = BTreeMap::new();
    for known in found {
        let validator = known.share.validator;
        if only.is_empty() && !order.contains(&validator) {
            order.push(validator);
        }
        let of_it = shares.entry(validator).or_default();
        if !of_it.iter().any(|other| other.pubkey == known.pubkey) {
            of_it.push(known.clone());
        }
    }
    if order.is_empty() {
        return Err(CombineError::NoShares(None));
    }
    let quorum = |validator: PublicKey| {
        let mut shares = shares.remove(&validator).unwrap_or_default();
        shares.sort_by_key(|known| known.share.x);
        check(validator, &shares)?;
        Ok(Quorum { validator, shares })
    };
    order.into_iter().map(quorum).collect()
}

fn check(validator: PublicKey, shares: &[KnownShare]) -> Result<(), CombineError> {
    let Some(first) = shares.first() else {
        return Err(CombineError::NoShares(Some(validator)));
    };
    for known in shares {
        require_same_split(validator, first, known)?;
    }
    let needed = first.share.threshold;
    if shares.len() < usize::from(needed) {
        return Err(CombineError::TooFew { validator, have: shares.len(), needed });
    }
    let mut pairs = shares.iter().zip(shares.iter().skip(1));
    if let Some((one, other)) = pairs.find(|(one, other)| one.share.x == other.share.x) {
        let (first, second) = (one.name(), other.name());
        let why = "both have the same number, and are different keys";
        return Err(CombineError::TwoSplits { validator, first, second, why });
    }
    let found = fit(shares, usize::from(needed), |group| {
        let parts: Vec<_> = group.iter().map(|known| (known.share.x, known.pubkey)).collect();
        combine_public_keys(&parts).is_ok_and(|made| made == validator)
    });
    match found {
        Fit::All => Ok(()),
        Fit::Without(wrong) => {
            let wrong = shares.iter().enumerate().filter(|(i, _)| wrong.contains(i));
            let wrong = wrong.map(|(_, known)| known.name()).collect();
            Err(CombineError::Wrong { validator, wrong })
        }
        Fit::None => Err(CombineError::NoFit(validator)),
    }
}

fn require_same_split(
    validator: PublicKey,
    one: &KnownShare,
    other: &KnownShare,
) -> Result<(), CombineError> {
    if let Some((first, second)) = one.share.cluster.zip(other.share.cluster)
        && first != second
    {
        let first = Box::new((one.name(), first));
        let second = Box::new((other.name(), second));
        return Err(CombineError::TwoClusters { validator, first, second });
    }
    if one.share.may_join(&other.share) {
        return Ok(());
    }
    let (first, second) = (one.name(), other.name());
    let why = "different numbers of them sign together";
    Err(CombineError::TwoSplits { validator, first, second, why })
}

#[cfg(test)]
mod tests {
    use stockade_keystore::{
        bls::{SecretKey, split},
        distributed::{LockHash, ShareTool},
    };

    use super::*;

    fn key(seed: u8) -> SecretKey {
        SecretKey::derive_master(&[seed; 32]).unwrap()
    }

    /// The shares of a split of `key`, 3 of 5, in a cluster.
    fn shares(key: &SecretKey, cluster: u8) -> Vec<KnownShare> {
        let known = |share: stockade_keystore::bls::KeyShare| {
            let of = ShareOf::new(key.public_key(), share.x, 3, ShareTool::Charon).unwrap();
            let of = of.in_cluster(LockHash::from_bytes([cluster; 32]));
            KnownShare::new(share.secret.public_key(), of, format!("node{}", share.x - 1))
        };
        split(key, 5, 3).unwrap().into_iter().map(known).collect()
    }

    #[test]
    fn enough_shares_are_a_quorum_in_the_order_of_the_named_validators() {
        let (one, two) = (key(1), key(2));
        let mut found = shares(&one, 1);
        found.truncate(3);
        found.extend(shares(&two, 1));
        let all = quorums(&found, &[]).unwrap();
        assert_eq!(all.iter().map(|q| q.shares.len()).collect::<Vec<_>>(), [3, 5]);
        let named = quorums(&found, &[two.public_key(), one.public_key()]).unwrap();
        assert_eq!(named[0].validator, two.public_key());
        // The same share twice is one share.
        let twice: Vec<_> = found.iter().take(2).chain(found.first()).cloned().collect();
        let error = quorums(&twice, &[]).unwrap_err();
        assert!(matches!(error, CombineError::TooFew { have: 2, needed: 3, .. }), "{error}");
    }

    #[test]
    fn what_is_not_a_quorum_is_named() {
        let (one, wrong_key) = (key(1), key(9).public_key());
        let found = shares(&one, 1);
        let error = |found: &[KnownShare], only: &[PublicKey]| quorums(found, only).unwrap_err();
        assert!(matches!(error(&[], &[]), CombineError::NoShares(None)));
        let other = key(2).public_key();
        assert!(matches!(error(&found, &[other]), CombineError::NoShares(Some(_))));
        assert!(matches!(error(&found[..2], &[]), CombineError::TooFew { have: 2, .. }));

        // A wrong one is named if the others are enough; otherwise it is known that one is.
        let mut wrong = found.clone();
        wrong[3].pubkey = wrong_key;
        match error(&wrong, &[]) {
            CombineError::Wrong { wrong, .. } => assert_eq!(wrong, ["node3 (share 4)"]),
            other => panic!("{other}"),
        }
        assert!(matches!(error(&wrong[1..4], &[]), CombineError::NoFit(_)));

        let second = shares(&one, 2);
        let mixed = [&found[..2], &second[2..3]].concat();
        let text = error(&mixed, &[]).to_string();
        assert!(text.contains("two clusters") && text.contains("0x0101"), "{text}");
        // Without locks, two splits show in the numbers or in the sum.
        let without = |shares: &[KnownShare]| {
            let mut shares = shares.to_vec();
            shares.iter_mut().for_each(|known| known.share.cluster = None);
            shares
        };
        let mixed = [without(&found[..2]), without(&second[2..3])].concat();
        assert!(matches!(error(&mixed, &[]), CombineError::NoFit(_)));
        let mixed = [without(&found[..3]), without(&second[2..3])].concat();
        assert!(matches!(error(&mixed, &[]), CombineError::TwoSplits { .. }));
        // The validator is the one that the user names.
        assert!(quorums(&found, &[one.public_key()]).is_ok());
    }
}
