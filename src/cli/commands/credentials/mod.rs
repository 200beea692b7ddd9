//! credentials: where the withdrawals of a validator go.

mod change;
mod verify;
mod withdrawal_keys;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The verbs of `credentials`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Change(change::Args),
    Verify(verify::Args),
}

impl Command {
    /// Runs the verb.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Change(args) => args.run(context),
            Self::Verify(args) => args.run(context),
        }
    }
}
