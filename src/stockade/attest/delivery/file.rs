//! The file of a delivery note: the statement, its signer, and the keys that it covers.

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
    /// The text that was signed.
    pub statement: String,
    /// The address that signed, according to the file.
    pub address: Address,
    /// The EIP-191 signature of that address.
    pub signature: Signature,
    /// The keys that the statement covers.
    pub keys: Vec<PublicKey>,
}

impl DeliveryNote {
    /// The longest note that is read. It has room for more than a hundred thousand keys.
    pub const MAX_LEN: u64 = 16 * 1024 * 1024;
    /// The ending of the names of delivery notes.
    pub const END: &'static str = ".delivery.json";

    /// Puts together a statement, its signature and its keys.
    pub fn new(
        statement: String,
        address: Address,
        signature: Signature,
        keys: Vec<PublicKey>,
    ) -> Self {
        let version = StatementVersion::of_file(DeliveryStatement::HEADING, &statement);
        Self { version, statement, address, signature, keys }
    }

    /// Reads a note. Does not verify its signature.
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

    /// Whether the address in the file signed exactly this statement.
    pub fn is_signed(&self) -> bool {
        personal_message::recover(self.statement.as_bytes(), &self.signature)
            .is_ok_and(|signer| signer == self.address)
    }

    /// Whether the note lists the keys that `statement` covers.
    pub fn lists(&self, statement: &DeliveryStatement) -> bool {
        self.keys.len() == statement.count && keys_digest(&self.keys) == statement.keys
    }
}
