//! validator: signing keys.

mod before_deposit;
pub mod check;
pub mod combine;
pub mod create;
pub mod list;
pub mod pubkey;
pub mod split;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The subcommands of `validator`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Create(create::Args),
    Pubkey(pubkey::Args),
    Check(check::Args),
    List(list::Args),
    Split(split::Args),
    Combine(combine::Args),
}

impl Command {
    /// Runs the subcommand.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Create(args) => args.run(context),
            Self::Pubkey(args) => args.run(context),
            Self::Check(args) => args.run(context),
            Self::List(args) => args.run(context),
            Self::Split(args) => args.run(context),
            Self::Combine(args) => args.run(context),
        }
    }
}
