use std::path::PathBuf;

use serde::Serialize;
use stockade::{secret::SecretText, store::private_file};
#[cfg(feature = "aws")]
use stockade_services::aws_secrets::AwsFolder;
use stockade_services::vault::{Written, require_field};
use zeroize::Zeroizing;

use crate::{
    CommandResult, context::Context, error::CommandError, output::Outcome, place::Place,
    unlockers::warn_of_readers, vault_args::VaultArgs,
};

const MAX_PASSWORD: u64 = 4096;

/// Put the password of restored keystores into a secret store
///
/// The keystores stay with their client, and their password is kept elsewhere. It is written only where
/// nothing is yet, then read back and compared. A different password that is there already is never
/// overwritten. The file itself is left unchanged.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The password file that `backup restore` wrote
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to put it: vault:MOUNT/PATH, or aws-secrets:NAME
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

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The place, as --to names it.
    to: String,
    /// The password file.
    file: String,
    /// written (it is there now, and was read back) or same (it was there before).
    status: &'static str,
}

impl Args {
    /// Writes, and reads back.
    pub fn run(self, context: &mut Context) -> CommandResult {
        warn_of_readers(&self.file, context);
        self.vault.warn_of_readers(context);
        let password = self.read()?;
        let (status, what) = match self.write(&password)? {
            Written::New => ("written", "is there now, and was read back"),
            Written::Same => ("same", "was there already"),
        };
        let (to, file) = (self.to.to_string(), crate::shown(&self.file).to_string());
        let text = format!("{to}: the password {what}. {file} is unchanged.");
        Ok(Outcome::done(text, Document { to, file, status }))
    }

    fn write(&self, password: &SecretText) -> Result<Written, CommandError> {
        match &self.to {
            Place::Vault { mount, path } => {
                VaultArgs::require_place(mount, path)?;
                require_field(&self.field)?;
                let vault = self.vault.open()?;
                let (engine, path) = self.vault.engine_of(&vault, mount, path)?;
                if path.is_empty() {
                    return Err(CommandError::usage(format!("{} does not name a secret", self.to))
                        .with_hint("write it as vault:MOUNT/PATH"));
                }
                vault.require_lasting(&engine)?;
                Ok(vault.put(&engine, &path, &self.field, password)?)
            }
            #[cfg(feature = "aws")]
            Place::AwsSecrets(name) => {
                let service = self.aws.open(self.vault.ca()?.as_deref())?;
                let folder = AwsFolder { service: &service, kms_key: None, tags: Vec::new() };
                Ok(folder.create(name, password)?)
            }
            other => Err(CommandError::usage(format!("{other} cannot hold a password"))
                .with_hint("name a secret: vault:MOUNT/PATH or aws-secrets:NAME")),
        }
    }

    /// The file's only line, which is what clients read of it.
    fn read(&self) -> Result<SecretText, CommandError> {
        let bytes = Zeroizing::new(private_file::read(&self.file, MAX_PASSWORD)?);
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        match text.lines().collect::<Vec<_>>().as_slice() {
            [password] if !password.is_empty() => Ok(SecretText::new((*password).to_owned())),
            _ => {
                let file = crate::shown(&self.file);
                Err(CommandError::input(format!("{file}: not a password file"))
                    .with_hint("it must hold one line of UTF-8 text"))
            }
        }
    }
}
