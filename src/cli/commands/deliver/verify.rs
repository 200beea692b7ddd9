use std::{collections::BTreeSet, path::PathBuf};

use stockade::{
    attest::delivery::{JudgedNote, find_notes, judge_note},
    timestamp::Timestamp,
};

use super::verify_document::{Document, note};
use crate::{
    CommandResult,
    context::{Context, read_expected, read_signers},
    output::Outcome,
};

/// Verify delivery notes: who signed them, what went where, and when. Needs no wallet
///
/// Takes delivery notes, or copies in which notes are stored with the sets. A note states what was
/// delivered when it was signed, not where the keys are today.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Delivery notes, or copies
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Who must have signed: an address, or a custodian file
    #[arg(long, required = true, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// Keys that good notes must list: one key a line, a deposit_data file, or a keymanager listing
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
        let delivered: BTreeSet<_> =
            good.filter_map(|judged| judged.note.as_ref()).flat_map(|note| &note.keys).collect();
        let missing = expected.iter().filter(|key| !delivered.contains(key));
        let missing: Vec<_> = missing.copied().collect();
        let all_good = judged.iter().all(|judged| judged.problems.is_empty());
        let mut text: String = judged.iter().map(line).collect();
        for key in &missing {
            text += &format!("MISSING  {key}  not listed in any good delivery note\n");
        }
        text += match (all_good, missing.is_empty()) {
            (true, true) => "Every delivery note is good.",
            (true, false) => "Every delivery note is good, but NOT every expected key is in one.",
            (false, _) => "NOT every delivery note is good.",
        };
        let ok = all_good && missing.is_empty();
        let notes = judged.into_iter().map(note).collect();
        Ok(Outcome::checked(ok, text, Document { notes, missing }))
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
