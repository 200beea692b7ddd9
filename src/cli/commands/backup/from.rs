//! Where keys are taken over from, and what opens them there.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use stockade::{
    backup::{
        client_folder::client_folder,
        import::{self, Passwords},
        intake::{Imported, Intake},
        whereabouts::{Location, LocationKind},
    },
    bls::PublicKey,
    eth2_keystore::Password,
};
#[cfg(feature = "cloud")]
use stockade_services::cloud::take_over;

#[cfg(feature = "cloud")]
use crate::vault_args::{TIMEOUT, VaultArgs};
use crate::{context::Context, error::CommandError, host, place::Place, ui::Bars};

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
    #[cfg(feature = "aws")]
    #[command(flatten)]
    aws: crate::aws_args::AwsArgs,
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
    /// The places where the keys may go on signing.
    pub places: Vec<(Location, Vec<PublicKey>)>,
}

/// What one place gave.
struct Given {
    histories: Vec<Vec<u8>>,
    /// The place, if something may sign there.
    at: Option<Location>,
}

impl FromArgs {
    /// Reads and opens everything.
    pub fn take(&self, context: &mut Context) -> Result<Taken, CommandError> {
        let mut intake = Intake::default();
        let mut histories = Vec::new();
        #[cfg(feature = "cloud")]
        self.vault.warn_of_readers(context);
        let mut progress = context.terminal.progress();
        let mut sources = Vec::new();
        for place in &self.from {
            let (known, unnamed) = (intake.found().count(), intake.unnamed().count());
            let Given { histories: beside, at } =
                self.take_place(place, &mut intake, &mut progress)?;
            histories.extend(beside.into_iter().map(|bytes| (place.to_string(), bytes)));
            if let Some(at) = at {
                let keys = intake.found().skip(known).map(|(_, key, _)| key).collect();
                sources.push(Source { at, keys, unnamed: intake.unnamed().count() > unnamed });
            }
        }
        let named = intake.found().map(|(_, key, _)| key).collect();
        let passwords = match intake.lacks_passwords() {
            true => Some(self.password.read(context)?),
            false => None,
        };
        let imported = intake.open(passwords.as_ref(), &mut progress)?;
        let keys: Vec<_> = imported.keys.iter().map(|key| key.secret.public_key()).collect();
        let places = sources.into_iter().filter_map(|source| source.place(&keys, &named)).collect();
        Ok(Taken { imported, histories, places })
    }

    fn take_place(
        &self,
        place: &Place,
        intake: &mut Intake,
        progress: &mut Bars,
    ) -> Result<Given, CommandError> {
        let at = match place {
            Place::Files(path) => {
                let at = client_folder(path).map(|dir| host::folder(LocationKind::Folder, &dir));
                return Ok(Given { histories: import::take(path, intake)?, at });
            }
            #[cfg(feature = "cloud")]
            Place::Web3signer(folder) => {
                let ca = self.vault.ca()?;
                let (reads, ca) = (take_over::Reads::Whatever, ca.as_deref());
                take_over::web3signer(folder, reads, ca, TIMEOUT, intake, progress)?;
                Some(host::folder(LocationKind::Web3signer, folder))
            }
            #[cfg(feature = "cloud")]
            Place::Keymanager(file) => {
                // A body of a request signs nothing.
                let histories = take_over::keymanager_file(Path::new(file), intake)?;
                return Ok(Given { histories, at: None });
            }
            #[cfg(feature = "cloud")]
            Place::Vault { mount, path } => {
                VaultArgs::require_place(mount, path)?;
                let vault = self.vault.open()?;
                let (engine, path) = self.vault.engine_of(&vault, mount, path)?;
                let look = take_over::Look::Import(&self.field);
                take_over::vault(&vault, &engine, &path, look, progress)?.import(intake)?;
                Some(Location::new(LocationKind::Vault, &vault.place(&engine, &path)?))
            }
            #[cfg(feature = "aws")]
            Place::AwsSecrets(prefix) => {
                let service = self.aws.open(self.vault.ca()?.as_deref())?;
                let look = take_over::Look::Import(&self.field);
                take_over::aws_secrets(&service, prefix, look, progress)?.import(intake)?;
                let place = format!("{} {prefix}", service.place());
                Some(Location::new(LocationKind::AwsSecrets, &place))
            }
            // No such place is parsed without the feature.
            #[cfg(not(feature = "cloud"))]
            _ => {
                let _ = progress;
                None
            }
        };
        Ok(Given { histories: Vec::new(), at })
    }

    /// The places, for messages.
    pub fn names(&self) -> String {
        let names: Vec<_> = self.from.iter().map(ToString::to_string).collect();
        names.join(", ")
    }
}

/// A place where something may sign, and what was found there.
struct Source {
    at: Location,
    keys: BTreeSet<PublicKey>,
    /// Keystores were found there that do not name their keys.
    unnamed: bool,
}

impl Source {
    /// Its location, with those of `keys` that it has or may have. `named`: every key that any place
    /// named.
    fn place(
        self,
        keys: &[PublicKey],
        named: &BTreeSet<PublicKey>,
    ) -> Option<(Location, Vec<PublicKey>)> {
        let has =
            |key: &&PublicKey| self.keys.contains(key) || (self.unnamed && !named.contains(key));
        let keys: Vec<_> = keys.iter().filter(has).copied().collect();
        (!keys.is_empty()).then_some((self.at, keys))
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
