//! attest: signed statements about the result of a check.

pub mod create;
pub mod created;
#[cfg(test)]
pub mod fields;
pub mod verify;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The verbs of `attest`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Create(create::Args),
    Verify(verify::Args),
}

impl Command {
    /// Runs the verb.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Create(args) => args.run(context),
            Self::Verify(args) => args.run(context),
        }
    }
}
