//! The file of a delivery note: the statement, who signed it, and the keys that it counts.

use serde::{Deserialize, Serialize};

use super::{DeliveryStatement, keys_digest};
use crate::attest::StatementVersion;
use stockade_base::{
    eth::{Address, Signature, personal_message},
    json,
};
use stockade_keystore::bls::PublicKey;

/// A signed delivery note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryNote {
    version: u32,
    /// What was signed.
    pub statement: String,
    /// Who says that they signed it.
    pub address: Address,
    /// EIP-191 by that address.
    pub signature: Signature,
    /// The keys that the statement counts.
    pub keys: Vec<PublicKey>,
}

impl DeliveryNote {
    /// The longest note that is read: of more than a hundred thousand keys.
    pub const MAX_LEN: u64 = 16 * 1024 * 1024;
    /// What the names of such files end in.
    pub const END: &'static str = ".delivery.json";

    /// A statement with its signature and its keys.
    pub fn new(
        statement: String,
        address: Address,
        signature: Signature,
        keys: Vec<PublicKey>,
    ) -> Self {
        let version = StatementVersion::of_file(DeliveryStatement::HEADING, &statement);
        Self { version, statement, address, signature, keys }
    }

    /// Reads a note; its signature is not verified by that.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let limit = usize::try_from(Self::MAX_LEN).unwrap_or(usize::MAX);
        let note: Self = json::from_slice(bytes, limit).map_err(|error| error.to_string())?;
        let version = StatementVersion::of_file(DeliveryStatement::HEADING, &note.statement);
        StatementVersion::require(note.version, version)?;
        Ok(note)
    }

    /// The file's bytes.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = serde_json::to_vec(self)?;
        json.push(b'\n');
        Ok(json)
    }

    /// Whether the address that it names signed exactly this statement.
    pub fn is_signed(&self) -> bool {
        personal_message::recover(self.statement.as_bytes(), &self.signature)
            .is_ok_and(|signer| signer == self.address)
    }

    /// Whether its keys are those that `statement` counts.
    pub fn lists(&self, statement: &DeliveryStatement) -> bool {
        self.keys.len() == statement.count && keys_digest(&self.keys) == statement.keys
    }
}
