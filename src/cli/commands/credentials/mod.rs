//! credentials: withdrawal credentials, which say where the withdrawals of a validator go.

pub mod change;
pub mod verify;
mod withdrawal_keys;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The subcommands of `credentials`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Change(change::Args),
    Verify(verify::Args),
}

impl Command {
    /// Runs the subcommand.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Change(args) => args.run(context),
            Self::Verify(args) => args.run(context),
        }
    }
}
