//! The attestation file: a statement, its signer, and the signature.

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
    /// The text that was signed.
    pub statement: String,
    /// The address that signed, according to the file.
    pub address: Address,
    /// The EIP-191 signature of that address.
    pub signature: Signature,
}

impl Attestation {
    /// The longest attestation that is read.
    pub const MAX_LEN: u64 = 64 * 1024;

    /// Puts together a statement and its signature.
    pub fn new(statement: String, address: Address, signature: Signature) -> Self {
        let version = StatementVersion::of_file(Statement::HEADING, &statement);
        Self { version, statement, address, signature }
    }

    /// Reads an attestation. Does not verify its signature.
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

    /// The time of its statement, if the address in the file signed one.
    pub fn time(&self) -> Option<Timestamp> {
        let statement: Statement = self.statement.parse().ok()?;
        self.is_signed().then_some(statement.time)
    }

    /// Whether the address in the file signed exactly this statement.
    pub fn is_signed(&self) -> bool {
        personal_message::recover(self.statement.as_bytes(), &self.signature)
            .is_ok_and(|signer| signer == self.address)
    }
}
