//! store: compare keys in Vault, AWS or a running client with your backups.

mod attest;
mod check;
mod compare;
mod document;
mod find;
mod report;
mod wallet;

#[cfg(test)]
pub use document::Check;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The verbs of `store`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Check(check::Args),
}

impl Command {
    /// Runs the verb.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Check(args) => args.run(context),
        }
    }
}
