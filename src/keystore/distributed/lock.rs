//! `cluster-lock.json` of charon (Obol): a cluster's validators, and the public keys of their shares.
//!
//! Versions 1.0 and later are read. Fields that say nothing about shares are ignored. Neither the
//! lock's hash nor its signatures are checked: charon does that. What is checked is that the shares
//! belong to their validator.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, de::Error as _, de::IgnoredAny};

use super::{LockHash, ShareOf, ShareOfError, ShareTool};
use crate::bls::{PublicKey, UncheckedPublicKey, combine_public_keys};
use stockade_base::{
    json::{self, JsonError},
    parallel,
};

/// The longest lock that is read: several thousand validators of large clusters.
pub const MAX_CLUSTER_LOCK_BYTES: usize = 64 * 1024 * 1024;

/// The most validators of a lock.
const MAX_VALIDATORS: usize = 65_536;

/// The most nodes of a cluster: as many as shares can be counted.
const MAX_NODES: usize = 255;

/// The longest name that is kept.
const MAX_NAME: usize = 100;

/// The lock of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClusterLock {
    /// The cluster's name, for people. Anybody may have written it.
    pub name: String,
    /// The lock's hash, as the file has it.
    pub hash: LockHash,
    /// How many nodes sign together.
    pub threshold: u8,
    /// How many nodes there are.
    pub nodes: u8,
    /// The fork version of the cluster's network.
    pub fork_version: Option<[u8; 4]>,
    /// The validators, in the order of the lock: the order of keystores in charon's folders.
    pub validators: Vec<LockedValidator>,
    places: BTreeMap<PublicKey, (usize, u8)>,
}

/// A validator of a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LockedValidator {
    /// Its public key.
    pub pubkey: PublicKey,
    /// The public keys of its shares, starting with node 0. Node i has the share at x = i + 1.
    pub shares: Vec<PublicKey>,
}

/// Why a file is not used as a lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterLockError {
    /// Not JSON, or not a lock.
    #[error("not a cluster lock of charon: {0}")]
    Json(#[from] JsonError),
    /// Its fields contradict each other.
    #[error("the cluster lock is not valid: {0}")]
    Invalid(&'static str),
    /// Its numbers are none of shares.
    #[error("the cluster lock is not valid: {0}")]
    Numbers(#[from] ShareOfError),
    /// The shares of a validator give another key.
    #[error("the cluster lock is not valid: the public shares of {0} do not belong to it")]
    Shares(PublicKey),
}

#[derive(Deserialize)]
struct File {
    cluster_definition: Definition,
    #[serde(deserialize_with = "json::at_most::<_, _, MAX_VALIDATORS>")]
    distributed_validators: Vec<Validator>,
    #[serde(deserialize_with = "lock_hash")]
    lock_hash: LockHash,
}

#[derive(Deserialize)]
struct Definition {
    #[serde(default)]
    name: String,
    #[serde(deserialize_with = "json::at_most::<_, _, MAX_NODES>")]
    operators: Vec<IgnoredAny>,
    threshold: u8,
    #[serde(default)]
    fork_version: String,
}

#[derive(Deserialize)]
struct Validator {
    distributed_public_key: UncheckedPublicKey,
    #[serde(deserialize_with = "public_shares")]
    public_shares: Vec<UncheckedPublicKey>,
}

/// Hex with 0x; base64 up to version 1.1.
fn lock_hash<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LockHash, D::Error> {
    let text = String::deserialize(deserializer)?;
    let old = || Some(LockHash::from_bytes(STANDARD.decode(&text).ok()?.try_into().ok()?));
    let hash = text.parse().ok().or_else(old);
    hash.ok_or_else(|| D::Error::custom("lock_hash has to be 32 bytes"))
}

/// Hex with 0x; base64 up to version 1.1.
fn public_shares<'de, D>(deserializer: D) -> Result<Vec<UncheckedPublicKey>, D::Error>
where
    D: Deserializer<'de>,
{
    let texts: Vec<String> = json::at_most::<_, _, MAX_NODES>(deserializer)?;
    let read = |text: &String| {
        let old = || hex::encode(STANDARD.decode(text).ok()?).parse().ok();
        let share = text.parse().ok().or_else(old);
        share.ok_or_else(|| D::Error::custom("a public share has to be 48 bytes"))
    };
    texts.iter().map(read).collect()
}

impl ClusterLock {
    /// Reads a lock, and checks that the shares of every validator belong to it.
    pub fn parse(bytes: &[u8]) -> Result<Self, ClusterLockError> {
        use ClusterLockError::Invalid;

        let file: File = json::from_slice(bytes, MAX_CLUSTER_LOCK_BYTES)?;
        let Definition { name, operators, threshold, fork_version } = file.cluster_definition;
        let nodes = u8::try_from(operators.len()).map_err(|_| Invalid("too many operators"))?;
        if file.distributed_validators.is_empty() {
            return Err(Invalid("it has no validators"));
        }
        let check = |validator: &Validator| {
            let shares = validator.public_shares.iter().map(UncheckedPublicKey::check);
            let pubkey = validator.distributed_public_key.check().ok()?;
            Some(LockedValidator { pubkey, shares: shares.collect::<Result<_, _>>().ok()? })
        };
        let validators: Option<Vec<_>> =
            parallel::map(&file.distributed_validators, check).into_iter().collect();
        let validators =
            validators.ok_or(Invalid("it names something that is not a public key"))?;
        let lock = Self {
            name: json::clip(&name, MAX_NAME),
            hash: file.lock_hash,
            threshold,
            nodes,
            fork_version: fork(&fork_version),
            places: places(&validators),
            validators,
        };
        lock.require_valid()?;
        Ok(lock)
    }

    /// Which share `pubkey` is. `None` if the lock does not list it.
    pub fn share(&self, pubkey: &PublicKey) -> Option<ShareOf> {
        let (validator, x) = *self.places.get(pubkey)?;
        self.share_at(self.validators.get(validator)?, x)
    }

    /// The place of the validator in the lock, of which `pubkey` is a share.
    pub fn place(&self, pubkey: &PublicKey) -> Option<usize> {
        self.places.get(pubkey).map(|(place, _)| *place)
    }

    /// The public key of the share at `x` of `validator`.
    pub fn public_share(&self, validator: &PublicKey, x: u64) -> Option<PublicKey> {
        let place = usize::try_from(x.checked_sub(1)?).ok()?;
        let validator = self.validators.iter().find(|one| one.pubkey == *validator)?;
        validator.shares.get(place).copied()
    }

    fn share_at(&self, validator: &LockedValidator, x: u8) -> Option<ShareOf> {
        let share = ShareOf::new(validator.pubkey, x.into(), self.threshold, ShareTool::Charon);
        Some(share.ok()?.of(self.nodes).ok()?.in_cluster(self.hash))
    }

    fn require_valid(&self) -> Result<(), ClusterLockError> {
        let nodes = usize::from(self.nodes);
        let Some(first) = self.validators.first() else { return Ok(()) };
        ShareOf::new(first.pubkey, 1, self.threshold, ShareTool::Charon)?.of(self.nodes)?;
        if self.validators.iter().any(|validator| validator.shares.len() != nodes) {
            return Err(ClusterLockError::Invalid(
                "a validator has another number of public shares than there are operators",
            ));
        }
        let shares: usize = self.validators.iter().map(|one| one.shares.len()).sum();
        if self.places.len() != shares {
            return Err(ClusterLockError::Invalid("it lists a public share twice"));
        }
        let belong = parallel::map(&self.validators, |one| one.shares_belong(self.threshold));
        match belong.iter().zip(&self.validators).find(|(belong, _)| !**belong) {
            Some((_, validator)) => Err(ClusterLockError::Shares(validator.pubkey)),
            None => Ok(()),
        }
    }
}

impl LockedValidator {
    /// Whether every group of `threshold` neighbours gives the validator's key. Every share is in
    /// one of them.
    fn shares_belong(&self, threshold: u8) -> bool {
        let parts: Vec<_> = (1..).zip(self.shares.iter().copied()).collect();
        parts
            .windows(usize::from(threshold))
            .all(|group| combine_public_keys(group).is_ok_and(|combined| combined == self.pubkey))
    }
}

fn places(validators: &[LockedValidator]) -> BTreeMap<PublicKey, (usize, u8)> {
    let each = validators.iter().enumerate().flat_map(|(place, validator)| {
        let shares = validator.shares.iter().zip(1..=u8::MAX);
        shares.map(move |(share, x)| (*share, (place, x)))
    });
    each.collect()
}

fn fork(text: &str) -> Option<[u8; 4]> {
    let mut bytes = [0; 4];
    hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const LOCK: &[u8] = include_bytes!(
        "../../../device-tests/vectors/distributed/charon-cluster/node0/cluster-lock.json"
    );

    fn changed(change: impl FnOnce(&mut Value)) -> Result<ClusterLock, ClusterLockError> {
        let mut lock = serde_json::from_slice(LOCK).unwrap();
        change(&mut lock);
        ClusterLock::parse(lock.to_string().as_bytes())
    }

    #[test]
    fn a_lock_names_the_share_that_a_public_key_is() {
        let lock = ClusterLock::parse(LOCK).unwrap();
        assert_eq!((lock.threshold, lock.nodes, lock.name.as_str()), (3, 4, "fixture"));
        assert!(lock.hash.to_string().starts_with("0x3564a380"));
        assert_eq!(lock.hash.short(), "3564a38");
        assert_eq!(lock.fork_version, Some([0x10, 0, 9, 0x10]));
        let validator = &lock.validators[0];
        for (place, share) in validator.shares.iter().enumerate() {
            let found = lock.share(share).unwrap();
            assert_eq!(found.x, place as u64 + 1);
            assert_eq!((found.validator, found.cluster), (validator.pubkey, Some(lock.hash)));
            assert_eq!(lock.public_share(&validator.pubkey, found.x), Some(*share));
            assert_eq!(lock.place(share), Some(0));
        }
        assert_eq!(lock.share(&validator.pubkey), None, "the validator's key is not a share");
        assert_eq!(lock.public_share(&validator.pubkey, 0), None);
        assert_eq!(lock.public_share(&validator.pubkey, 5), None);
    }

    /// Up to version 1.1, charon wrote bytes as base64.
    #[test]
    fn locks_of_old_and_future_versions_are_read() {
        let lock = ClusterLock::parse(LOCK).unwrap();
        let base64 = |text: &Value| {
            let hex = text.as_str().unwrap().strip_prefix("0x").unwrap();
            json!(STANDARD.encode(hex::decode(hex).unwrap()))
        };
        let old = changed(|file| {
            file["lock_hash"] = base64(&file["lock_hash"]);
            file["cluster_definition"]["version"] = json!("v1.0.0");
            let shares = &mut file["distributed_validators"][0]["public_shares"];
            *shares = shares.as_array().unwrap().iter().map(base64).collect();
        });
        assert_eq!(old.unwrap(), lock);
        let future = changed(|file| {
            file["cluster_definition"]["version"] = json!("v2.7.0");
            file["more"] = json!({"a": [1, 2]});
            file["distributed_validators"][0]["more"] = json!(true);
        });
        assert_eq!(future.unwrap(), lock);
    }

    #[test]
    fn a_lock_that_contradicts_itself_is_refused() {
        let validator = |file: &mut Value| file["distributed_validators"][0].clone();
        let swapped = changed(|file| {
            let shares = file["distributed_validators"][0]["public_shares"].as_array_mut();
            shares.unwrap().swap(1, 2);
        });
        assert!(matches!(swapped, Err(ClusterLockError::Shares(_))), "{swapped:?}");
        for (lock, what) in [
            (changed(|file| file["cluster_definition"]["threshold"] = json!(2)), "threshold 2"),
            (changed(|file| file["cluster_definition"]["threshold"] = json!(1)), "threshold 1"),
            (changed(|file| file["cluster_definition"]["threshold"] = json!(5)), "threshold 5"),
            (changed(|file| file["cluster_definition"]["operators"] = json!([1, 2, 3])), "nodes"),
            (changed(|file| file["lock_hash"] = json!("0x12")), "hash"),
            (changed(|file| file["distributed_validators"] = json!([])), "no validators"),
            (
                changed(|file| {
                    let twice = validator(file);
                    file["distributed_validators"] = json!([twice.clone(), twice]);
                }),
                "a share twice",
            ),
            (ClusterLock::parse(b"{}"), "{}"),
            (ClusterLock::parse(&[b'['; 1000]), "deep"),
        ] {
            assert!(lock.is_err(), "{what}");
        }
    }
}
