use stockade::{
    attest::delivery::{Destination, DestinationKind},
    backup::whereabouts::{Location, LocationKind},
};
use stockade_services::cloud::{
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
        // Before anybody logs in: a secret id may be good for one login.
        VaultArgs::require_place(&self.mount, &self.path)?;
        require_field(&self.field)?;
        let chosen = self.chosen.read(context)?;
        self.vault.warn_of_readers(context);
        let vault = self.vault.open()?;
        let engine = self.vault.engine(&vault, &self.mount)?;
        self.require_no_data(&engine)?;
        let mut folder = VaultFolder::new(&vault, engine, &self.path, &self.field);
        // Asked before the wallet is: a token that may not write there makes nobody press in vain.
        folder.prepare(&chosen.public_keys())?;
        let place = folder.place()?;
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

    /// In the API the paths of version 2 begin with `data`, and Stockade puts it there.
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
