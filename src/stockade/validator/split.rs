//! Splits a signing key into shares for several machines, any m of which sign for it together. The
//! layout is that of Obol's charon: `node<i>/validator_keys/keystore-<k>.json`, with the password
//! in `keystore-<k>.txt`. Node i holds the share at x = i + 1 of every key.

use std::path::Path;

use super::ValidatorError;
use crate::{
    backup::{BackupError, restore::require_new, whereabouts::Permit},
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Splitting {
    shares: u8,
    threshold: u8,
}

/// A key that was split, and the public keys of its shares, starting with node 0.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SplitKey {
    /// The validator.
    pub pubkey: PublicKey,
    /// Its shares, at x = 1, 2, ..
    pub shares: Vec<PublicKey>,
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
    password: NewPassword,
    key: DecryptionKey,
}

impl Node {
    fn new() -> Result<Self, BackupError> {
        let password = NewPassword::random()?;
        let kdf = Kdf::full_cost(*SecretBytes::random()?.expose());
        let key = DecryptionKey::derive(password.password(), &kdf)?;
        Ok(Self { password, key })
    }
}

impl Splitting {
    /// `shares` shares, any `threshold` of which sign. More than half of them must be needed:
    /// otherwise two groups could sign conflicting messages.
    pub fn new(shares: u8, threshold: u8) -> Result<Self, ValidatorError> {
        let majority = u16::from(threshold) * 2 > u16::from(shares);
        if threshold >= 2 && threshold <= shares && !majority {
            return Err(ValidatorError::Quorum { shares, threshold });
        }
        if threshold >= 2 && threshold <= shares && shares <= bls::MAX_SHARES {
            Ok(Self { shares, threshold })
        } else {
            Err(bls::ShareError::Numbers { shares, threshold }.into())
        }
    }

    /// How many sign together.
    pub fn threshold(self) -> u8 {
        self.threshold
    }

    /// Splits `keys` and writes the new folder `to`, all or nothing. Before that, the shares are
    /// read back from their keystores and must sign for their key together.
    pub fn write(
        self,
        permit: &Permit,
        keys: &[&SecretKey],
        to: &Path,
        progress: &mut dyn Progress,
    ) -> Result<Vec<SplitKey>, ValidatorError> {
        require_new(to, &[])?;
        if let Some(key) = keys.iter().map(|key| key.public_key()).find(|key| !permit.covers(key)) {
            return Err(BackupError::NotPermitted(key).into());
        }
        let nodes = self.nodes(progress)?;
        let mut files = Vec::new();
        let mut split = Vec::new();
        for (place, key) in keys.iter().enumerate() {
            progress.step("splitting", place, keys.len());
            let shares = bls::split(key, self.shares, self.threshold)?;
            let pubkey = key.public_key();
            let mut read_back = Vec::new();
            for (node, share) in nodes.iter().zip(&shares) {
                let (file, secret) = self.seal(node, share, &pubkey, place)?;
                files.push(file);
                files.push(password_file(node, share.x, place)?);
                read_back.push(KeyShare::new(share.x, secret));
            }
            self.require_right(key, &read_back)?;
            let shares = read_back.iter().map(|share| share.secret.public_key()).collect();
            split.push(SplitKey { pubkey, shares });
        }
        progress.step("splitting", keys.len(), keys.len());
        publish_folder(to, &files).map_err(BackupError::from)?;
        Ok(split)
    }

    fn nodes(self, progress: &mut dyn Progress) -> Result<Vec<Node>, ValidatorError> {
        let node = |i| {
            progress.step("deriving passwords", usize::from(i), usize::from(self.shares));
            Ok(Node::new()?)
        };
        (0..self.shares).map(node).collect()
    }

    /// The file of a share, and the share that is read back from it.
    fn seal(
        self,
        node: &Node,
        share: &KeyShare,
        pubkey: &PublicKey,
        place: usize,
    ) -> Result<(NewFile, SecretKey), ValidatorError> {
        let description = ShareOf::description(pubkey, share.x.into(), self.shares, self.threshold);
        let sealed = Keystore::seal(&share.secret, NO_PATH, &description, &node.key);
        let json = sealed.and_then(|keystore| keystore.to_json()).map_err(BackupError::from)?;
        let read =
            Keystore::parse(json.as_bytes()).and_then(|keystore| keystore.open_with(&node.key));
        let secret = read.map_err(BackupError::from)?;
        let path = path_of(share.x, place, "json").parse().map_err(BackupError::from)?;
        Ok((NewFile { path, bytes: json.into_bytes() }, secret))
    }

    /// Tests groups of `threshold` shares, so that every share is in one of them.
    fn require_right(self, key: &SecretKey, shares: &[KeyShare]) -> Result<(), ValidatorError> {
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
fn password_file(node: &Node, x: u8, place: usize) -> Result<NewFile, ValidatorError> {
    let path = path_of(x, place, "txt").parse().map_err(BackupError::from)?;
    Ok(NewFile { path, bytes: node.password.expose().as_bytes().to_vec() })
}

fn path_of(x: u8, place: usize, extension: &str) -> String {
    format!("node{}/validator_keys/keystore-{place}.{extension}", x.saturating_sub(1))
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
