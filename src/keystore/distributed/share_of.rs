//! Which share of a validator's key a key is.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::bls::{KeyError, PublicKey, UncheckedPublicKey};

/// Which share of a validator's key a key is. `K` is the type of the validator's public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ShareOf<K = PublicKey> {
    /// The validator's public key.
    pub validator: K,
    /// The place at which the sharing polynomial has this share as its value. charon and Stockade
    /// number from 1; SSV and dirk use ids of operators.
    pub x: u64,
    /// How many shares sign together.
    pub threshold: u8,
    /// How many shares there are, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shares: Option<u8>,
    /// The hash of the cluster's lock, if there is one. Shares of two locks never belong together,
    /// even if they are of one validator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<LockHash>,
    /// Who says so.
    pub tool: ShareTool,
}

/// The source that says that a key is a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ShareTool {
    /// charon: the lock of a cluster lists the share.
    Charon,
    /// dirk: the share's account names the validator.
    Dirk,
    /// Stockade: the keystore's description names the validator.
    Stockade,
    /// The user said so.
    User,
}

/// The hash of a cluster's lock: 32 bytes. Displayed as hex with 0x, as charon writes it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LockHash([u8; 32]);

/// Why something is not said to be a share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareOfError {
    /// The validator is not a public key.
    #[error("the validator of a share: {0}")]
    Validator(#[from] KeyError),
    /// No share is at x = 0: that is the whole key.
    #[error("a share has a number from 1 on, not 0")]
    Place,
    /// One share alone would be the whole key, or there are fewer shares than are needed.
    #[error("{threshold} shares cannot be needed of {}", .shares.map_or("a key".to_owned(), |n| n.to_string()))]
    Numbers {
        /// How many sign together.
        threshold: u8,
        /// How many there are.
        shares: Option<u8>,
    },
}

impl ShareOf {
    /// The share at `x` of the key of `validator`, any `threshold` of which sign.
    pub fn new(
        validator: PublicKey,
        x: u64,
        threshold: u8,
        tool: ShareTool,
    ) -> Result<Self, ShareOfError> {
        Self { validator, x, threshold, shares: None, cluster: None, tool }.checked()
    }

    /// Adds how many shares there are.
    pub fn of(self, shares: u8) -> Result<Self, ShareOfError> {
        Self { shares: Some(shares), ..self }.checked()
    }

    /// Adds the cluster.
    #[must_use]
    pub fn in_cluster(self, cluster: LockHash) -> Self {
        Self { cluster: Some(cluster), ..self }
    }

    /// How many other shares must sign with it.
    pub fn others_needed(&self) -> u8 {
        self.threshold.saturating_sub(1)
    }

    /// Whether `other` may be a share of the same split: of the same validator and threshold, and
    /// not of another cluster.
    pub fn may_join(&self, other: &Self) -> bool {
        let differ = |one: Option<LockHash>, other: Option<LockHash>| {
            one.zip(other).is_some_and(|(one, other)| one != other)
        };
        self.validator == other.validator
            && self.threshold == other.threshold
            && !differ(self.cluster, other.cluster)
    }

    /// Whether `other` says the same, as far as both say something. Who says it does not matter.
    pub fn agrees_with(&self, other: &Self) -> bool {
        let differ = self.shares.zip(other.shares).is_some_and(|(one, other)| one != other);
        self.x == other.x && self.may_join(other) && !differ
    }
}

impl ShareOf<UncheckedPublicKey> {
    /// Checks the validator's public key.
    pub fn check(&self) -> Result<ShareOf, KeyError> {
        let Self { x, threshold, shares, cluster, tool, .. } = *self;
        Ok(ShareOf { validator: self.validator.check()?, x, threshold, shares, cluster, tool })
    }
}

impl<K> ShareOf<K> {
    /// Refuses numbers that no share has. A file may name any.
    pub fn checked(self) -> Result<Self, ShareOfError> {
        let Self { x, threshold, shares, .. } = self;
        if x == 0 {
            return Err(ShareOfError::Place);
        }
        if threshold < 2 || shares.is_some_and(|shares| shares < threshold) {
            return Err(ShareOfError::Numbers { threshold, shares });
        }
        Ok(self)
    }
}

impl fmt::Display for ShareOf {
    /// "share 1 of 4, any 3 of which sign, of the validator 8eb0..", with the whole key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "share {}", self.x)?;
        match self.shares {
            Some(shares) if self.x <= u64::from(shares) => write!(f, " of {shares}")?,
            Some(shares) => write!(f, " (one of {shares})")?,
            None => {}
        }
        write!(f, ", any {} of which sign, of the validator {}", self.threshold, self.validator)
    }
}

impl ShareTool {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Charon => "charon",
            Self::Dirk => "dirk",
            Self::Stockade => "stockade",
            Self::User => "user",
        }
    }
}

impl LockHash {
    /// The hash with these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 7 digits, as charon names clusters in its logs.
    pub fn short(&self) -> String {
        hex::encode(self.0).chars().take(7).collect()
    }
}

impl FromStr for LockHash {
    type Err = KeyError;

    /// Reads 64 hex digits, with or without 0x.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| KeyError::Malformed)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for LockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

impl fmt::Debug for LockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for LockHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LockHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom("a lock's hash has 64 hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bls::SecretKey;

    fn validator(seed: u8) -> PublicKey {
        SecretKey::derive_master(&[seed; 32]).unwrap().public_key()
    }

    #[test]
    fn a_share_is_written_with_what_is_known_and_read_back() {
        let share = ShareOf::new(validator(1), 345, 3, ShareTool::User).unwrap();
        let json = serde_json::to_string(&share).unwrap();
        assert!(!json.contains("cluster") && !json.contains("shares"), "{json}");
        assert_eq!(serde_json::from_str::<ShareOf>(&json).unwrap(), share);
        let share = share.of(4).unwrap().in_cluster(LockHash::from_bytes([7; 32]));
        let json = serde_json::to_string(&share).unwrap();
        assert!(json.contains(&format!("0x{}", "07".repeat(32))), "{json}");
        assert_eq!(serde_json::from_str::<ShareOf>(&json).unwrap(), share);
        let other = json.replace("\"x\"", "\"y\":1,\"x\"");
        assert!(serde_json::from_str::<ShareOf>(&other).is_err(), "unknown fields are refused");
    }

    #[test]
    fn numbers_that_no_share_has_are_refused() {
        let share = |x, threshold| ShareOf::new(validator(1), x, threshold, ShareTool::User);
        assert_eq!(share(0, 3), Err(ShareOfError::Place));
        for threshold in [0, 1] {
            assert!(matches!(share(1, threshold), Err(ShareOfError::Numbers { .. })));
        }
        assert!(share(1, 3).unwrap().of(2).is_err());
        assert!(share(900, 3).unwrap().of(4).is_ok(), "SSV numbers by operator");
    }

    #[test]
    fn shares_of_two_clusters_do_not_belong_together() {
        let share = |x| ShareOf::new(validator(1), x, 3, ShareTool::Charon).unwrap();
        let cluster = |n| LockHash::from_bytes([n; 32]);
        assert!(share(1).may_join(&share(2)));
        assert!(share(1).in_cluster(cluster(1)).may_join(&share(2).in_cluster(cluster(1))));
        assert!(!share(1).in_cluster(cluster(1)).may_join(&share(2).in_cluster(cluster(2))));
        let other = ShareOf::new(validator(2), 2, 3, ShareTool::Charon).unwrap();
        assert!(!share(1).may_join(&other));
        assert!(!share(1).agrees_with(&share(2)));
    }
}
