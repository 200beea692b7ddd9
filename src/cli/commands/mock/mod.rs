//! mock: simulated wallets on the sockets of the vendors' emulators, or on USB.

mod beside;
mod ledger;
mod log;
pub mod setup;
mod trezor;
mod usbip;
mod words;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The subcommands of `mock`.
#[derive(Debug, Subcommand)]
pub enum Command {
    Ledger(ledger::Args),
    Trezor(trezor::Args),
}

impl Command {
    /// Runs the subcommand.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Ledger(args) => args.run(context),
            Self::Trezor(args) => args.run(context),
        }
    }
}
