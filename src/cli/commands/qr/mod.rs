//! qr: files to and from a machine without a network.

pub mod document;
mod format;
mod pictures;
pub mod read;
pub mod show;
mod terminal;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The verbs of `qr`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Show(show::Args),
    Read(read::Args),
}

impl Command {
    /// Runs the verb.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Show(args) => args.run(context),
            Self::Read(args) => args.run(),
        }
    }
}
