//! deposit: the file that the launchpad takes.

mod owner;
mod topup;
mod verify;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The verbs of `deposit`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Topup(Box<topup::Args>),
    Verify(verify::Args),
}

impl Command {
    /// Runs the verb.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Topup(args) => args.run(context),
            Self::Verify(args) => args.run(context),
        }
    }
}
