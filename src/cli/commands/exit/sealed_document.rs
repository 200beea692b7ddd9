//! Sealed exits as JSON.

use serde::Serialize;
use stockade::backup::{SetId, exits::SealedExit};

use crate::commands::key_share::ShareFields;

/// A sealed exit in a copy. The last five fields are null unless it was opened.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Exit {
    /// The id of its set.
    set_id: String,
    /// The id of the copy.
    copy: String,
    /// The sealed file, relative to the copy's `stockade` folder.
    file: String,
    /// The verdict.
    verdict: &'static str,
    /// The reason for the verdict.
    reason: &'static str,
    /// The public key of the validator.
    pubkey: Option<String>,
    /// The network of the validator.
    network: Option<&'static str>,
    /// The index of the validator on its chain.
    validator_index: Option<u64>,
    /// The first epoch in which it may exit.
    epoch: Option<u64>,
    /// If a share signed it: which share. The exit is partial then.
    share: Option<ShareFields>,
}

impl Exit {
    /// The exit in a copy of `set`.
    pub fn new(set: &SetId, exit: &SealedExit) -> Self {
        let opened = exit.opened.as_ref();
        Self {
            set_id: set.to_string(),
            copy: exit.copy.clone(),
            file: exit.file.clone(),
            verdict: exit.reason.verdict().as_str(),
            reason: exit.reason.as_str(),
            pubkey: opened.map(|opened| opened.pubkey.to_string()),
            network: opened.map(|_| set.network().name()),
            validator_index: opened.map(|opened| opened.exit.message.validator_index),
            epoch: opened.map(|opened| opened.exit.message.epoch),
            share: opened.and_then(|opened| opened.share).map(ShareFields::from),
        }
    }
}
