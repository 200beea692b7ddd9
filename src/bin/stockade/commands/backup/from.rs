//! Where keys are taken over from, and what opens them there.

use std::path::{Path, PathBuf};

#[cfg(feature = "cloud")]
use stockade::cloud::take_over;
use stockade::{
    backup::{
        import::{self, Passwords},
        intake::{Imported, Intake},
    },
    eth2_keystore::Password,
};

#[cfg(feature = "cloud")]
use crate::{
    aws_args::AwsArgs,
    vault_args::{TIMEOUT, VaultArgs},
};
use crate::{context::Context, error::CommandError, place::Place, ui::Bars};

/// Where keys are taken over from.
#[derive(Debug, clap::Args)]
pub struct FromArgs {
    /// Keystores, or folders of them; web3signer:DIR, its key configuration (file-raw,
    /// file-keystore, hashicorp, aws-secret); vault:MOUNT/PATH, all secrets there and below;
    /// aws-secrets:PREFIX, those whose names begin so; keymanager:FILE, what that API takes
    #[arg(long, required = true, num_args = 1.., value_name = "PLACE")]
    from: Vec<Place>,
    #[command(flatten)]
    password: PasswordArgs,
    /// A field of secrets in Vault and AWS that holds signing keys: needed where neither a name nor
    /// a field beside it says which key it is. Once for each
    #[cfg(feature = "cloud")]
    #[arg(long, value_name = "NAME")]
    field: Vec<String>,
    #[cfg(feature = "cloud")]
    #[command(flatten)]
    vault: VaultArgs,
    #[cfg(feature = "cloud")]
    #[command(flatten)]
    aws: AwsArgs,
}

/// Where the passwords come from; asked for when nothing is said.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct PasswordArgs {
    /// One password for all keystores that lie without one, in a file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// A folder with a password file for each: NAME.txt, NAME.password, or 0x<pubkey>
    #[arg(long, value_name = "DIR")]
    password_dir: Option<PathBuf>,
    /// One password for all, read from this file descriptor
    #[arg(long, value_name = "N")]
    password_fd: Option<u32>,
}

/// What was taken over, and the slashing histories that lay beside it, by the place of each.
pub struct Taken {
    pub imported: Imported,
    pub histories: Vec<(String, Vec<u8>)>,
}

impl FromArgs {
    /// Reads and opens everything.
    pub fn take(&self, context: &mut Context) -> Result<Taken, CommandError> {
        let mut intake = Intake::default();
        let mut histories = Vec::new();
        #[cfg(feature = "cloud")]
        self.vault.warn_of_readers(context);
        let mut progress = context.terminal.progress();
        for place in &self.from {
            let beside = self.take_place(place, &mut intake, &mut progress)?;
            histories.extend(beside.into_iter().map(|bytes| (place.to_string(), bytes)));
        }
        let passwords = match intake.lacks_passwords() {
            true => Some(self.password.read(context)?),
            false => None,
        };
        let imported = intake.open(passwords.as_ref(), &mut progress)?;
        Ok(Taken { imported, histories })
    }

    fn take_place(
        &self,
        place: &Place,
        intake: &mut Intake,
        progress: &mut Bars,
    ) -> Result<Vec<Vec<u8>>, CommandError> {
        match place {
            Place::Files(path) => return Ok(import::take(path, intake)?),
            #[cfg(feature = "cloud")]
            Place::Web3signer(folder) => {
                let ca = self.vault.ca()?;
                let (reads, ca) = (take_over::Reads::Whatever, ca.as_deref());
                take_over::web3signer(folder, reads, ca, TIMEOUT, intake, progress)?;
            }
            #[cfg(feature = "cloud")]
            Place::Keymanager(file) => {
                return Ok(take_over::keymanager_file(Path::new(file), intake)?);
            }
            #[cfg(feature = "cloud")]
            Place::Vault { mount, path } => {
                VaultArgs::require_place(mount, path)?;
                let vault = self.vault.open()?;
                let (engine, path) = self.vault.engine_of(&vault, mount, path)?;
                let look = take_over::Look::Import(&self.field);
                take_over::vault(&vault, &engine, &path, look, progress)?.import(intake)?;
            }
            #[cfg(feature = "cloud")]
            Place::AwsSecrets(prefix) => {
                let service = self.aws.open(self.vault.ca()?.as_deref())?;
                let look = take_over::Look::Import(&self.field);
                take_over::aws_secrets(&service, prefix, look, progress)?.import(intake)?;
            }
            // No such place is parsed without the feature.
            #[cfg(not(feature = "cloud"))]
            _ => {
                let _ = progress;
            }
        }
        Ok(Vec::new())
    }

    /// The places, for messages.
    pub fn names(&self) -> String {
        let names: Vec<_> = self.from.iter().map(ToString::to_string).collect();
        names.join(", ")
    }
}

impl PasswordArgs {
    fn read(&self, context: &mut Context) -> Result<Passwords, CommandError> {
        if let Some(folder) = &self.password_dir {
            return Ok(Passwords::Folder(folder.clone()));
        }
        if let Some(file) = &self.password_file {
            return Ok(Passwords::One(import::read_password(file)?));
        }
        if let Some(fd) = self.password_fd {
            let file = format!("/dev/fd/{fd}");
            return Ok(Passwords::One(import::read_password(Path::new(&file))?));
        }
        let typed = context.terminal.password("Password of the keystores").ok_or_else(|| {
            CommandError::usage("no password given, and nobody here to ask")
                .with_hint("use --password-file, --password-dir or --password-fd")
        })?;
        let password = Password::new(typed.expose());
        password.map(Passwords::One).map_err(|error| CommandError::input(error.to_string()))
    }
}
