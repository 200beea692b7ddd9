//! Attestations: one line of text that a wallet shows and signs, and that anyone can verify.

mod audit;
mod chain;
mod create;
pub mod delivery;
mod drills;
mod error;
mod file;
mod found;
mod grammar;
mod policy;
mod requirements;
mod stale;
mod statement;
mod verify;
mod version;

pub use audit::{Audit, SetAudit, audit};
pub use create::{Attested, Checked, create, foresee, join};
pub use drills::{Drilled, drills, stated};
pub use error::AttestError;
pub use file::Attestation;
pub use found::FoundAttestation;
pub use policy::{Policy, PolicyError, parse_age};
pub use requirements::{Clause, Met, Requirements};
pub use statement::{AttestedLevel, Challenge, Statement};
pub use verify::{Judged, Rules, Which, find, judge_all, read, unattested};
pub use version::{StatementError, StatementVersion};
