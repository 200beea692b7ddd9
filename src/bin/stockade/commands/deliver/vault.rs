use stockade::{
    attest::delivery::{Destination, DestinationKind},
    backup::whereabouts::{Location, LocationKind},
    cloud::{
        delivery::{parcels, secret_name},
        vault::VaultFolder,
    },
};

use super::{
    chosen::ChosenArgs,
    note::NoteArgs,
    secrets::{To, deliver},
};
use crate::{
    CommandResult, commands::elsewhere::ElsewhereArgs, context::Context, vault_args::VaultArgs,
};

/// Deliver keys to HashiCorp Vault, for Web3signer to read
///
/// Opens the set as a restore does, and writes each key as it is, in hexadecimal, to a secret of its
/// own: PATH/<pubkey>, where nothing is yet. Each is read back and compared. What is there already
/// is left as it is, so that the same command again finishes what was interrupted.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    chosen: ChosenArgs,
    #[command(flatten)]
    vault: VaultArgs,
    /// Where Vault's key/value engine is mounted
    #[arg(long, value_name = "MOUNT", default_value = "secret")]
    mount: String,
    /// The folder in it
    #[arg(long, value_name = "PATH")]
    path: String,
    /// The field of each secret, Web3signer's keyName
    #[arg(long, value_name = "NAME", default_value = "value")]
    field: String,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    #[command(flatten)]
    note: NoteArgs,
}

impl Args {
    /// Logs in, opens, writes.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let chosen = self.chosen.read(context)?;
        self.vault.warn_of_readers(context);
        let vault = self.vault.open()?;
        let engine = self.vault.engine(&vault, &self.mount)?;
        let (path, field) = (self.path.trim_matches('/').to_owned(), self.field.clone());
        let folder = VaultFolder { vault: &vault, engine, path, field };
        // Asked before the wallet is: a token that may not read there makes nobody press in vain.
        if let Some(first) = chosen.public_keys().first() {
            vault.texts(&folder.engine, &folder.path_of(&secret_name(first)))?;
        }
        let place = format!("{}{}", vault.url(), folder.engine.key_path(&folder.path)?);
        let to = To {
            store: &folder,
            destination: Destination::new(DestinationKind::Vault, &place),
            location: Location::new(LocationKind::Vault, &place),
            elsewhere: &self.elsewhere,
            place,
            parcels: &|keys| parcels(keys, 1, ""),
        };
        deliver(&self.chosen, &chosen, &self.note, &to, context)
    }
}
