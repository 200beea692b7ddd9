//! The text that the wallet shows before it derives a secret. It is built from validated fields and
//! never read from a file, so a file cannot make a wallet show or derive anything else.

use std::fmt;

use super::CustodianId;
use stockade_keystore::staking::Network;

/// The prompt for one device secret. It fits the four lines of a Trezor One.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt(String);

impl Prompt {
    /// For the identity that opens what is sealed to custodian `id`.
    pub fn open_backups(id: &CustodianId) -> Self {
        Self(format!("Stockade: open backups of custodian {id}. A secret!"))
    }

    /// For the root of a batch of validator keys.
    pub fn derive_batch(network: Network, batch: u32) -> Self {
        Self(format!("Stockade: derive {} batch {batch}. A secret!", network.name()))
    }

    /// The prompt as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
