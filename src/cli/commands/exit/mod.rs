//! exit: voluntary exits.

pub mod combine;
pub mod create;
pub mod create_document;
mod created;
pub mod open;
pub mod opened;
mod sealed;
mod sealed_document;
pub mod verify;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The subcommands of `exit`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Create(Box<create::Args>),
    Open(open::Args),
    Verify(Box<verify::Args>),
    Combine(combine::Args),
}

impl Command {
    /// Runs the subcommand.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Create(args) => args.run(context),
            Self::Open(args) => args.run(context),
            Self::Verify(args) => args.run(context),
            Self::Combine(args) => args.run(context),
        }
    }
}
