//! deliver: keys from a set to where they run.

mod approval;
mod arrivals;
#[cfg(feature = "aws")]
mod aws_secrets;
mod chosen;
mod client;
mod keymanager;
mod keymanager_checks;
mod keymanager_report;
pub mod note;
mod password;
mod remote_keys;
mod secrets;
mod vault;
mod verify;
mod web3signer;
mod web3signer_key;

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The verbs of `deliver`.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[cfg(feature = "aws")]
    AwsSecrets(aws_secrets::Args),
    Keymanager(keymanager::Args),
    Password(password::Args),
    RemoteKeys(remote_keys::Args),
    Vault(vault::Args),
    Verify(verify::Args),
    Web3signer(web3signer::Args),
}

impl Command {
    /// Runs the verb.
    pub fn run(self, context: &mut Context) -> CommandResult {
        match self {
            #[cfg(feature = "aws")]
            Self::AwsSecrets(args) => args.run(context),
            Self::Keymanager(args) => args.run(context),
            Self::Password(args) => args.run(context),
            Self::RemoteKeys(args) => args.run(context),
            Self::Vault(args) => args.run(context),
            Self::Verify(args) => args.run(context),
            Self::Web3signer(args) => args.run(context),
        }
    }
}
