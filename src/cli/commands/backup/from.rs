//! Where keys are imported from, and what opens them there.

#[cfg(feature = "cloud")]
use std::path::Path;

use stockade::{
    backup::{
        client_folder::client_folder,
        foreign::{ImportReport, ImportRequest, ImportSource, SourceRead},
        import as files,
        intake::Intake,
        whereabouts::{Location, LocationKind},
    },
    interact::Progress,
};
#[cfg(feature = "cloud")]
use stockade_services::import;

use super::import_passwords::PasswordArgs;
use crate::{context::Context, error::CommandError, host, place::Place};
#[cfg(feature = "cloud")]
use crate::{vault_args::VaultArgs, vault_tls::TIMEOUT};

/// Where keys are imported from.
#[derive(Debug, clap::Args)]
pub struct FromArgs {
    /// Keystores, or folders of them; charon:DIR, a folder of a node of charon (.charon), with its lock
    /// and the key of the node; dirk:DIR or ethdo:DIR, the wallets in the folder of a filesystem store;
    /// web3signer:DIR, its key configuration (file-raw,
    /// file-keystore, hashicorp, aws-secret); vault:MOUNT/PATH, all secrets there and below;
    /// aws-secrets:PREFIX, all secrets whose names begin with it; keymanager:FILE, the body of an
    /// import over that API
    #[arg(long, required = true, num_args = 1.., value_name = "PLACE")]
    from: Vec<Place>,
    #[command(flatten)]
    password: PasswordArgs,
    /// A field of secrets in Vault and AWS that holds signing keys. Needed if neither a name nor another
    /// field says which key it is. May be repeated
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

/// One place with the options that reach it.
struct Source<'a> {
    args: &'a FromArgs,
    place: &'a Place,
}

impl FromArgs {
    /// Reads and opens everything.
    pub fn take(&self, context: &mut Context) -> Result<ImportReport, CommandError> {
        #[cfg(feature = "cloud")]
        self.vault.warn_of_readers(context);
        let mut progress = context.terminal.progress();
        let sources: Vec<_> = self.from.iter().map(|place| Source { args: self, place }).collect();
        let mut passwords = || self.password.read(context);
        ImportRequest { sources: &sources, passwords: &mut passwords }.import(&mut progress)
    }

    /// The places, for messages.
    pub fn names(&self) -> String {
        let names: Vec<_> = self.from.iter().map(ToString::to_string).collect();
        names.join(", ")
    }
}

impl ImportSource for Source<'_> {
    type Error = CommandError;

    fn name(&self) -> String {
        self.place.to_string()
    }

    fn read(
        &self,
        intake: &mut Intake,
        progress: &mut dyn Progress,
    ) -> Result<SourceRead, CommandError> {
        let at = |location| SourceRead { location: Some(location), ..SourceRead::default() };
        Ok(match self.place {
            Place::Files(path) => {
                let location =
                    client_folder(path).map(|dir| host::folder(LocationKind::Folder, &dir));
                SourceRead { histories: files::take(path, intake)?, location, network: None }
            }
            Place::Charon(folder) => {
                let network = files::charon::take(folder, intake)?;
                SourceRead { network, ..at(host::folder(LocationKind::Folder, folder)) }
            }
            Place::Wallets { dir, .. } => {
                let histories = files::take_wallets(dir, intake)?;
                let location = Some(host::folder(LocationKind::Folder, dir));
                SourceRead { histories, location, network: None }
            }
            #[cfg(feature = "cloud")]
            Place::Web3signer(folder) => {
                let ca = self.args.vault.ca()?;
                let (reads, ca) = (import::Reads::Whatever, ca.as_deref());
                import::web3signer(folder, reads, ca, TIMEOUT, intake, progress)?;
                at(host::folder(LocationKind::Web3signer, folder))
            }
            #[cfg(feature = "cloud")]
            Place::Keymanager(file) => {
                // The body of a request signs nothing.
                let histories = import::keymanager_file(Path::new(file), intake)?;
                SourceRead { histories, ..SourceRead::default() }
            }
            #[cfg(feature = "cloud")]
            Place::Vault { mount, path } => {
                VaultArgs::require_place(mount, path)?;
                let args = &self.args.vault;
                let vault = args.open()?;
                let (engine, path) = args.engine_of(&vault, mount, path)?;
                let look = import::Purpose::Import(&self.args.field);
                import::vault(&vault, &engine, &path, look, progress)?.import(intake)?;
                at(Location::new(LocationKind::Vault, &vault.place(&engine, &path)?))
            }
            #[cfg(feature = "aws")]
            Place::AwsSecrets(prefix) => {
                let service = self.args.aws.open(self.args.vault.ca()?.as_deref())?;
                let look = import::Purpose::Import(&self.args.field);
                import::aws_secrets(&service, prefix, look, progress)?.import(intake)?;
                let place = format!("{} {prefix}", service.place());
                at(Location::new(LocationKind::AwsSecrets, &place))
            }
            // No such place is parsed without the feature.
            #[cfg(not(feature = "cloud"))]
            _ => {
                let _ = (progress, at as fn(Location) -> SourceRead, self.args);
                SourceRead::default()
            }
        })
    }
}
