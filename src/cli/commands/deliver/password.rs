use std::path::PathBuf;

use serde_json::json;
use stockade::{secret::SecretText, store::private_file};
#[cfg(feature = "aws")]
use stockade_services::cloud::aws_secrets::AwsFolder;
use stockade_services::cloud::vault::{Written, require_field};
use zeroize::Zeroizing;

use crate::{
    CommandResult, context::Context, error::CommandError, hands::warn_of_readers, output::Outcome,
    place::Place, vault_args::VaultArgs,
};

const MAX_PASSWORD: u64 = 4096;

/// Put the password of restored keystores into a store of secrets
///
/// The keystores lie with their client, and their password elsewhere. It is written where nothing is
/// yet, read back and compared; another one that is there stays. The file itself is left as it is.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The password, as `backup restore` wrote it
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where it goes: vault:MOUNT/PATH, or aws-secrets:NAME
    #[arg(long, value_name = "PLACE")]
    to: Place,
    #[command(flatten)]
    vault: VaultArgs,
    #[cfg(feature = "aws")]
    #[command(flatten)]
    aws: crate::aws_args::AwsArgs,
    /// The field of Vault's secret
    #[arg(long, value_name = "NAME", default_value = "password")]
    field: String,
}

impl Args {
    /// Writes, and reads back.
    pub fn run(self, context: &mut Context) -> CommandResult {
        warn_of_readers(&self.file, context);
        self.vault.warn_of_readers(context);
        let password = self.read()?;
        let written = match &self.to {
            Place::Vault { mount, path } => {
                VaultArgs::require_place(mount, path)?;
                require_field(&self.field)?;
                let vault = self.vault.open()?;
                let (engine, path) = self.vault.engine_of(&vault, mount, path)?;
                if path.is_empty() {
                    return Err(CommandError::usage(format!("{} has no name in it", self.to))
                        .with_hint("write it as vault:MOUNT/PATH"));
                }
                vault.require_lasting(&engine)?;
                vault.put(&engine, &path, &self.field, &password)?
            }
            #[cfg(feature = "aws")]
            Place::AwsSecrets(name) => {
                let service = self.aws.open(self.vault.ca()?.as_deref())?;
                let folder = AwsFolder { service: &service, kms_key: None, tags: Vec::new() };
                folder.create(name, &password)?
            }
            other => {
                return Err(CommandError::usage(format!("{other} takes no password"))
                    .with_hint("name it as vault:MOUNT/PATH or aws-secrets:NAME"));
            }
        };
        let (status, what) = match written {
            Written::New => ("written", "is there now, and was read back"),
            Written::Same => ("same", "was there already"),
        };
        let to = self.to.to_string();
        let file = crate::shown(&self.file).to_string();
        let text = format!("{to}: the password {what}. {file} is as it was.");
        Ok(Outcome::done(text, json!({"to": to, "file": file, "status": status})))
    }

    /// The file's first line, which is what clients read of it.
    fn read(&self) -> Result<SecretText, CommandError> {
        let bytes = Zeroizing::new(private_file::read(&self.file, MAX_PASSWORD)?);
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        match text.lines().collect::<Vec<_>>().as_slice() {
            [password] if !password.is_empty() => Ok(SecretText::new((*password).to_owned())),
            _ => {
                Err(CommandError::input(format!("{} holds no password", crate::shown(&self.file)))
                    .with_hint("one line of UTF-8 text"))
            }
        }
    }
}
