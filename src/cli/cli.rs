//! The command line: global options, and the nouns.

use std::ffi::OsString;

use clap::{Args, Parser, Subcommand};
use stockade::staking::{Network, UnknownNetwork};

use crate::{CommandResult, commands, context::Context};

/// Keeps Ethereum validator keys behind a hardware wallet, and proves that the backups open.
#[derive(Debug, Parser)]
#[command(name = "stockade", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Which wallet: ledger[@PATH], trezor[@PATH], speculos[:HOST:PORT], trezor-udp[:HOST:PORT],
    /// mock-ledger, mock-trezor[:MODEL]. Else STOCKADE_DEVICE, else the only one on USB
    #[arg(long, global = true, value_name = "SPEC")]
    pub device: Vec<String>,
    /// Print one JSON document on standard output, and all else on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Show no progress
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// The nouns.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The hardware wallet that is plugged in
    #[command(subcommand, long_about = "device: the hardware wallet that is plugged in")]
    Device(commands::device::Command),
    /// The wallet's Ethereum address, which can receive withdrawals
    Address(commands::address::Args),
    /// A wallet, or another key, that can open your backups
    #[command(
        subcommand,
        long_about = "custodian: a wallet, or another key, that can open your backups"
    )]
    Custodian(commands::custodian::Command),
    /// The signing keys of your validators
    #[command(subcommand, long_about = "validator: the signing keys of your validators")]
    Validator(commands::validator::Command),
    /// A file with one encrypted signing key, whatever tool made it
    #[command(
        subcommand,
        long_about = "keystore: a file with one encrypted signing key, whatever tool made it"
    )]
    Keystore(commands::keystore::Command),
    /// Sealed copies of your keystores, on sticks and disks
    #[command(
        subcommand,
        long_about = "backup: sealed copies of your keystores, on sticks and disks"
    )]
    Backup(commands::backup::Command),
    /// From sealed copies to where keys run
    #[cfg(feature = "cloud")]
    #[command(subcommand, long_about = "deliver: from sealed copies to where keys run")]
    Deliver(commands::deliver::Command),
    /// Places on the network that keys lie in, or run
    #[cfg(feature = "cloud")]
    #[command(subcommand, long_about = "store: places on the network that keys lie in, or run")]
    Store(commands::store::Command),
    /// Where sealed copies can lie: sticks, disks and shares
    #[command(subcommand, long_about = "copy: where sealed copies can lie")]
    Copy(commands::copy::Command),
    /// A signed statement of what a check found
    #[command(subcommand, long_about = "attest: a signed statement of what a check found")]
    Attest(commands::attest::Command),
    /// The file that the launchpad takes
    #[command(subcommand, long_about = "deposit: the file that the launchpad takes")]
    Deposit(commands::deposit::Command),
    /// What a withdrawal address may ask of its validators: exits, withdrawals, consolidations
    #[cfg(feature = "rpc")]
    #[command(
        subcommand,
        long_about = "tx: what a withdrawal address may ask of its validators, by a transaction \
                      that the wallet signs"
    )]
    Tx(commands::tx::Command),
    /// Where the withdrawals of a validator go
    #[command(subcommand, long_about = "credentials: where the withdrawals of a validator go")]
    Credentials(commands::credentials::Command),
    /// A validator that leaves
    #[command(subcommand, long_about = "exit: a validator that leaves")]
    Exit(commands::exit::Command),
    /// Simulated wallets on the sockets of the vendors' emulators
    #[cfg(feature = "mock")]
    #[command(
        subcommand,
        long_about = "mock: simulated wallets on the sockets of the vendors' emulators"
    )]
    Mock(commands::mock::Command),
}

impl Command {
    /// Runs the command.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Device(command) => command.run(context),
            Self::Address(args) => args.run(context),
            Self::Custodian(command) => command.run(context),
            Self::Validator(command) => command.run(context),
            Self::Keystore(command) => command.run(context),
            Self::Backup(command) => command.run(context),
            #[cfg(feature = "cloud")]
            Self::Deliver(command) => command.run(context),
            #[cfg(feature = "cloud")]
            Self::Store(command) => command.run(context),
            Self::Copy(command) => command.run(context),
            Self::Attest(command) => command.run(context),
            Self::Deposit(command) => command.run(context),
            #[cfg(feature = "rpc")]
            Self::Tx(command) => command.run(context),
            Self::Credentials(command) => command.run(context),
            Self::Exit(command) => command.run(context),
            #[cfg(feature = "mock")]
            Self::Mock(command) => command.run(context),
        }
    }
}

/// A network by its name, in whatever case somebody writes it.
pub fn network(text: &str) -> Result<Network, UnknownNetwork> {
    text.to_ascii_lowercase().parse().or_else(|_| text.parse())
}

/// Every value of --device, in the order of the command line: clap keeps those alone that stand behind
/// the command, or before it. The command line was parsed before, so that each has a value.
pub fn devices(arguments: impl IntoIterator<Item = OsString>) -> Vec<String> {
    let mut devices = Vec::new();
    let mut arguments = arguments.into_iter().map(|one| one.to_string_lossy().into_owned());
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("--device") {
            Some("") => devices.extend(arguments.next()),
            Some(value) => devices.extend(value.strip_prefix('=').map(str::to_owned)),
            None if argument == "--" => break,
            None => {}
        }
    }
    devices
}
