//! keyshares: key files of ssv-keys.

pub mod verified;
pub mod verify;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The subcommands of `keyshares`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Verify(verify::Args),
}

impl Command {
    /// Runs the subcommand.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Verify(args) => args.run(context),
        }
    }
}
