//! deposit: deposit data files.

mod answer;
mod owner;
mod receiver;
pub mod topup;
pub mod verify;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The subcommands of `deposit`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Topup(Box<topup::Args>),
    Verify(verify::Args),
}

impl Command {
    /// Runs the subcommand.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Topup(args) => args.run(context),
            Self::Verify(args) => args.run(context),
        }
    }
}
