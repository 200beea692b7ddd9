//! deliver: keys from a set to where they run.

mod approval;
mod chosen;
mod client;
mod keymanager;
mod keymanager_report;
mod note;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The verbs of `deliver`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Keymanager(keymanager::Args),
}

impl Command {
    /// Runs the verb.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Keymanager(args) => args.run(context),
        }
    }
}
