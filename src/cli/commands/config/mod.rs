//! config: the profile.

pub mod document;
pub mod set;
pub mod show;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The subcommands of `config`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Show(show::Args),
    Set(set::Args),
}

impl Command {
    /// Runs the subcommand.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Show(args) => args.run(context),
            Self::Set(args) => args.run(context),
        }
    }
}
