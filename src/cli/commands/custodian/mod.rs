//! custodian: a wallet, or another key, that can open backups.

pub mod enroll;
#[cfg(test)]
mod fields;
mod kinds;
pub mod show;

use clap::Subcommand;

#[cfg(test)]
pub use fields::CustodianFields;

use crate::{CommandResult, context::Context};

/// The verbs of `custodian`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Enroll(enroll::Args),
    Show(show::Args),
}

impl Command {
    /// Runs the verb.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Enroll(args) => args.run(context),
            Self::Show(args) => args.run(context),
        }
    }
}
