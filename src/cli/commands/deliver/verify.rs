use std::path::PathBuf;

use serde_json::json;
use stockade::{
    attest::delivery::{DeliveryStatement, JudgedNote, find_notes, judge_note},
    timestamp::Timestamp,
};

use crate::{
    CommandResult,
    context::{Context, read_expected, read_signers},
    output::Outcome,
};

/// Verify delivery notes: who signed them, what went where, and when. Needs no wallet
///
/// Takes delivery notes, or copies, beside whose sets they lie. A note says what was delivered when
/// it was signed, not where the keys are today.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Delivery notes, or copies
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Who must have signed: an address, or a custodian file
    #[arg(long, required = true, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Keys that good notes must list: a key a line, a deposit_data file, or a keymanager listing
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
}

impl Args {
    /// Judges every note.
    pub fn run(self, _context: &mut Context) -> CommandResult {
        let signers = read_signers(&self.signer)?;
        let expected = read_expected(self.expect.as_deref())?;
        let now = Timestamp::now();
        let found = find_notes(&self.paths)?.into_iter();
        let judged: Vec<_> = found.map(|found| judge_note(found, &signers, now)).collect();
        let good = judged.iter().filter(|judged| judged.problems.is_empty());
        let delivered: std::collections::BTreeSet<_> =
            good.filter_map(|judged| judged.note.as_ref()).flat_map(|note| &note.keys).collect();
        let missing: Vec<_> = expected.iter().filter(|key| !delivered.contains(key)).collect();
        let all_good = judged.iter().all(|judged| judged.problems.is_empty());
        let mut text: String = judged.iter().map(line).collect();
        for key in &missing {
            text += &format!("MISSING  {key}  no good delivery note lists it\n");
        }
        text += match (all_good, missing.is_empty()) {
            (true, true) => "Every delivery note is good.",
            (true, false) => "Every delivery note is good, but NOT every expected key is in one.",
            (false, _) => "NOT every delivery note is good.",
        };
        let json = json!({
            "notes": judged.iter().map(as_json).collect::<Vec<_>>(),
            "missing": missing,
        });
        Ok(Outcome::checked(all_good && missing.is_empty(), text, json))
    }
}

fn line(judged: &JudgedNote) -> String {
    let word = if judged.problems.is_empty() { "good" } else { "BAD" };
    let mut text = format!("{word}  {}\n", crate::shown(&judged.place));
    if let Some(note) = &judged.note {
        text += &format!("  signed by {}\n  {}\n", note.address, note.statement);
    }
    for problem in &judged.problems {
        text += &format!("  PROBLEM: {problem}\n");
    }
    text
}

fn as_json(judged: &JudgedNote) -> serde_json::Value {
    json!({
        "file": judged.place.to_string_lossy(),
        "good": judged.problems.is_empty(),
        "problems": judged.problems,
        "address": judged.note.as_ref().map(|note| note.address),
        "statement": judged.note.as_ref().map(|note| &note.statement),
        "fields": judged.statement.as_ref().map(fields),
        "keys": judged.note.as_ref().map(|note| &note.keys),
    })
}

fn fields(statement: &DeliveryStatement) -> serde_json::Value {
    let place = |to: &stockade::attest::delivery::Destination| json!({"kind": to.kind().as_str(), "place": to.place()});
    json!({
        "set_id": statement.set,
        "manifest": statement.manifest,
        "to": place(&statement.to),
        "from": statement.from.as_ref().map(place),
        "keys": statement.count,
        "keys_digest": statement.keys,
        "history": statement.history,
        "time": statement.time.to_string(),
    })
}
