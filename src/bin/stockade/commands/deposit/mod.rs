//! deposit: the file that the launchpad takes.

mod verify;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The verbs of `deposit`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Verify(verify::Args),
}

impl Command {
    /// Runs the verb.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Verify(args) => args.run(context),
        }
    }
}
