//! The result of an audit by a policy.

use stockade::attest::{Audit, Met, SetAudit};

use super::document::{Document, Set};
use crate::output::Outcome;

/// What a signature proves.
pub const WORTH: &str = " A signature proves that the wallet approved the text; the time and the \
    numbers come from the computer that it was plugged into.";

/// The result, set by set and clause by clause.
pub fn outcome(audit: &Audit) -> Outcome {
    let mut text: String = audit.sets.iter().map(set_text).collect();
    for key in &audit.missing {
        text += &format!("MISSING  {key}  no set that meets the policy is attested to hold it\n");
    }
    let met = audit.is_met();
    text += if met { "The policy is met." } else { "The policy is NOT met." };
    text += WORTH;
    let document = Document {
        attestations: None,
        sets: Some(audit.sets.iter().map(Set::of).collect()),
        missing: audit.missing.iter().map(ToString::to_string).collect(),
    };
    Outcome::checked(met, text, document)
}

fn set_text(set: &SetAudit) -> String {
    let word = if set.is_met() { "met" } else { "NOT MET" };
    let mut text = format!("set {}: {word}\n", set.set);
    if let Some(statement) = &set.statement {
        text += &format!("  {statement}\n  its SHA-256, for --after: {}\n", statement.digest());
    }
    for clause in &set.clauses {
        let word = match clause.met {
            Met::Yes => "met",
            Met::No => "NOT MET",
            Met::Unknown => "CANNOT TELL",
        };
        text += &format!("  {:<10} {word}: {}\n", clause.name, clause.detail);
    }
    text
}
