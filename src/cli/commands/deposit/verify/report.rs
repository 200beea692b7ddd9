//! The verdicts on deposits, for people and as JSON.

use serde::Serialize;
use stockade::{backup::verdict::Verdict, staking::Deposit};

use super::{super::answer::Judgement, Asked, Judged};
use crate::{
    commands::{amount::coins, verdicts::Verdicts},
    output::Outcome,
};

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// Which questions of ownership were checked.
    ownership: Ownership,
    /// How many deposits have each verdict.
    verdicts: Verdicts,
    /// The deposits, in the order of the file.
    deposits: Vec<OneDeposit>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Ownership {
    /// Who owns the keys: `checked` or `not_checked`.
    key: &'static str,
    /// Who receives withdrawals: `checked` or `not_checked`.
    withdrawal: &'static str,
}

/// A deposit. The fields from `network` on are null if it is not valid.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct OneDeposit {
    /// The public key, as the file has it.
    pubkey: String,
    /// The verdict: the worst of validity and of the questions that were checked.
    verdict: &'static str,
    /// The reason for the verdict.
    reason: &'static str,
    /// Details of the reason, for people.
    why: Option<String>,
    /// Why a launchpad may refuse it, for people.
    note: Option<String>,
    /// The network that it is for.
    network: Option<&'static str>,
    /// The amount, in Gwei of the consensus layer.
    amount: Option<u64>,
    /// The address that receives withdrawals, or null for 0x00 credentials.
    withdrawal_address: Option<String>,
    /// Who owns the key.
    key: Option<Judgement>,
    /// Who receives withdrawals.
    withdrawal: Option<Judgement>,
}

/// The report on the deposits of a file.
pub fn outcome(judged: &[Judged], asked: Asked) -> Outcome {
    let verdicts = Verdicts::of(judged.iter().map(|one| one.reason));
    let mut text: String = judged.iter().map(Judged::text).collect();
    text += &verdicts.to_string();
    text += match asked {
        Asked { key: true, .. } => "",
        Asked { withdrawal: true, .. } => {
            "\nNOT CHECKED: who owns the keys. Name the copies with --copy and the wallet with --device."
        }
        _ => {
            "\nNOT CHECKED: who owns the keys, and who receives withdrawals; only roots and signatures \
             were. Name the copies with --copy and the wallet with --device."
        }
    };
    let word = |asked: bool| if asked { "checked" } else { "not_checked" };
    let document = Document {
        ownership: Ownership { key: word(asked.key), withdrawal: word(asked.withdrawal) },
        verdicts,
        deposits: judged.iter().map(OneDeposit::from).collect(),
    };
    Outcome::checked(verdicts.all_proven(), text, document)
}

impl Judged {
    fn text(&self) -> String {
        let verdict = self.reason.verdict();
        let mut text = format!("{}  {}\n", verdict.as_str(), self.pubkey);
        if let Some((deposit, key, withdrawal)) = &self.valid {
            let credentials = deposit.withdrawal_credentials();
            let to = credentials.address().map_or_else(
                || format!("no address yet: its withdrawal key can name one ({credentials})"),
                |to| to.to_string(),
            );
            let amount = coins(deposit.amount(), deposit.network());
            text += &format!("  {amount} for {}, withdrawals to {to}\n", deposit.network());
            text += &format!("  key: {}\n  withdrawals: {}\n", key.detail, withdrawal.detail);
        }
        if let Some(why) = &self.why {
            let open = verdict == Verdict::Inconclusive;
            text += &format!("  {}: {why}\n", if open { "OPEN" } else { "PROBLEM" });
        }
        text + &self.note.iter().map(|note| format!("  NOTE: {note}\n")).collect::<String>()
    }
}

impl From<&Judged> for OneDeposit {
    fn from(judged: &Judged) -> Self {
        let deposit = judged.valid.as_ref().map(|(deposit, ..)| deposit);
        let to = deposit.and_then(|deposit| deposit.withdrawal_credentials().address());
        Self {
            pubkey: judged.pubkey.clone(),
            verdict: judged.reason.verdict().as_str(),
            reason: judged.reason.as_str(),
            why: judged.why.clone(),
            note: judged.note.clone(),
            network: deposit.map(|deposit| deposit.network().name()),
            amount: deposit.map(Deposit::amount),
            withdrawal_address: to.map(|to| to.to_string()),
            key: judged.valid.as_ref().map(|(_, key, _)| key.into()),
            withdrawal: judged.valid.as_ref().map(|(_, _, withdrawal)| withdrawal.into()),
        }
    }
}
