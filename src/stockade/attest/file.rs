//! The attestation file: a statement, who signed it, and the signature.

use serde::{Deserialize, Serialize};

use super::{Statement, StatementVersion};
use stockade_base::{
    eth::{Address, Signature, personal_message},
    timestamp::Timestamp,
};

/// A signed statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    version: u32,
    /// What was signed.
    pub statement: String,
    /// Who says that they signed it.
    pub address: Address,
    /// EIP-191 by that address.
    pub signature: Signature,
}

impl Attestation {
    /// The longest attestation that is read.
    pub const MAX_LEN: u64 = 64 * 1024;

    /// A statement with its signature.
    pub fn new(statement: String, address: Address, signature: Signature) -> Self {
        let version = StatementVersion::of_file(Statement::HEADING, &statement);
        Self { version, statement, address, signature }
    }

    /// Reads an attestation; its signature is not verified by that.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let attestation: Self = serde_json::from_slice(bytes)
            .map_err(|e| stockade_base::shown(&e.to_string()).to_string())?;
        let version = StatementVersion::of_file(Statement::HEADING, &attestation.statement);
        StatementVersion::require(attestation.version, version)?;
        Ok(attestation)
    }

    /// The file's bytes.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut json = serde_json::to_vec(self)?;
        json.push(b'\n');
        Ok(json)
    }

    /// The time of its statement, where the address that it names signed one.
    pub fn time(&self) -> Option<Timestamp> {
        let statement: Statement = self.statement.parse().ok()?;
        self.is_signed().then_some(statement.time)
    }

    /// Whether the address that it names signed exactly this statement.
    pub fn is_signed(&self) -> bool {
        personal_message::recover(self.statement.as_bytes(), &self.signature)
            .is_ok_and(|signer| signer == self.address)
    }
}
