//! Splits a signing key into shares for several machines, any m of which sign for it together. Folders
//! and files are named as Obol's charon names them: `node<i>/validator_keys/keystore-<k>.json`, with the
//! password in `keystore-<k>.txt`. Node i holds the share at the i-th x of every key, counted from 0.
//! charon needs a cluster lock as well, which only charon makes.

use std::{cmp::Ordering, collections::BTreeSet, path::Path};

use super::ValidatorError;
use crate::{
    backup::{BackupError, restore::require_new, split_mark::Marked, whereabouts::Permit},
    store::{NewFile, publish_folder},
};
use stockade_base::secret::SecretBytes;
use stockade_keystore::{
    bls::{self, KeyShare, PublicKey, SecretKey},
    distributed::ShareOf,
    eth2_keystore::{DecryptionKey, Kdf, Keystore, NewPassword},
};
use stockade_wallet::interact::Progress;

/// A share has no path of its own, but some clients refuse keystores without one.
const NO_PATH: &str = "m/0/0";

/// The message that the shares of every key sign as a test.
const TRIAL: [u8; 32] = *b"stockade/validator split/trial..";

/// How keys are split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splitting {
    places: Vec<u64>,
    threshold: u8,
}

/// What is unusual about a threshold that is not two thirds of the shares, rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnusualThreshold {
    /// Fewer than usual. Two groups of signers may have only this many machines in common: if these
    /// sign two conflicting messages, the validator is slashed.
    Lower {
        /// How many machines are enough for that.
        machines: u8,
    },
    /// More than usual: if more machines than this fail, the validator stops.
    Higher {
        /// How many machines may fail.
        may_fail: u8,
    },
}

/// A key that was split, and the public keys of its shares, starting with node 0.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SplitKey {
    /// The validator.
    pub pubkey: PublicKey,
    /// The x and the public key of each share.
    pub shares: Vec<(u64, PublicKey)>,
}

/// The threshold that distributed validators use: two thirds of the shares, rounded up, which
/// tolerates the most faulty machines.
pub fn default_threshold(shares: u8) -> u8 {
    let two_thirds = (u16::from(shares) * 2).div_ceil(3);
    u8::try_from(two_thirds).unwrap_or(u8::MAX)
}

/// What one machine gets. All its keystores have the same password, so one key derivation opens
/// them.
struct Node {
    number: usize,
    password: NewPassword,
    key: DecryptionKey,
}

impl Node {
    fn new(number: usize) -> Result<Self, BackupError> {
        let password = NewPassword::random()?;
        let kdf = Kdf::full_cost(*SecretBytes::random()?.expose());
        let key = DecryptionKey::derive(password.password(), &kdf)?;
        Ok(Self { number, password, key })
    }
}

impl Splitting {
    /// `shares` shares at x = 1, 2, .., any `threshold` of which sign. More than half of them must be
    /// needed: otherwise two groups could sign conflicting messages.
    pub fn new(shares: u8, threshold: u8) -> Result<Self, ValidatorError> {
        Self::at((1..=u64::from(shares)).collect(), threshold)
    }

    /// A share at each x of `places`, for programs that number shares in another way.
    pub fn at(places: Vec<u64>, threshold: u8) -> Result<Self, ValidatorError> {
        let shares = u8::try_from(places.len()).unwrap_or(u8::MAX);
        let majority = u16::from(threshold) * 2 > u16::from(shares);
        if threshold >= 2 && threshold <= shares && !majority {
            return Err(ValidatorError::Quorum { shares, threshold });
        }
        if threshold < 2 || threshold > shares || shares > bls::MAX_SHARES {
            return Err(bls::ShareError::Numbers { shares, threshold }.into());
        }
        let distinct: BTreeSet<_> = places.iter().collect();
        if distinct.len() != places.len() || places.contains(&0) {
            return Err(bls::ShareError::Places.into());
        }
        Ok(Self { places, threshold })
    }

    /// How many shares there are.
    pub fn shares(&self) -> u8 {
        u8::try_from(self.places.len()).unwrap_or(u8::MAX)
    }

    /// How many sign together.
    pub fn threshold(&self) -> u8 {
        self.threshold
    }

    /// What is unusual about the threshold; `None` if it is two thirds of the shares, rounded up.
    pub fn unusual(&self) -> Option<UnusualThreshold> {
        let (shares, threshold) = (self.shares(), self.threshold);
        match threshold.cmp(&default_threshold(shares)) {
            Ordering::Equal => None,
            // Each group leaves out that many machines.
            Ordering::Greater => {
                Some(UnusualThreshold::Higher { may_fail: shares.saturating_sub(threshold) })
            }
            Ordering::Less => {
                let machines = threshold.saturating_mul(2).saturating_sub(shares);
                Some(UnusualThreshold::Lower { machines })
            }
        }
    }

    /// Splits `keys` and writes the new folder `to`, all or nothing. Before that, the shares are
    /// read back from their keystores and must sign for their key together. `marked`: the split of
    /// every key is recorded already.
    pub fn write(
        &self,
        (permit, marked): (&Permit, &Marked),
        keys: &[&SecretKey],
        to: &Path,
        progress: &mut dyn Progress,
    ) -> Result<Vec<SplitKey>, ValidatorError> {
        require_new(to, &[])?;
        for key in keys.iter().map(|key| key.public_key()) {
            if !permit.covers(&key) {
                return Err(BackupError::NotPermitted(key).into());
            }
            if !marked.covers(&key) {
                return Err(BackupError::NotMarkedKey(key).into());
            }
        }
        let nodes = self.nodes(progress)?;
        let mut files = Vec::new();
        let mut split = Vec::new();
        for (place, key) in keys.iter().enumerate() {
            progress.step("splitting", place, keys.len());
            let shares = bls::split_at(key, &self.places, self.threshold)?;
            let pubkey = key.public_key();
            let mut read_back = Vec::new();
            for (node, share) in nodes.iter().zip(&shares) {
                let (file, secret) = self.seal(node, share, &pubkey, place)?;
                files.push(file);
                files.push(password_file(node, place)?);
                read_back.push(KeyShare::new(share.x, secret));
            }
            self.require_right(key, &read_back)?;
            let shares = read_back.iter().map(|share| (share.x, share.secret.public_key()));
            split.push(SplitKey { pubkey, shares: shares.collect() });
        }
        progress.step("splitting", keys.len(), keys.len());
        publish_folder(to, &files).map_err(BackupError::from)?;
        Ok(split)
    }

    fn nodes(&self, progress: &mut dyn Progress) -> Result<Vec<Node>, ValidatorError> {
        let node = |number| {
            progress.step("deriving passwords", number, self.places.len());
            Node::new(number)
        };
        Ok((0..self.places.len()).map(node).collect::<Result<_, _>>()?)
    }

    /// The file of a share, and the share that is read back from it.
    fn seal(
        &self,
        node: &Node,
        share: &KeyShare,
        pubkey: &PublicKey,
        place: usize,
    ) -> Result<(NewFile, SecretKey), ValidatorError> {
        let description = ShareOf::description(pubkey, share.x, self.shares(), self.threshold);
        let sealed = Keystore::seal(&share.secret, NO_PATH, &description, &node.key);
        let json = sealed.and_then(|keystore| keystore.to_json()).map_err(BackupError::from)?;
        let read =
            Keystore::parse(json.as_bytes()).and_then(|keystore| keystore.open_with(&node.key));
        let secret = read.map_err(BackupError::from)?;
        let path = path_of(node, place, "json").parse().map_err(BackupError::from)?;
        Ok((NewFile { path, bytes: json.into_bytes() }, secret))
    }

    /// Tests groups of `threshold` shares, so that every share is in one of them.
    fn require_right(&self, key: &SecretKey, shares: &[KeyShare]) -> Result<(), ValidatorError> {
        let whole = key.sign(&TRIAL);
        let parts: Vec<_> =
            shares.iter().map(|share| (share.x, share.secret.sign(&TRIAL))).collect();
        for first in 0..parts.len() {
            let group = parts.iter().cycle().skip(first).take(usize::from(self.threshold));
            if bls::combine_signatures(&group.cloned().collect::<Vec<_>>())? != whole {
                return Err(ValidatorError::SharesWrong(key.public_key()));
            }
        }
        Ok(())
    }
}

/// charon uses the password file up to its last byte, so it has no newline.
fn password_file(node: &Node, place: usize) -> Result<NewFile, ValidatorError> {
    let path = path_of(node, place, "txt").parse().map_err(BackupError::from)?;
    Ok(NewFile { path, bytes: node.password.expose().as_bytes().to_vec() })
}

fn path_of(node: &Node, place: usize, extension: &str) -> String {
    format!("node{}/validator_keys/keystore-{place}.{extension}", node.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_two_signing_groups_share_a_machine() {
        for shares in 2..=bls::MAX_SHARES {
            for threshold in 0..=shares {
                let taken = Splitting::new(shares, threshold).is_ok();
                let meets = 2 * u16::from(threshold) > u16::from(shares);
                assert_eq!(taken, meets && threshold >= 2, "{threshold} of {shares}");
            }
            let default = default_threshold(shares);
            assert!(Splitting::new(shares, default).is_ok(), "{default} of {shares}");
        }
        assert_eq!([3, 4, 5, 6, 7, 10].map(default_threshold), [2, 3, 4, 4, 5, 7]);
    }

    #[test]
    fn a_threshold_that_is_not_two_thirds_is_unusual() {
        use UnusualThreshold::{Higher, Lower};
        let unusual = |shares, threshold| Splitting::new(shares, threshold).unwrap().unusual();
        for shares in 2..=bls::MAX_SHARES {
            assert_eq!(unusual(shares, default_threshold(shares)), None);
        }
        assert_eq!(unusual(5, 3), Some(Lower { machines: 1 }));
        assert_eq!(unusual(10, 6), Some(Lower { machines: 2 }));
        assert_eq!(unusual(4, 4), Some(Higher { may_fail: 0 }));
        assert_eq!(unusual(7, 6), Some(Higher { may_fail: 1 }));
    }

    #[test]
    fn wrong_shares_are_noticed() {
        let key = SecretKey::derive_master(&[1; 32]).unwrap();
        let splitting = Splitting::new(4, 3).unwrap();
        let mut shares = bls::split(&key, 4, 3).unwrap();
        splitting.require_right(&key, &shares).unwrap();
        for wrong in 0..4 {
            let right = std::mem::replace(
                &mut shares[wrong].secret,
                SecretKey::derive_master(&[2; 32]).unwrap(),
            );
            let error = splitting.require_right(&key, &shares).unwrap_err();
            assert!(matches!(error, ValidatorError::SharesWrong(_)), "{wrong}: {error}");
            shares[wrong].secret = right;
        }
    }
}
