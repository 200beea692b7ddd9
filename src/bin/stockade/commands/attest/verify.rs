use std::path::PathBuf;

use serde_json::json;
use stockade::{
    attest::{self, Judged, Rules},
    timestamp::Timestamp,
};

use crate::{
    CommandResult,
    context::{Context, read_expected, read_signers},
    error::CommandError,
    output::Outcome,
};

/// Verify attestations: who signed them, what they say, how old they are. Needs no wallet
///
/// Takes attestation files, or copies (of which the newest of each set and signer counts).
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Attestation files, or copies
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Who must have signed: an address, or a custodian file
    #[arg(long, required = true, value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// The oldest that they may be: 90d, 12h
    #[arg(long, value_name = "AGE")]
    max_age: Option<String>,
    /// How many copies they must speak of
    #[arg(long, default_value_t = 1)]
    min_copies: usize,
    /// Keys that must be in their sets, taken together: a key a line, a deposit_data file, or a keymanager listing
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
}

impl Args {
    /// Judges every attestation.
    pub fn run(self, _context: &mut Context) -> CommandResult {
        let rules = Rules {
            signers: read_signers(&self.signer)?,
            max_age: self.max_age.as_deref().map(seconds).transpose()?,
            min_copies: self.min_copies,
        };
        let expected = read_expected(self.expect.as_deref())?;
        let now = Timestamp::now();
        let found = attest::find(&self.paths)?;
        let judged: Vec<_> =
            found.into_iter().map(|found| attest::judge(found, &rules, now)).collect();
        let missing = attest::unattested(&judged, &expected);
        let all_good = judged.iter().all(|judged| judged.problems.is_empty());
        let mut text: String = judged.iter().map(line).collect();
        for key in &missing {
            text += &format!("MISSING  {key}  no good attestation beside its set speaks of it\n");
        }
        text += match (all_good, missing.is_empty()) {
            (true, true) => "Every attestation is good.",
            (true, false) => "Every attestation is good, but NOT every expected key is attested.",
            (false, _) => "NOT every attestation is good.",
        };
        text += " A signature proves that the wallet approved the text; time and counts are the \
                 word of the computer it was plugged into.";
        let json = json!({
            "attestations": judged.iter().map(as_json).collect::<Vec<_>>(),
            "missing": missing,
        });
        Ok(Outcome::checked(all_good && missing.is_empty(), text, json))
    }
}

fn line(judged: &Judged) -> String {
    let word = if judged.problems.is_empty() { "good" } else { "BAD" };
    let mut text = format!("{word}  {}\n", judged.place.display());
    if let Some(attestation) = &judged.attestation {
        text += &format!("  signed by {}\n  {}\n", attestation.address, attestation.statement);
    }
    for problem in &judged.problems {
        text += &format!("  PROBLEM: {problem}\n");
    }
    text
}

fn as_json(judged: &Judged) -> serde_json::Value {
    let statement = judged.statement.as_ref().map(|statement| {
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
    });
    json!({
        "file": judged.place.display().to_string(),
        "good": judged.problems.is_empty(),
        "problems": judged.problems,
        "address": judged.attestation.as_ref().map(|attestation| attestation.address),
        "statement": judged.attestation.as_ref().map(|attestation| &attestation.statement),
        "fields": statement,
    })
}

/// `90d` or `12h` in seconds.
fn seconds(text: &str) -> Result<i64, CommandError> {
    let bad =
        || CommandError::usage(format!("--max-age {text}: days or hours, such as 90d or 12h"));
    let (number, unit) = match (text.strip_suffix('d'), text.strip_suffix('h')) {
        (Some(number), _) => (number, 86_400),
        (_, Some(number)) => (number, 3_600),
        _ => return Err(bad()),
    };
    let number: u32 = number.parse().map_err(|_| bad())?;
    Ok(i64::from(number) * unit)
}
