//! tx: requests of a withdrawal address to its validators.

pub mod build;
mod compound;
mod consolidate;
mod exit;
mod limits;
mod node;
mod options;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The subcommands of `tx`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Exit(exit::Args),
    Consolidate(consolidate::Args),
    Compound(compound::Args),
}

impl Command {
    /// Runs the subcommand.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Exit(args) => args.run(context),
            Self::Consolidate(args) => args.run(context),
            Self::Compound(args) => args.run(context),
        }
    }
}
