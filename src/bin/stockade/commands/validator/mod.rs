//! validator: signing keys.

mod check;
mod create;
mod pubkey;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The verbs of `validator`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Create(create::Args),
    Pubkey(pubkey::Args),
    Check(check::Args),
}

impl Command {
    /// Runs the verb.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Create(args) => args.run(context),
            Self::Pubkey(args) => args.run(context),
            Self::Check(args) => args.run(context),
        }
    }
}
