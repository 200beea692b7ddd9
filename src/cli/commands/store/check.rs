use std::path::PathBuf;

use stockade::{
    backup::{Copy, SetId, room},
    path::DerivationPath,
};

use super::attest;
use crate::{CommandResult, context::Context, place::Place, vault_args::VaultArgs};

/// Compare the keys in a store, or in a running client, with a set or a wallet
///
/// With copies: every key of their sets must be there, and every key there must belong to them. Without
/// copies: whether each key there is one of the wallet's own keys; keys of a wallet's batches need a
/// copy. Keys in a store are read into this computer's memory; nothing is written anywhere.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// vault:MOUNT/PATH, aws-secrets:PREFIX, web3signer:DIR, or keymanager:URL of a running client
    #[arg(value_name = "PLACE")]
    pub(super) place: Place,
    /// Copies of the sets that should be there
    #[arg(value_name = "COPY")]
    copies: Vec<PathBuf>,
    /// Compare with this set alone
    #[arg(long, value_name = "ID", requires = "copies")]
    pub(super) set: Option<SetId>,
    /// Also accept sets made by this signer: a check address, or a custodian file
    #[arg(long, value_name = "0x..|FILE", requires = "copies")]
    pub(super) signer: Vec<String>,
    /// The field of Vault's or AWS's secrets that the signer reads [default: value, and fields that
    /// are named after their keys]
    #[arg(long, value_name = "NAME")]
    pub(super) field: Option<String>,
    #[command(flatten)]
    pub(super) vault: VaultArgs,
    #[cfg(feature = "aws")]
    #[command(flatten)]
    pub(super) aws: crate::aws_args::AwsArgs,
    /// If every key is proven, have the wallet sign the result: a delivery note, stored with the set,
    /// that `deliver verify` reads
    #[arg(long, requires = "copies")]
    pub(super) attest: bool,
    /// The path of the key that signs it
    #[arg(long, default_value = "m/44'/60'/0'/0/0", value_name = "PATH", requires = "attest")]
    pub(super) note_path: DerivationPath,
    /// Without copies: the highest index at which the wallet's own keys are tried
    #[arg(long, default_value_t = 99)]
    pub(super) max_index: u32,
}

impl Args {
    /// Reads what is there, and compares.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let copies =
            if self.copies.is_empty() { Vec::new() } else { Copy::open_all(&self.copies)? };
        if self.attest {
            // Before the store is read, and anybody is asked for anything.
            attest::require_wallet(context)?;
            copies.iter().try_for_each(Copy::lock)?;
            room::require(&copies, room::SMALL)?;
        }
        self.vault.warn_of_readers(context);
        let (found, place) = self.find(context)?;
        if copies.is_empty() {
            self.with_wallet(&found, context)
        } else {
            self.with_sets(&found, place, &copies, context)
        }
    }
}
