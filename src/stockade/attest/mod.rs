//! Attestations: one line of text that a wallet shows and signs, and anyone can verify.

mod audit;
mod chain;
mod create;
pub mod delivery;
mod drills;
mod error;
mod file;
mod grammar;
mod policy;
mod requirements;
mod stale;
mod statement;
mod verify;

pub use audit::{Audit, SetAudit, audit};
pub use create::{Attested, Checked, create, foresee, join};
pub use drills::{Drilled, drills};
pub use error::AttestError;
pub use file::Attestation;
pub use policy::{Policy, PolicyError, parse_age};
pub use requirements::{Clause, Met, Requirements};
pub use statement::{AttestedLevel, Challenge, Statement, StatementError, StatementVersion};
pub use verify::{FoundAttestation, Judged, Rules, Which, find, judge_all, read, unattested};
