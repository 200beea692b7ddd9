//! The changes that were signed, for people and as JSON.

use serde::Serialize;
use stockade::staking::CredentialChange;

use super::Args;
use crate::output::Outcome;

impl Args {
    pub(super) fn outcome(&self, changes: &[CredentialChange]) -> Outcome {
        let plural = if changes.len() == 1 { "change" } else { "changes" };
        let mut text = format!(
            "Signed {} credential {plural} for {} into {}\n",
            changes.len(),
            self.network,
            crate::shown(&self.out)
        );
        for change in changes {
            text += &format!("  validator {} to {}\n", change.validator_index, change.to);
        }
        if self.withdrawal_credentials.is_empty() {
            text += "Not checked: that these validators have these keys. --withdrawal-credentials \
                     compares them.\n";
        }
        text += "Each change is final once a beacon node has accepted it.";
        let change = |change: &CredentialChange| SignedChange {
            validator_index: change.validator_index,
            from_bls_pubkey: change.from.to_string(),
            to_execution_address: change.to.to_string(),
            signing_root: format!("0x{}", hex::encode(change.signing_root(self.network))),
        };
        let document = Document {
            network: self.network.name(),
            changes: changes.iter().map(change).collect(),
            out: self.out.to_string_lossy().into_owned(),
        };
        Outcome::done(text, document)
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The network of the validators.
    network: &'static str,
    /// The changes that were signed.
    changes: Vec<SignedChange>,
    /// The file that was written.
    out: String,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SignedChange {
    /// The index of the validator on its chain.
    validator_index: u64,
    /// The public withdrawal key that signed.
    from_bls_pubkey: String,
    /// The new withdrawal address.
    to_execution_address: String,
    /// The root that was signed: 0x and 32 bytes in hex.
    signing_root: String,
}
