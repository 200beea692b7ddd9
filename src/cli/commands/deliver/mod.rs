//! deliver: send keys from a backup to a validator client or signer.

mod approval;
mod arrivals;
#[cfg(feature = "aws")]
mod aws_secrets;
mod chosen;
mod client;
mod giver;
mod key_args;
mod key_type;
mod keymanager;
mod keymanager_args;
mod keymanager_document;
mod keymanager_plan;
mod keymanager_report;
mod keymanager_text;
mod keymanager_user;
mod left_out;
pub mod note;
mod password;
mod remote_keys;
mod remote_keys_report;
mod secrets;
mod secrets_document;
mod secrets_report;
mod vault;
mod verify;
mod verify_document;
mod web3signer;
mod web3signer_report;

#[cfg(test)]
pub use {
    keymanager_document::Document as Keymanager, password::Document as Password,
    remote_keys_report::Document as RemoteKeys, secrets_document::Document as Secrets,
    verify_document::Document as Verify, web3signer_report::Document as Web3signer,
};

use clap::Subcommand;

use crate::{CommandResult, context::Context};

/// The verbs of `deliver`.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[cfg(feature = "aws")]
    AwsSecrets(aws_secrets::Args),
    Keymanager(Box<keymanager_args::Args>),
    Password(password::Args),
    RemoteKeys(remote_keys::Args),
    Vault(vault::Args),
    Verify(verify::Args),
    Web3signer(Box<web3signer::Args>),
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
