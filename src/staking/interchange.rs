//! The slashing-protection history in the interchange format of EIP-3076, version 5: what each
//! validator has signed, so that no other machine makes it sign against that.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::quoted;
use crate::{
    bls::PublicKey,
    json::{JsonError, clip, from_slice},
};

/// The largest file that is read.
pub const MAX_INTERCHANGE_BYTES: usize = 256 * 1024 * 1024;

/// The one version that clients write.
const VERSION: &str = "5";

/// A history. Everything that a file says is kept: a field that EIP-3076 does not have is an
/// error (as it is for Lighthouse), never dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interchange {
    metadata: Metadata,
    data: Vec<Record>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    interchange_format_version: String,
    genesis_validators_root: Root,
}

/// What one validator signed. A file may have several records for one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The validator.
    #[serde(with = "prefixed_key")]
    pub pubkey: PublicKey,
    /// The blocks that it proposed.
    pub signed_blocks: Vec<SignedBlock>,
    /// The attestations that it made.
    pub signed_attestations: Vec<SignedAttestation>,
}

/// A block that was signed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedBlock {
    /// Its slot.
    #[serde(with = "quoted")]
    pub slot: u64,
    /// What exactly was signed, where the client kept it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_root: Option<Root>,
}

/// An attestation that was signed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedAttestation {
    /// The epoch that it comes from.
    #[serde(with = "quoted")]
    pub source_epoch: u64,
    /// The epoch that it votes for.
    #[serde(with = "quoted")]
    pub target_epoch: u64,
    /// What exactly was signed, where the client kept it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_root: Option<Root>,
}

/// The newest of each kind that one validator signed; `None` where it never did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Newest {
    /// The newest block's slot.
    pub block_slot: Option<u64>,
    /// The highest source epoch of an attestation.
    pub source_epoch: Option<u64>,
    /// The highest target epoch of an attestation.
    pub target_epoch: Option<u64>,
}

impl Newest {
    /// Whether anything was signed at all.
    pub fn signed(&self) -> bool {
        *self != Self::default()
    }

    /// Whether `other` goes further in anything.
    pub fn is_behind(&self, other: &Self) -> bool {
        self.block_slot < other.block_slot
            || self.source_epoch < other.source_epoch
            || self.target_epoch < other.target_epoch
    }
}

/// Why a file is no history that can be relied on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InterchangeError {
    /// Malformed, or too large.
    #[error("not a slashing-protection history (EIP-3076): {0}")]
    Json(#[from] JsonError),
    /// Another version of the format.
    #[error("a slashing-protection history of version {0}; clients write version {VERSION}")]
    Version(String),
    /// Histories of two chains, which say nothing of each other.
    #[error("slashing-protection histories of two networks")]
    OtherChain,
}

impl Interchange {
    /// Reads a file of at most [`MAX_INTERCHANGE_BYTES`].
    pub fn parse(content: &[u8]) -> Result<Self, InterchangeError> {
        let interchange: Self = from_slice(content, MAX_INTERCHANGE_BYTES)?;
        let version = &interchange.metadata.interchange_format_version;
        match version == VERSION {
            true => Ok(interchange),
            false => Err(InterchangeError::Version(clip(version, 20))),
        }
    }

    /// A history of nothing, on the chain with this root.
    pub fn new(genesis_validators_root: [u8; 32]) -> Self {
        let metadata = Metadata {
            interchange_format_version: VERSION.to_owned(),
            genesis_validators_root: Root(genesis_validators_root),
        };
        Self { metadata, data: Vec::new() }
    }

    /// What it says of `keys`, without records that say nothing.
    #[must_use]
    pub fn only(&self, keys: &BTreeSet<PublicKey>) -> Self {
        let said = |record: &&Record| {
            let signed = record.signed_blocks.len() + record.signed_attestations.len();
            signed > 0 && keys.contains(&record.pubkey)
        };
        let data = self.data.iter().filter(said).cloned().collect();
        Self { metadata: self.metadata.clone(), data }
    }

    /// The same, with a record that says nothing for each of `keys` that it does not speak of.
    #[must_use]
    pub fn covering(mut self, keys: &[PublicKey]) -> Self {
        let known: BTreeSet<_> = self.data.iter().map(|record| record.pubkey).collect();
        let lacking = keys.iter().filter(|key| !known.contains(key));
        self.data.extend(lacking.map(|key| Record {
            pubkey: *key,
            signed_blocks: Vec::new(),
            signed_attestations: Vec::new(),
        }));
        self
    }

    /// A file's content that says the same, on one line.
    pub fn to_json(&self) -> Result<String, InterchangeError> {
        Ok(serde_json::to_string(self).map_err(JsonError::from)?)
    }

    /// The chain that was signed for. [`Network::from_genesis_validators_root`] knows its name.
    ///
    /// [`Network::from_genesis_validators_root`]: super::Network::from_genesis_validators_root
    pub fn genesis_validators_root(&self) -> &[u8; 32] {
        &self.metadata.genesis_validators_root.0
    }

    /// The records, in the file's order.
    pub fn records(&self) -> &[Record] {
        &self.data
    }

    /// Adds everything that `others` say: no bound is lowered, for nothing is taken away. One
    /// record a key comes out of it, and what several say stands there once.
    pub fn merge(self, others: impl IntoIterator<Item = Self>) -> Result<Self, InterchangeError> {
        let mut merged: BTreeMap<PublicKey, (BTreeSet<_>, BTreeSet<_>)> = BTreeMap::new();
        let mut add = |record: Record| {
            let (blocks, attestations) = merged.entry(record.pubkey).or_default();
            blocks.extend(record.signed_blocks);
            attestations.extend(record.signed_attestations);
        };
        self.data.into_iter().for_each(&mut add);
        for other in others {
            if self.metadata.genesis_validators_root != other.metadata.genesis_validators_root {
                return Err(InterchangeError::OtherChain);
            }
            other.data.into_iter().for_each(&mut add);
        }
        let record = |(pubkey, (blocks, attestations)): (_, (BTreeSet<_>, BTreeSet<_>))| Record {
            pubkey,
            signed_blocks: blocks.into_iter().collect(),
            signed_attestations: attestations.into_iter().collect(),
        };
        Ok(Self { metadata: self.metadata, data: merged.into_iter().map(record).collect() })
    }

    /// The shortest history that keeps every bound: of each key the highest slot, and the highest source
    /// epoch with the highest target epoch.
    #[must_use]
    pub fn minimal(&self) -> Self {
        let record = |(pubkey, newest): (PublicKey, Newest)| Record {
            pubkey,
            signed_blocks: newest
                .block_slot
                .map(|slot| SignedBlock { slot, signing_root: None })
                .into_iter()
                .collect(),
            signed_attestations: newest
                .source_epoch
                .zip(newest.target_epoch)
                .map(|(source_epoch, target_epoch)| SignedAttestation {
                    source_epoch,
                    target_epoch,
                    signing_root: None,
                })
                .into_iter()
                .collect(),
        };
        let data = self.newest().into_iter().map(record).collect();
        Self { metadata: self.metadata.clone(), data }
    }

    /// Every key that the history covers, with the newest that it signed.
    pub fn newest(&self) -> BTreeMap<PublicKey, Newest> {
        let mut all: BTreeMap<PublicKey, Newest> = BTreeMap::new();
        for record in &self.data {
            let newest = all.entry(record.pubkey).or_default();
            let attestations = &record.signed_attestations;
            let slot = record.signed_blocks.iter().map(|block| block.slot).max();
            let source = attestations.iter().map(|attestation| attestation.source_epoch).max();
            let target = attestations.iter().map(|attestation| attestation.target_epoch).max();
            newest.block_slot = newest.block_slot.max(slot);
            newest.source_epoch = newest.source_epoch.max(source);
            newest.target_epoch = newest.target_epoch.max(target);
        }
        all
    }
}

/// 32 bytes, written as 0x and 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Root(pub [u8; 32]);

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Root {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Root {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut root = [0; 32];
        text.strip_prefix("0x")
            .and_then(|digits| hex::decode_to_slice(digits, &mut root).ok())
            .ok_or_else(|| D::Error::custom("a root is 0x and 64 hex digits"))?;
        Ok(Self(root))
    }
}

/// Public keys have 0x here, unlike in keystores and deposit data.
mod prefixed_key {
    use super::{Deserialize, Deserializer, PublicKey, Serializer};

    pub(super) fn serialize<S: Serializer>(
        key: &PublicKey,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("0x{key}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PublicKey, D::Error> {
        PublicKey::deserialize(deserializer)
    }
}
