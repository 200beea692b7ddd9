//! paper: sheets with what is needed to recover a backup.

pub mod attestation;
pub mod custodian;
pub mod read;
pub mod set;
pub mod sheet;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The verbs of `paper`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Set(set::Args),
    Custodian(custodian::Args),
    Attestation(attestation::Args),
    Read(read::Args),
}

impl Command {
    /// Runs the verb.
    pub fn run(self, _context: &mut Context) -> CommandResult {
        match self {
            Self::Set(args) => args.run(),
            Self::Custodian(args) => args.run(),
            Self::Attestation(args) => args.run(),
            Self::Read(args) => args.run(),
        }
    }
}
