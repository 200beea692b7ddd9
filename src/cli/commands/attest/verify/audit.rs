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
    text += match audit.met() {
        Met::Yes => "The policy is met.",
        Met::No => "The policy is NOT met.",
        Met::Unknown => "It CANNOT BE TOLD whether the policy is met: see above what is not known.",
    };
    text += WORTH;
    let document = Document {
        attestations: None,
        sets: Some(audit.sets.iter().map(Set::of).collect()),
        missing: audit.missing.iter().map(ToString::to_string).collect(),
    };
    Outcome::checked(audit.is_met(), text, document)
}

fn set_text(set: &SetAudit) -> String {
    let mut text = format!("set {}: {}\n", set.set, word(set.met()));
    if let Some(statement) = &set.statement {
        text += &format!("  {statement}\n  its SHA-256, for --after: {}\n", statement.digest());
    }
    for clause in &set.clauses {
        let (name, word) = (clause.name, word(clause.met));
        text += &format!("  {name:<10} {word}: {}\n", clause.detail);
    }
    text
}

fn word(met: Met) -> &'static str {
    match met {
        Met::Yes => "met",
        Met::No => "NOT MET",
        Met::Unknown => "CANNOT TELL",
    }
}
