//! The command line: the commands, and the options that all of them have.

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::{CommandResult, commands, context::Context, global::GlobalArgs};

/// The end of the help.
const AFTER: &str = "\
Short words: `scrub`, `drill`, `restore`, `repair`, `reseal` and `retire` stand for `backup scrub` \
and so on.

Guides: `stockade guide` lists them: a first validator, old keystores, lost wallets and sticks, and more.

Exit codes: 0 done or proven; 1 something is not as it should be, or is to be done; 2 usage; \
3 input or file; 4 device or service; 5 rejected or cancelled.";

/// Keeps Ethereum validator keys behind a hardware wallet, and proves that the backups open.
#[derive(Debug, Parser)]
#[command(name = "stockade", version, propagate_version = true, max_term_width = 100, after_help = AFTER)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    Setup(commands::setup::Args),
    /// Show and change the profile
    #[command(subcommand)]
    Config(commands::config::Command),
    Status(commands::status::Args),
    Report(commands::page::Args),
    /// Show the hardware wallet that is plugged in
    #[command(subcommand)]
    Device(commands::device::Command),
    /// Show the wallet's Ethereum address, which can receive withdrawals
    Address(commands::address::Args),
    /// Manage custodians: wallets and other keys that can open your backups
    #[command(subcommand)]
    Custodian(commands::custodian::Command),
    /// Create, list, check, split and combine the signing keys of your validators
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
    /// Sign, open, verify and combine voluntary exits
    #[command(subcommand)]
    Exit(commands::exit::Command),
    /// Verify key files of ssv-keys, with which validators are registered on the SSV network
    #[command(subcommand)]
    Keyshares(commands::keyshares::Command),
    /// Show sealed and public files as QR codes, and read them back
    #[command(subcommand)]
    Qr(commands::qr::Command),
    /// Print sets, custodian files and attestations on paper, and take them back from it
    #[command(subcommand)]
    Paper(commands::paper::Command),
    Guide(commands::guide::Args),
    Completions(commands::completions::Args),
    Man(commands::man::Args),
    /// Run simulated wallets on the sockets of the vendors' emulators, or on USB
    #[cfg(feature = "mock")]
    #[command(subcommand)]
    Mock(commands::mock::Command),
}

impl Command {
    /// Runs the command.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            Self::Setup(args) => args.run(context),
            Self::Config(command) => command.run(context),
            Self::Status(args) => args.run(context),
            Self::Report(args) => args.run(context),
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
            Self::Keyshares(command) => command.run(context),
            Self::Qr(command) => command.run(context),
            Self::Paper(command) => command.run(context),
            Self::Guide(args) => args.run(),
            Self::Completions(args) => args.run(Cli::command()),
            Self::Man(args) => args.run(Cli::command()),
            #[cfg(feature = "mock")]
            Self::Mock(command) => command.run(context),
        }
    }
}
