//! The document of `exit create`.

use serde::Serialize;
use stockade::backup::exits::NewExit;

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The network of the validators.
    pub network: &'static str,
    /// The exits that were signed.
    pub exits: Vec<SignedExit>,
    /// The id of the set that held the keys, or null for keys of a mnemonic.
    pub set_id: Option<String>,
    /// The ids of the copies that have the sealed exits.
    pub sealed_in: Vec<String>,
    /// The file that was written, unsealed.
    pub out: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SignedExit {
    /// The public key of the validator.
    pubkey: String,
    /// The index of the validator on its chain.
    validator_index: u64,
    /// The first epoch in which it may exit.
    epoch: u64,
    /// The name of the sealed file in each copy, or null if it was not sealed.
    file: Option<String>,
}

impl SignedExit {
    /// The exit, and the name of its sealed file.
    pub fn new(signed: &NewExit, file: Option<&String>) -> Self {
        Self {
            pubkey: signed.pubkey.to_string(),
            validator_index: signed.exit.message.validator_index,
            epoch: signed.exit.message.epoch,
            file: file.cloned(),
        }
    }
}
