//! device: the hardware wallet that is plugged in.

pub mod info;
pub mod list;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The subcommands of `device`.
#[derive(Debug, Subcommand)]
pub enum Command {
    List(list::Args),
    Info(info::Args),
}

impl Command {
    /// Runs the subcommand.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::List(args) => args.run(context),
            Self::Info(args) => args.run(context),
        }
    }
}
