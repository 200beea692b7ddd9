//! store: places on the network that keys lie in, or run.

mod attest;
mod check;
mod report;
mod web3signer;

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
