//! The verdicts on BLS-to-execution changes, for people and as JSON.

use serde::Serialize;
use stockade::backup::verdict::Reason;

use super::Judged;
use crate::{commands::verdicts::Verdicts, output::Outcome};

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// Whether it was checked who receives withdrawals: `checked` or `not_checked`.
    receiver: &'static str,
    /// How many changes have each verdict.
    verdicts: Verdicts,
    /// The changes, in the order of the file.
    changes: Vec<Change>,
}

/// A change. The fields from `network` on are null if its signature is not valid.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Change {
    /// The verdict.
    verdict: &'static str,
    /// The reason for the verdict.
    reason: &'static str,
    /// Details of the reason, for people.
    detail: String,
    /// Whether it pays the address that it should.
    receiver: Receiver,
    /// The network that it was signed for.
    network: Option<&'static str>,
    /// The index of the validator on its chain.
    validator_index: Option<u64>,
    /// The public withdrawal key that signed it.
    from_bls_pubkey: Option<String>,
    /// The new withdrawal address.
    to_execution_address: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Receiver {
    /// The verdict.
    verdict: &'static str,
    /// The reason for the verdict.
    reason: &'static str,
}

/// The report on the changes of a file.
pub fn outcome(judged: &[Judged], asked: bool) -> Outcome {
    let verdicts = Verdicts::of(judged.iter().map(|one| one.reason));
    let mut text: String = judged.iter().map(Judged::text).collect();
    text += &format!("{verdicts}\nNot checked: that these validators have these withdrawal keys.");
    if !asked {
        text += "\nNOT CHECKED: who receives withdrawals. Name the address with --withdrawal-address: \
                 the change is final.";
    }
    let document = Document {
        receiver: if asked { "checked" } else { "not_checked" },
        verdicts,
        changes: judged.iter().map(Change::from).collect(),
    };
    Outcome::checked(verdicts.all_proven(), text, document)
}

impl Judged {
    fn text(&self) -> String {
        let mut text = format!("{}  {}\n", self.reason.verdict().as_str(), self.detail);
        if let Some((network, change)) = &self.change {
            text += &format!(
                "  validator {} on {network}, to {}, from {}\n",
                change.validator_index, change.to, change.from
            );
            if self.receiver == Reason::NotChecked {
                text += "  OPEN: it was not checked that this is the right address\n";
            }
        }
        text
    }
}

impl From<&Judged> for Change {
    fn from(judged: &Judged) -> Self {
        let change = judged.change.as_ref();
        let receiver = judged.receiver;
        Self {
            verdict: judged.reason.verdict().as_str(),
            reason: judged.reason.as_str(),
            detail: judged.detail.clone(),
            receiver: Receiver { verdict: receiver.verdict().as_str(), reason: receiver.as_str() },
            network: change.map(|(network, _)| network.name()),
            validator_index: change.map(|(_, change)| change.validator_index),
            from_bls_pubkey: change.map(|(_, change)| change.from.to_string()),
            to_execution_address: change.map(|(_, change)| change.to.to_string()),
        }
    }
}
