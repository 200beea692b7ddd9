//! backup: sealed copies of keystores.

pub mod contact;
pub mod create;
pub mod created;
mod drill;
mod exits;
mod from;
pub mod history_decision;
mod history_error;
pub mod import_passwords;
pub mod list;
pub mod next_steps;
mod other_sets;
pub mod repair;
pub mod reseal;
pub mod resealed;
pub mod restore;
pub mod retire;
pub mod scrub;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The verbs of `backup`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Create(Box<create::Args>),
    List(list::Args),
    Scrub(scrub::Args),
    Drill(drill::Args),
    Repair(repair::Args),
    Reseal(reseal::Args),
    Restore(restore::Args),
    Retire(retire::Args),
}

impl Command {
    /// Runs the verb.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Create(args) => args.run(context),
            Self::List(args) => args.run(context),
            Self::Scrub(args) => args.run(context),
            Self::Drill(args) => args.run(context),
            Self::Repair(args) => args.run(context),
            Self::Reseal(args) => args.run(context),
            Self::Restore(args) => args.run(context),
            Self::Retire(args) => args.run(context),
        }
    }
}
