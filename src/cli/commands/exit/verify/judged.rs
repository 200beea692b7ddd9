//! The document for a file of signed exits.

use serde::Serialize;
use stockade::{
    backup::verdict::Reason,
    bls::PublicKey,
    staking::{Exit, Network},
};

use crate::commands::verdicts::Verdicts;

/// The document for a file of signed exits.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FileDocument {
    /// The fields of the exit, if the file holds one.
    #[serde(flatten)]
    pub one: Option<Judged>,
    /// How many exits have each verdict.
    pub verdicts: Verdicts,
    /// Each exit of the file.
    pub exits: Vec<Judged>,
}

/// The verdict on an exit.
#[derive(Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Judged {
    /// The verdict.
    verdict: &'static str,
    /// The reason for the verdict.
    reason: &'static str,
    /// Details of the reason, for people.
    detail: String,
    /// The index of the validator on its chain.
    pub validator_index: u64,
    /// The first epoch in which it may exit.
    epoch: u64,
    /// The public key that signed it, where it was found.
    pubkey: Option<String>,
    /// The network that it was signed for, where its key was found.
    network: Option<&'static str>,
}

impl Judged {
    /// The verdict, and who signed the exit if that is known.
    pub fn new(
        exit: &Exit,
        reason: Reason,
        detail: String,
        signer: Option<(Network, &PublicKey)>,
    ) -> Self {
        Self {
            verdict: reason.verdict().as_str(),
            reason: reason.as_str(),
            detail,
            validator_index: exit.validator_index,
            epoch: exit.epoch,
            pubkey: signer.map(|(_, key)| key.to_string()),
            network: signer.map(|(network, _)| network.name()),
        }
    }

    /// The verdict for people.
    pub fn text(&self) -> String {
        let Self { verdict, detail, validator_index, epoch, .. } = self;
        format!(
            "{verdict}  exit of validator {validator_index}, from epoch {epoch} on\n  {detail}\n"
        )
    }
}
