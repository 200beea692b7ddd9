//! What an audit found, in words and as JSON.

use serde_json::{Value, json};
use stockade::attest::{Audit, Clause, Met, SetAudit, Statement};

use crate::output::Outcome;

/// What a signature is worth.
pub const WORTH: &str = " A signature proves that the wallet approved the text; time and counts \
    are the word of the computer it was plugged into.";

/// Set by set, clause by clause.
pub fn outcome(audit: &Audit) -> Outcome {
    let mut text: String = audit.sets.iter().map(set_text).collect();
    for key in &audit.missing {
        text += &format!("MISSING  {key}  no set that fulfils the policy is attested to hold it\n");
    }
    text += match audit.is_met() {
        true => "The policy is met.",
        false => "The policy is NOT met.",
    };
    text += WORTH;
    let json = json!({
        "sets": audit.sets.iter().map(set_json).collect::<Vec<_>>(),
        "missing": audit.missing,
    });
    Outcome::checked(audit.is_met(), text, json)
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

fn set_json(set: &SetAudit) -> Value {
    let clause = |clause: &Clause| json!({"name": clause.name, "verdict": clause.met.as_str(), "detail": clause.detail});
    json!({
        "set_id": set.set,
        "met": set.is_met(),
        "clauses": set.clauses.iter().map(clause).collect::<Vec<_>>(),
        "statement": set.statement.as_ref().map(ToString::to_string),
        "digest": set.statement.as_ref().map(Statement::digest),
        "fields": set.statement.as_ref().map(statement_json),
    })
}

/// A statement, field by field.
pub fn statement_json(statement: &Statement) -> Value {
    json!({
        "set_id": statement.set,
        "manifest": statement.manifest,
        "level": statement.level.as_str(),
        "proven": statement.keys.proven,
        "contradicted": statement.keys.contradicted,
        "inconclusive": statement.keys.inconclusive,
        "copies": statement.copies,
        "history": statement.history,
        "previous": statement.previous,
        "challenge": statement.challenge.as_ref().map(ToString::to_string),
        "time": statement.time.to_string(),
    })
}
