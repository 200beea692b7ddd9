//! What the wallet shows before it gives a secret away. Built here from validated fields, and
//! never read from a file: a file cannot make a wallet show, or give, anything else.

use std::fmt;

use super::CustodianId;
use stockade_keystore::staking::Network;

/// The text that asks for one device secret. Fits the four lines of a Trezor One.
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

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
