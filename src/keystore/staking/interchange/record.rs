//! What one validator signed, and how records are normalised.

use std::{cmp::Ordering, fmt, mem};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{super::quoted, Newest};
use crate::bls::PublicKey;

/// What one validator signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Record {
    /// The validator.
    #[serde(serialize_with = "prefixed")]
    pub pubkey: PublicKey,
    /// The blocks that it signed.
    pub signed_blocks: Vec<SignedBlock>,
    /// The attestations that it signed.
    pub signed_attestations: Vec<SignedAttestation>,
}

/// A signed block.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SignedBlock {
    /// The slot.
    #[serde(with = "quoted")]
    pub slot: u64,
    /// The root that was signed, if the client kept it.
    #[serde(default, deserialize_with = "real_root", skip_serializing_if = "Option::is_none")]
    pub signing_root: Option<Root>,
}

/// A signed attestation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SignedAttestation {
    /// The source epoch.
    #[serde(with = "quoted")]
    pub source_epoch: u64,
    /// The target epoch.
    #[serde(with = "quoted")]
    pub target_epoch: u64,
    /// The root that was signed, if the client kept it.
    #[serde(default, deserialize_with = "real_root", skip_serializing_if = "Option::is_none")]
    pub signing_root: Option<Root>,
}

impl Record {
    /// A record that says that the key never signed.
    pub(super) fn new(pubkey: PublicKey) -> Self {
        Self { pubkey, signed_blocks: Vec::new(), signed_attestations: Vec::new() }
    }

    /// Adds the votes of another record of the same key. Call [`Record::normalise`] afterwards.
    pub(super) fn add(&mut self, other: Self) {
        self.signed_blocks.extend(other.signed_blocks);
        self.signed_attestations.extend(other.signed_attestations);
    }

    /// Whether it says that the key never signed.
    pub(super) fn is_empty(&self) -> bool {
        self.signed_blocks.is_empty() && self.signed_attestations.is_empty()
    }

    pub(super) fn normalise(&mut self) {
        normalise(&mut self.signed_blocks);
        normalise(&mut self.signed_attestations);
    }

    pub(super) fn newest(&self) -> Newest {
        let attestations = &self.signed_attestations;
        Newest {
            block_slot: self.signed_blocks.iter().map(|block| block.slot).max(),
            source_epoch: attestations.iter().map(|vote| vote.source_epoch).max(),
            target_epoch: attestations.iter().map(|vote| vote.target_epoch).max(),
        }
    }

    pub(super) fn lacks_roots(&self) -> bool {
        self.signed_blocks.iter().any(|block| block.signing_root.is_none())
            || self.signed_attestations.iter().any(|vote| vote.signing_root.is_none())
    }

    pub(super) fn minimal(&self) -> Self {
        let Newest { block_slot, source_epoch, target_epoch } = self.newest();
        let blocks = block_slot.map(|slot| SignedBlock { slot, signing_root: None });
        let votes = source_epoch.zip(target_epoch).map(|(source_epoch, target_epoch)| {
            SignedAttestation { source_epoch, target_epoch, signing_root: None }
        });
        Self {
            pubkey: self.pubkey,
            signed_blocks: blocks
                .map(|one| with_root(&self.signed_blocks, one))
                .into_iter()
                .collect(),
            signed_attestations: votes
                .map(|one| with_root(&self.signed_attestations, one))
                .into_iter()
                .collect(),
        }
    }
}

/// A block or an attestation.
trait Vote: Ord + Clone {
    /// Compares what was voted for, ignoring the root.
    fn order(&self, other: &Self) -> Ordering;
    fn root(&self) -> Option<Root>;
}

impl Vote for SignedBlock {
    fn order(&self, other: &Self) -> Ordering {
        self.slot.cmp(&other.slot)
    }

    fn root(&self) -> Option<Root> {
        self.signing_root
    }
}

impl Vote for SignedAttestation {
    fn order(&self, other: &Self) -> Ordering {
        (self.source_epoch, self.target_epoch).cmp(&(other.source_epoch, other.target_epoch))
    }

    fn root(&self) -> Option<Root> {
        self.signing_root
    }
}

/// Sorts the votes and removes duplicates.
fn normalise<V: Vote>(votes: &mut Vec<V>) {
    votes.sort();
    // Among equal votes, one without a root comes first.
    votes.dedup_by(|later, earlier| {
        let same = later.order(earlier).is_eq();
        let twice = same && (earlier.root().is_none() || later.root() == earlier.root());
        if twice {
            mem::swap(later, earlier);
        }
        twice
    });
}

/// The one of `votes` that equals `vote` except for its root. If there is none, or several, `vote`
/// itself.
fn with_root<V: Vote>(votes: &[V], vote: V) -> V {
    let mut same = votes.iter().filter(|one| one.order(&vote).is_eq());
    match (same.next(), same.next()) {
        (Some(one), None) => one.clone(),
        _ => vote,
    }
}

/// 32 bytes, written as 0x and 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Root(pub [u8; 32]);

impl Root {
    /// Reads 64 hex digits in either case, with or without 0x.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut root = [0; 32];
        hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut root).ok()?;
        Some(Self(root))
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0 == [0; 32]
    }
}

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

/// Reads a signing root. Zeros (which Prysm writes if it has no root), an empty text and `null` count
/// as none.
fn real_root<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Root>, D::Error> {
    match Option::<String>::deserialize(deserializer)?.as_deref() {
        None | Some("") => Ok(None),
        Some(text) => {
            let root = Root::read(text);
            let root =
                root.ok_or_else(|| D::Error::custom("a root must be 0x and 64 hex digits"))?;
            Ok(Some(root).filter(|root| !root.is_zero()))
        }
    }
}

/// Public keys have 0x in histories, unlike in keystores and deposit data.
fn prefixed<S: Serializer>(key: &PublicKey, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("0x{key}"))
}
