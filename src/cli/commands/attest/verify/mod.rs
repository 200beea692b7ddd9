mod audit;
mod document;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use stockade::{
    attest::{
        self, AttestError, AttestedLevel, Challenge, Judged, Policy, Requirements, Rules, Which,
        parse_age,
    },
    backup::Digest,
    store::private_file,
    timestamp::Timestamp,
};

pub use document::Document;

use crate::{
    CommandResult,
    context::{Context, read_expected, read_signers},
    error::CommandError,
    output::Outcome,
};

/// Verify attestations: who signed them, what they state, and how old they are. Needs no wallet
///
/// Takes attestation files or copies. In copies, the newest attestation of each set and signer counts;
/// with a policy, all of them do. A copy that lacks an attestation which another copy keeps about it is
/// reported: it was reset to an older state.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Attestation files, or copies
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Who must have signed: an address, or a custodian file
    #[arg(long, required_unless_present = "policy", value_name = "0x..|FILE")]
    signer: Vec<String>,
    /// The maximum age of the attestations: 90d, 12h
    #[arg(long, value_name = "AGE")]
    max_age: Option<String>,
    /// How many copies each attestation must cover
    #[arg(long, default_value_t = 1)]
    min_copies: usize,
    /// How much must have been checked: bytes (scrub) or opened (drill)
    #[arg(long, value_enum)]
    level: Option<Level>,
    /// The challenge text that the attestations must contain
    #[arg(long, value_name = "TEXT")]
    challenge: Option<String>,
    /// A policy file: which signers and how many, age, copies, level, chain and keys
    #[arg(long, value_name = "FILE",
          conflicts_with_all = ["signer", "max_age", "min_copies", "level"])]
    policy: Option<PathBuf>,
    /// The SHA-256 of the last statement that you know; it must still be in the copies. Can be repeated
    #[arg(long, value_name = "SHA256", requires = "policy")]
    after: Vec<Digest>,
    /// Keys that must be in the attested sets: a file with one key on each line, a deposit_data file, or
    /// a keymanager listing
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
            text += &format!("MISSING  {key}  no valid attestation of its set covers it\n");
        }
        text += match (all_good, missing.is_empty()) {
            (true, true) => "Every attestation is good.",
            (true, false) => "Every attestation is good, but NOT every expected key is attested.",
            (false, _) => "NOT every attestation is good.",
        };
        text += audit::WORTH;
        let document = Document {
            attestations: Some(judged.iter().map(document::Judged::of).collect()),
            sets: None,
            missing: missing.iter().map(ToString::to_string).collect(),
        };
        Ok(Outcome::checked(all_good && missing.is_empty(), text, document))
    }
}

/// Reads the policy, and the keys in the file that it names.
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
