//! The slashing-protection history in the interchange format of EIP-3076, version 5: what each
//! validator has signed, so that no other machine makes it sign against that.

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

/// The one version that clients write.
const VERSION: &str = "5";

/// A history in its normal form. Clients export one vote in several forms, and one of them takes a
/// vote that it reads twice for a double vote. So no history can hold one vote twice, whatever it was
/// read or merged from:
///
/// - one record per key, sorted by key;
/// - one entry per block slot, and per source and target epoch, sorted;
/// - an entry with a signing root replaces one without, and a root of zeros is no root;
/// - two entries for one vote only where both roots are real and differ: the key signed both.
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
    /// A record that cannot be read.
    #[error("not a slashing-protection history (EIP-3076): {0}")]
    Record(#[from] BadRecord),
    /// Another version of the format.
    #[error("a slashing-protection history of version {0}; clients write version {VERSION}")]
    Version(String),
    /// Histories of two chains, which say nothing of each other.
    #[error("slashing-protection histories of two networks")]
    OtherChain,
    /// It has records, and does not say of which chain.
    #[error("a slashing-protection history that names no network: genesis_validators_root is {0}")]
    NoChain(&'static str),
    /// It says nothing: an empty file, `null`, or neither a chain nor a record. A client that gives
    /// no history answers so.
    #[error("it is empty: it names no network and no key")]
    Nothing,
    /// A file that is known, and is not this.
    #[error("not a slashing-protection history (EIP-3076): {0}")]
    OtherFile(&'static str),
}

impl Interchange {
    /// Reads a file of at most [`MAX_INTERCHANGE_BYTES`], every record of which must be valid.
    /// Fields that EIP-3076 does not have are ignored.
    pub fn parse(content: &[u8]) -> Result<Self, InterchangeError> {
        let (interchange, bad) = Self::parse_valid(content)?;
        match bad.into_iter().next() {
            None => Ok(interchange),
            Some(first) => Err(first.into()),
        }
    }

    /// As [`Interchange::parse`], without the records that are not valid; and those.
    pub fn parse_valid(content: &[u8]) -> Result<(Self, Vec<BadRecord>), InterchangeError> {
        read::read(content)
    }

    /// A history of nothing, on the chain with this root.
    pub fn new(genesis_validators_root: [u8; 32]) -> Self {
        let metadata = Metadata {
            interchange_format_version: VERSION,
            genesis_validators_root: Root(genesis_validators_root),
        };
        Self { metadata, data: Vec::new() }
    }

    /// The only way from records to a history.
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

    /// What it says of `keys`, without records that say nothing.
    #[must_use]
    pub fn only(&self, keys: &BTreeSet<PublicKey>) -> Self {
        let mut only = self.about(keys);
        only.data.retain(|record| !record.is_empty());
        only
    }

    /// Its records of `keys`, the empty ones as well: those say that a key never signed.
    #[must_use]
    pub fn about(&self, keys: &BTreeSet<PublicKey>) -> Self {
        let asked = self.data.iter().filter(|record| keys.contains(&record.pubkey));
        Self { metadata: self.metadata.clone(), data: asked.cloned().collect() }
    }

    /// The same, with a record that says nothing for each of `keys` that it does not speak of.
    #[must_use]
    pub fn covering(self, keys: &[PublicKey]) -> Self {
        let lacking = keys.iter().map(|key| Record::new(*key));
        Self::from_records(self.metadata, self.data.into_iter().chain(lacking))
    }

    /// The shortest history that sets the same bounds: for each key its highest slot, and its highest
    /// source epoch with its highest target epoch as one attestation. Clients that keep no more (Teku,
    /// Lighthouse) refuse the same as by the whole. It is for a client that does not take the whole.
    #[must_use]
    pub fn minimal(&self) -> Self {
        let data = self.data.iter().map(Record::minimal).collect();
        Self { metadata: self.metadata.clone(), data }
    }

    /// Whether there is a vote without a signing root. Prysm takes such a vote for a double vote when
    /// it reads it a second time.
    pub fn lacks_roots(&self) -> bool {
        self.data.iter().any(Record::lacks_roots)
    }

    /// A file's content that says the same, on one line: lower case with 0x, both arrays in each
    /// record.
    pub fn to_json(&self) -> Result<String, InterchangeError> {
        Ok(serde_json::to_string(self).map_err(JsonError::from)?)
    }

    /// The length of [`Interchange::to_json`], in bytes; it takes no memory.
    pub fn json_len(&self) -> Result<usize, InterchangeError> {
        let mut counter = Counter(0);
        serde_json::to_writer(&mut counter, self).map_err(JsonError::from)?;
        Ok(counter.0)
    }

    /// The chain that was signed for. [`Network::from_genesis_validators_root`] knows its name.
    ///
    /// [`Network::from_genesis_validators_root`]: super::Network::from_genesis_validators_root
    pub fn genesis_validators_root(&self) -> &[u8; 32] {
        &self.metadata.genesis_validators_root.0
    }

    /// The records, one per key, sorted by key.
    pub fn records(&self) -> &[Record] {
        &self.data
    }

    /// Adds everything that `others` say: no bound is lowered, for nothing is taken away.
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

    /// Every key that the history covers, with the newest that it signed.
    pub fn newest(&self) -> BTreeMap<PublicKey, Newest> {
        self.data.iter().map(|record| (record.pubkey, record.newest())).collect()
    }
}

/// Counts what is written to it.
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
