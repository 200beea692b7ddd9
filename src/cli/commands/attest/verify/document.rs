//! The document of `attest verify`.

use serde::Serialize;
use stockade::attest::{self, Statement};

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The attestations that were verified. Absent with --policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attestations: Option<Vec<Judged>>,
    /// The sets that were audited. Only with --policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sets: Option<Vec<Set>>,
    /// Expected keys that no valid attestation covers: public keys in hex.
    pub missing: Vec<String>,
}

/// An attestation, or a set that has none.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Judged {
    /// The file of the attestation, or the set that has none.
    file: String,
    /// Whether the attestation fulfils all requirements.
    good: bool,
    /// What is wrong with it, as texts for people.
    problems: Vec<String>,
    /// The address that signed it, with the checksum of EIP-55; null if there is no attestation.
    address: Option<String>,
    /// The statement, or null.
    statement: Option<String>,
    /// The fields of the statement; null if it cannot be parsed.
    fields: Option<StatementFields>,
}

/// A set that was audited.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Set {
    /// The id of the set.
    set_id: String,
    /// Whether every clause of the policy is met.
    met: bool,
    /// The clauses of the policy.
    clauses: Vec<Clause>,
    /// The statement that counts, or null.
    statement: Option<String>,
    /// The SHA-256 of the statement in hex, as --after takes it, or null.
    digest: Option<String>,
    /// The fields of the statement, or null.
    fields: Option<StatementFields>,
}

/// A clause of the policy.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Clause {
    /// The name of the clause, as in `docs/formats/policy.md`.
    name: &'static str,
    /// `met`, `not_met` or `unknown`.
    verdict: &'static str,
    /// What was found, for people.
    detail: String,
}

/// The fields of a statement, as in `docs/formats/attestation.md`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct StatementFields {
    /// The id of the set.
    set_id: String,
    /// The SHA-256 of the set's manifest, in hex.
    manifest: String,
    /// How much was checked: `bytes` or `opened`.
    level: &'static str,
    /// The number of keys that are proven in every copy.
    proven: usize,
    /// The number of keys that are contradicted.
    contradicted: usize,
    /// The number of keys that are inconclusive.
    inconclusive: usize,
    /// The ids of the copies that were checked.
    copies: Vec<String>,
    /// How many of the keys are shares of validators' keys.
    shares: usize,
    /// The SHA-256 of the newest slashing history of the set in hex, or null.
    history: Option<String>,
    /// The SHA-256 of the previous statement about the set in hex, or null.
    previous: Option<String>,
    /// The text that a verifier asked for, or null.
    challenge: Option<String>,
    /// When the statement was made, as YYYYMMDDTHHMMSSZ.
    time: String,
    /// The same time in RFC 3339.
    attested_at: String,
}

impl Judged {
    /// The result for one attestation.
    pub fn of(judged: &attest::Judged) -> Self {
        let attestation = judged.attestation.as_ref();
        Self {
            file: judged.place.to_string_lossy().into_owned(),
            good: judged.problems.is_empty(),
            problems: judged.problems.clone(),
            address: attestation.map(|attestation| attestation.address.to_string()),
            statement: attestation.map(|attestation| attestation.statement.clone()),
            fields: judged.statement.as_ref().map(StatementFields::of),
        }
    }
}

impl Set {
    /// The result for one set.
    pub fn of(set: &attest::SetAudit) -> Self {
        let clause = |clause: &attest::Clause| Clause {
            name: clause.name,
            verdict: clause.met.as_str(),
            detail: clause.detail.clone(),
        };
        Self {
            set_id: set.set.to_string(),
            met: set.is_met(),
            clauses: set.clauses.iter().map(clause).collect(),
            statement: set.statement.as_ref().map(ToString::to_string),
            digest: set.statement.as_ref().map(|statement| statement.digest().to_string()),
            fields: set.statement.as_ref().map(StatementFields::of),
        }
    }
}

impl StatementFields {
    fn of(statement: &Statement) -> Self {
        Self {
            set_id: statement.set.to_string(),
            manifest: statement.manifest.to_string(),
            level: statement.level.as_str(),
            proven: statement.keys.proven,
            contradicted: statement.keys.contradicted,
            inconclusive: statement.keys.inconclusive,
            copies: statement.copies.clone(),
            shares: statement.shares,
            history: statement.history.map(|digest| digest.to_string()),
            previous: statement.previous.map(|digest| digest.to_string()),
            challenge: statement.challenge.as_ref().map(ToString::to_string),
            time: statement.time.to_string(),
            attested_at: statement.time.rfc3339(),
        }
    }
}
