//! The document of `exit create`.

use serde::Serialize;
use stockade::{backup::exits::NewExit, distributed::ShareOf};

use crate::commands::key_share::ShareFields;

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
    /// If a share signed it: which share. The exit is partial then.
    share: Option<ShareFields>,
    /// If a share signed it: how many more shares must sign the same exit.
    more_shares_needed: Option<u8>,
}

impl SignedExit {
    /// The exit, the share that signed it, and the name of its sealed file.
    pub fn new(signed: &NewExit, share: Option<ShareOf>, file: Option<&String>) -> Self {
        Self {
            pubkey: signed.pubkey.to_string(),
            validator_index: signed.exit.message.validator_index,
            epoch: signed.exit.message.epoch,
            file: file.cloned(),
            share: share.map(ShareFields::from),
            more_shares_needed: share.map(|share| share.others_needed()),
        }
    }
}
