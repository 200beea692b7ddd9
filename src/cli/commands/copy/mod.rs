//! copy: places where sealed copies can be stored.

pub mod list;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The verbs of `copy`.
#[derive(Debug, Subcommand)]
pub enum Command {
    List(list::Args),
}

impl Command {
    /// Runs the verb.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::List(args) => args.run(context),
        }
    }
}
