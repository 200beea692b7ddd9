//! keystore: inspect and open encrypted signing keys, whatever tool made them.

mod doctor;
mod document;
mod files;
mod inspect;
mod passwords;
mod repair;
mod row;
mod row_document;
mod row_text;
mod tally;

#[cfg(all(test, feature = "cloud", feature = "mock", feature = "rpc"))]
pub use document::Document;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The verbs of `keystore`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Inspect(inspect::Args),
    Doctor(doctor::Args),
}

impl Command {
    /// Runs the verb.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Inspect(args) => args.run(context),
            Self::Doctor(args) => args.run(context),
        }
    }
}
