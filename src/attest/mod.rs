//! Attestations: one line of text that a wallet shows and signs, and anyone can verify.

mod create;
mod error;
mod file;
mod statement;
mod verify;

pub use create::{Attested, create};
pub use error::AttestError;
pub use file::Attestation;
pub use statement::{AttestedLevel, Challenge, Statement, StatementError};
pub use verify::{Judged, Rules, find, judge, unattested};
