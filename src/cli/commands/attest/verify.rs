use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::json;
use stockade::{
    attest::{
        self, AttestError, AttestedLevel, Challenge, Judged, Policy, Requirements, Rules, Which,
        parse_age,
    },
    backup::Digest,
    store::private_file,
    timestamp::Timestamp,
};

use super::audit;
use crate::{
    CommandResult,
    context::{Context, read_expected, read_signers},
    error::CommandError,
    output::Outcome,
};

/// Verify attestations: who signed them, what they say, how old they are. Needs no wallet
///
/// Takes attestation files, or copies (of which the newest of each set and signer counts; all of
/// them where a policy is given). A copy that lacks what another keeps about it is named: it was set
/// back.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Attestation files, or copies
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Who must have signed: an address, or a custodian file
    #[arg(long, required_unless_present = "policy", value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// The oldest that they may be: 90d, 12h
    #[arg(long, value_name = "AGE")]
    max_age: Option<String>,
    /// How many copies they must speak of
    #[arg(long, default_value_t = 1)]
    min_copies: usize,
    /// How much must have been checked: bytes (scrub) or opened (drill)
    #[arg(long, value_enum)]
    level: Option<Level>,
    /// The text that they must repeat
    #[arg(long, value_name = "TEXT")]
    challenge: Option<String>,
    /// A policy: signers and how many of them, age, copies, level, chain, keys
    #[arg(long, value_name = "FILE",
          conflicts_with_all = ["signer", "max_age", "min_copies", "level"])]
    policy: Option<PathBuf>,
    /// The SHA-256 of the last statement that you know of: it must be here still. Once for each
    #[arg(long, value_name = "SHA256", requires = "policy")]
    after: Vec<Digest>,
    /// Keys that must be in their sets, taken together: a key a line, a deposit_data file, or a keymanager listing
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    Bytes,
    Opened,
}

impl Args {
    /// Judges every attestation, or every set by a policy.
    pub fn run(self, _context: &mut Context) -> CommandResult {
        let challenge = self.challenge.as_deref().map(str::parse::<Challenge>).transpose();
        let challenge = challenge.map_err(|error| CommandError::usage(error.to_string()))?;
        let expected = read_expected(self.expect.as_deref())?;
        let now = Timestamp::now();
        if let Some(file) = &self.policy {
            let mut policy = read_policy(file)?;
            policy.requirements.challenge = challenge;
            policy.keys.extend(expected);
            let found = attest::find(&self.paths, Which::All, !policy.keys.is_empty())?;
            let audited = attest::audit(&found, &policy, &self.after, now);
            return Ok(audit::outcome(&audited));
        }
        let max_age = self.max_age.as_deref().map(parse_age).transpose();
        let rules = Rules {
            signers: read_signers(&self.signer)?,
            requirements: Requirements {
                max_age: max_age
                    .map_err(|error| CommandError::usage(format!("--max-age: {error}")))?,
                min_copies: self.min_copies,
                level: self.level.map(|level| match level {
                    Level::Bytes => AttestedLevel::Bytes,
                    Level::Opened => AttestedLevel::Opened,
                }),
                challenge,
            },
        };
        let found = attest::find(&self.paths, Which::Newest, !expected.is_empty())?;
        let judged = attest::judge_all(found, &rules, now);
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
        text += audit::WORTH;
        let json = json!({
            "attestations": judged.iter().map(as_json).collect::<Vec<_>>(),
            "missing": missing,
        });
        Ok(Outcome::checked(all_good && missing.is_empty(), text, json))
    }
}

/// The policy, with the keys of the file that it names.
fn read_policy(path: &Path) -> Result<Policy, CommandError> {
    let bytes = private_file::read(path, Policy::MAX_LEN)?;
    let mut policy = Policy::parse(&bytes, path)
        .map_err(|reason| AttestError::Policy { path: path.to_owned(), reason })?;
    let keys = read_expected(policy.keys_file.as_deref())?;
    policy.keys.extend(keys);
    Ok(policy)
}

fn line(judged: &Judged) -> String {
    let word = if judged.problems.is_empty() { "good" } else { "BAD" };
    let mut text = format!("{word}  {}\n", crate::shown(&judged.place));
    if let Some(attestation) = &judged.attestation {
        text += &format!("  signed by {}\n  {}\n", attestation.address, attestation.statement);
    }
    for problem in &judged.problems {
        text += &format!("  PROBLEM: {problem}\n");
    }
    text
}

fn as_json(judged: &Judged) -> serde_json::Value {
    let statement = judged.statement.as_ref().map(audit::statement_json);
    json!({
        "file": judged.place.to_string_lossy(),
        "good": judged.problems.is_empty(),
        "problems": judged.problems,
        "address": judged.attestation.as_ref().map(|attestation| attestation.address),
        "statement": judged.attestation.as_ref().map(|attestation| &attestation.statement),
        "fields": statement,
    })
}
