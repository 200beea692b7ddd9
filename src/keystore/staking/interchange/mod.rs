//! Slashing-protection histories in the interchange format of EIP-3076, version 5: what each
//! validator has signed, so that no other machine signs anything that conflicts with it.

mod read;
mod record;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use serde::Serialize;

pub use read::BadRecord;
pub use record::{Record, Root, SignedAttestation, SignedBlock};

use crate::bls::PublicKey;
use stockade_base::json::JsonError;

/// The largest file that is read.
pub const MAX_INTERCHANGE_BYTES: usize = 256 * 1024 * 1024;

/// The version that all clients write.
const VERSION: &str = "5";

/// A history in its normal form. Clients export the same vote in several forms, and one client
/// mistakes a vote that it reads twice for a double vote. So a history never holds a vote twice,
/// whatever it was read or merged from:
///
/// - one record per key, sorted by key;
/// - one entry per block slot, and per source and target epoch, sorted;
/// - an entry with a signing root replaces one without, and a root of zeros counts as none;
/// - two entries for one vote only if both have a root and the roots differ: the key signed both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interchange {
    metadata: Metadata,
    data: Vec<Record>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Metadata {
    interchange_format_version: &'static str,
    genesis_validators_root: Root,
}

/// The newest messages of each kind that a validator signed; `None` if it never signed one.
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
    /// Whether the validator signed anything.
    pub fn signed(&self) -> bool {
        *self != Self::default()
    }

    /// Whether `other` is newer in any respect.
    pub fn is_behind(&self, other: &Self) -> bool {
        self.block_slot < other.block_slot
            || self.source_epoch < other.source_epoch
            || self.target_epoch < other.target_epoch
    }
}

/// Why a file is not a history that can be relied on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InterchangeError {
    /// The file is malformed or too large.
    #[error("not a slashing-protection history (EIP-3076): {0}")]
    Json(#[from] JsonError),
    /// A record cannot be read.
    #[error("not a slashing-protection history (EIP-3076): {0}")]
    Record(#[from] BadRecord),
    /// The file has another version of the format.
    #[error(
        "unsupported version {0} of a slashing-protection history: clients write version {VERSION}"
    )]
    Version(String),
    /// The histories are of two chains, so they cannot be merged.
    #[error("the slashing-protection histories are of two networks")]
    OtherChain,
    /// It has records, but does not name their chain.
    #[error("the slashing-protection history names no network: genesis_validators_root is {0}")]
    NoChain(&'static str),
    /// It says nothing: an empty file, `null`, or neither a chain nor a record. Clients that provide no
    /// history answer like this.
    #[error("it is empty: it names no network and no key")]
    Nothing,
    /// The file is of another known kind.
    #[error("not a slashing-protection history (EIP-3076): {0}")]
    OtherFile(&'static str),
}

impl Interchange {
    /// Reads a file of at most [`MAX_INTERCHANGE_BYTES`]. Every record must be valid. Fields that EIP-3076
    /// does not define are ignored.
    pub fn parse(content: &[u8]) -> Result<Self, InterchangeError> {
        Self::parse_lenient(content).map(|(history, _)| history)
    }

    /// Like [`Interchange::parse`]. Also returns how many records lack `signed_blocks` or
    /// `signed_attestations`, which EIP-3076 requires: dirk leaves an empty one out. It counts as empty.
    pub fn parse_lenient(content: &[u8]) -> Result<(Self, usize), InterchangeError> {
        let read = read::read(content)?;
        match read.bad.into_iter().next() {
            None => Ok((read.history, read.incomplete)),
            Some(first) => Err(first.into()),
        }
    }

    /// Like [`Interchange::parse`], but leaves out invalid records and returns why they are invalid.
    pub fn parse_valid(content: &[u8]) -> Result<(Self, Vec<BadRecord>), InterchangeError> {
        read::read(content).map(|read| (read.history, read.bad))
    }

    /// An empty history for the chain with this root.
    pub fn new(genesis_validators_root: [u8; 32]) -> Self {
        let metadata = Metadata {
            interchange_format_version: VERSION,
            genesis_validators_root: Root(genesis_validators_root),
        };
        Self { metadata, data: Vec::new() }
    }

    /// Builds a history. Every history is built here, so it is in normal form.
    fn from_records(metadata: Metadata, records: impl IntoIterator<Item = Record>) -> Self {
        let mut all: BTreeMap<PublicKey, Record> = BTreeMap::new();
        for record in records {
            let known = all.entry(record.pubkey).or_insert_with(|| Record::new(record.pubkey));
            known.add(record);
        }
        let mut data: Vec<_> = all.into_values().collect();
        data.iter_mut().for_each(Record::normalise);
        Self { metadata, data }
    }

    /// The records of `keys`, without empty ones.
    #[must_use]
    pub fn only(&self, keys: &BTreeSet<PublicKey>) -> Self {
        let mut only = self.about(keys);
        only.data.retain(|record| !record.is_empty());
        only
    }

    /// The records of `keys`, including empty ones, which say that a key never signed.
    #[must_use]
    pub fn about(&self, keys: &BTreeSet<PublicKey>) -> Self {
        let data =
            self.data.iter().filter(|record| keys.contains(&record.pubkey)).cloned().collect();
        Self { metadata: self.metadata.clone(), data }
    }

    /// Adds an empty record for each of `keys` that has none.
    #[must_use]
    pub fn covering(self, keys: &[PublicKey]) -> Self {
        let empty = keys.iter().map(|key| Record::new(*key));
        Self::from_records(self.metadata, self.data.into_iter().chain(empty))
    }

    /// The shortest history with the same bounds: for each key its highest slot, and its highest source
    /// and target epochs as one attestation. It is for clients that do not accept the whole history.
    /// Clients that keep only bounds (Teku, Lighthouse) refuse to sign the same as with the whole history.
    #[must_use]
    pub fn minimal(&self) -> Self {
        let data = self.data.iter().map(Record::minimal).collect();
        Self { metadata: self.metadata.clone(), data }
    }

    /// Whether any vote lacks a signing root. Prysm mistakes such a vote for a double vote when it reads
    /// it a second time.
    pub fn lacks_roots(&self) -> bool {
        self.data.iter().any(Record::lacks_roots)
    }

    /// Writes the history on one line: lower case with 0x, and both arrays in each record.
    pub fn to_json(&self) -> Result<String, InterchangeError> {
        Ok(serde_json::to_string(self).map_err(JsonError::from)?)
    }

    /// The length of [`Interchange::to_json`] in bytes, computed without building the text.
    pub fn json_len(&self) -> Result<usize, InterchangeError> {
        let mut counter = Counter(0);
        serde_json::to_writer(&mut counter, self).map_err(JsonError::from)?;
        Ok(counter.0)
    }

    /// The root that identifies the chain. [`Network::from_genesis_validators_root`] gives its name.
    ///
    /// [`Network::from_genesis_validators_root`]: super::Network::from_genesis_validators_root
    pub fn genesis_validators_root(&self) -> &[u8; 32] {
        &self.metadata.genesis_validators_root.0
    }

    /// The records, one per key, sorted by key.
    pub fn records(&self) -> &[Record] {
        &self.data
    }

    /// Adds all records of `others`. Nothing is removed, so no bound is lowered.
    pub fn merge(self, others: impl IntoIterator<Item = Self>) -> Result<Self, InterchangeError> {
        let mut records = self.data;
        for other in others {
            if self.metadata != other.metadata {
                return Err(InterchangeError::OtherChain);
            }
            records.extend(other.data);
        }
        Ok(Self::from_records(self.metadata, records))
    }

    /// Every key in the history, with the newest messages that it signed.
    pub fn newest(&self) -> BTreeMap<PublicKey, Newest> {
        self.data.iter().map(|record| (record.pubkey, record.newest())).collect()
    }
}

/// Counts the bytes that are written to it.
struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
