//! The command line: the commands, and the options that all of them have.

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
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// The wallet: ledger[@PATH], trezor[@PATH], speculos[:HOST:PORT], trezor-udp[:HOST:PORT],
    /// mock-ledger or mock-trezor[:MODEL] [default: STOCKADE_DEVICE, or the only one on USB]
    #[arg(long, global = true, value_name = "SPEC")]
    pub device: Vec<String>,
    /// Print one JSON document on standard output, and everything else on standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// Print more details
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Do not show progress
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the hardware wallet that is plugged in
    #[command(subcommand)]
    Device(commands::device::Command),
    /// Show the wallet's Ethereum address, which can receive withdrawals
    Address(commands::address::Args),
    /// Manage custodians: wallets and other keys that can open your backups
    #[command(subcommand)]
    Custodian(commands::custodian::Command),
    /// Create, list, check and split the signing keys of your validators
    #[command(subcommand)]
    Validator(commands::validator::Command),
    /// Inspect and repair keystore files of any tool
    #[command(subcommand)]
    Keystore(commands::keystore::Command),
    /// Make, check, repair and restore sealed backups of your keystores
    #[command(subcommand)]
    Backup(commands::backup::Command),
    /// Deliver keys from a backup to a validator client or signer
    #[cfg(feature = "cloud")]
    #[command(subcommand)]
    Deliver(commands::deliver::Command),
    /// Compare keys in Vault, AWS or a running client with your backups
    #[cfg(feature = "cloud")]
    #[command(subcommand)]
    Store(commands::store::Command),
    /// List places where copies can be stored: sticks, disks and shares
    #[command(subcommand)]
    Copy(commands::copy::Command),
    /// Sign what a check found, and verify such attestations
    #[command(subcommand)]
    Attest(commands::attest::Command),
    /// Verify deposit data for a launchpad, and top up validators
    #[command(subcommand)]
    Deposit(commands::deposit::Command),
    /// Exit, withdraw from or consolidate validators through their withdrawal address
    #[cfg(feature = "rpc")]
    #[command(subcommand)]
    Tx(commands::tx::Command),
    /// Change and verify withdrawal credentials (0x00 to 0x01)
    #[command(subcommand)]
    Credentials(commands::credentials::Command),
    /// Sign, open and verify voluntary exits
    #[command(subcommand)]
    Exit(commands::exit::Command),
    /// Run simulated wallets on the sockets of the vendors' emulators
    #[cfg(feature = "mock")]
    #[command(subcommand)]
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

/// Parses the name of a network, in any case.
pub fn network(text: &str) -> Result<Network, UnknownNetwork> {
    text.to_ascii_lowercase().parse().or_else(|_| text.parse())
}

/// Every value of --device, in the order of the command line. Clap keeps only those before the command,
/// or only those after it. The command line must have been parsed already, so that each has a value.
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
