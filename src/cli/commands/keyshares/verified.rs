//! What `keyshares verify` found.

use serde::Serialize;
use stockade::{
    backup::{SetId, verdict::Verdict},
    distributed::SsvKeyShares,
};

use crate::{commands::plural::count, output::Outcome};

/// What is known of a validator's key.
pub struct Judged<'a> {
    pub shares: &'a SsvKeyShares,
    pub set: Option<SetId>,
    pub split_recorded: bool,
    pub problems: Vec<String>,
    pub verdict: Verdict,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The validators of the file, in its order.
    validators: Vec<Validator>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Validator {
    /// The public key of the validator.
    pubkey: String,
    /// The address that registers it, according to the file.
    owner: String,
    /// The owner's registration nonce, according to the file.
    nonce: u64,
    /// The ids of the operators.
    operators: Vec<u64>,
    /// How many operators sign together.
    threshold: usize,
    /// The verdict.
    verdict: &'static str,
    /// What is wrong, for people.
    problems: Vec<String>,
    /// The id of a set that holds the key, or null.
    set_id: Option<String>,
    /// Whether the copies record that the key was split.
    split_recorded: bool,
}

impl Validator {
    fn of(judged: &Judged<'_>) -> Self {
        let shares = judged.shares;
        Self {
            pubkey: shares.validator.to_string(),
            owner: shares.owner.to_string(),
            nonce: shares.nonce,
            operators: shares.operators.clone(),
            threshold: shares.threshold(),
            verdict: judged.verdict.as_str(),
            problems: judged.problems.clone(),
            set_id: judged.set.as_ref().map(ToString::to_string),
            split_recorded: judged.split_recorded,
        }
    }
}

/// The verdicts on all validators of the file.
pub fn outcome(judged: &[Judged<'_>]) -> Outcome {
    let mut text = String::new();
    for one in judged {
        let SsvKeyShares { validator, owner, nonce, .. } = one.shares;
        let verdict = one.verdict.as_str();
        text += &format!("{verdict}  {validator}, owner {owner}, nonce {nonce}\n");
        text += &one.problems.iter().map(|why| format!("  {why}\n")).collect::<String>();
        if one.set.is_some() && !one.split_recorded {
            text += "  NOT RECORDED: these copies do not say that this key was split. Record it: stockade \
                     validator split --elsewhere\n";
        }
    }
    let proven = judged.iter().filter(|one| one.verdict == Verdict::Proven).count();
    text += &format!(
        "{proven} of {} proven. Compare owner and nonce with those of the account that registers. Not \
         checked: the encrypted shares, and the operators' keys.",
        count(judged.len(), "validator")
    );
    let document = Document { validators: judged.iter().map(Validator::of).collect() };
    Outcome::checked(proven == judged.len(), text, document)
}
