//! attest: signed statements of what a check found.

mod audit;
mod create;
mod verify;

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
