use stockade::{attest::delivery::DestinationKind, backup::whereabouts::LocationKind};
use stockade_services::{
    delivery::parcels,
    vault::{Engine, KvVersion, VaultFolder, require_field},
};

use super::{
    chosen::ChosenArgs,
    note::NoteArgs,
    secrets::{To, deliver},
};
use crate::{
    CommandResult, commands::elsewhere::ElsewhereArgs, context::Context, error::CommandError,
    vault_args::VaultArgs,
};

/// Deliver keys to HashiCorp Vault, where Web3signer reads them
///
/// Opens the set as a restore does, and writes each key, in hexadecimal, to a secret of its own:
/// PATH/<pubkey>, only where nothing is yet. Each secret is read back and compared. Existing secrets are
/// left unchanged, so running the command again completes an interrupted delivery.
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
    /// The field of each secret: Web3signer's keyName
    #[arg(long, value_name = "NAME", default_value = "value")]
    field: String,
    #[command(flatten)]
    elsewhere: ElsewhereArgs,
    #[command(flatten)]
    note: NoteArgs,
}

impl Args {
    /// Logs in, opens the set, writes the secrets.
    pub fn run(self, context: &mut Context) -> CommandResult {
        // Before the login: a secret id may be good for one login only.
        VaultArgs::require_place(&self.mount, &self.path)?;
        require_field(&self.field)?;
        let chosen = self.chosen.read(context)?;
        self.vault.warn_of_readers(context);
        let vault = self.vault.open()?;
        let engine = self.vault.engine(&vault, &self.mount)?;
        self.require_no_data(&engine)?;
        let mut folder = VaultFolder::new(&vault, engine, &self.path, &self.field);
        // Before the wallet is asked: without write access no press is of use.
        folder.prepare(&chosen.public_keys())?;
        let to = To {
            store: &folder,
            kinds: (DestinationKind::Vault, LocationKind::Vault),
            elsewhere: &self.elsewhere,
            place: folder.place()?,
            parcels: &|keys| parcels(keys, 1, ""),
        };
        deliver(&self.chosen, &chosen, &self.note, &to, context)
    }

    /// In the API, paths of version 2 begin with `data`. Stockade adds that part itself.
    fn require_no_data(&self, engine: &Engine) -> Result<(), CommandError> {
        let first = self.path.trim_matches('/').split('/').next().unwrap_or_default();
        match (engine.version, first) {
            (KvVersion::V2, "data" | "metadata") => {
                let message = format!("--path begins with `{first}/`, as paths of the API do");
                Err(CommandError::usage(message).with_hint("leave that part out"))
            }
            _ => Ok(()),
        }
    }
}
