//! How Web3signer reads keys from a store.

use std::path::{Path, PathBuf};

use stockade::secret::SecretText;
use stockade_services::web3signer::{KeyConfig, KeyName, VaultServer, require_key_path};

use super::key_type::KeyType;
use crate::{
    context::Context, error::CommandError, secret_file::read_token, unlockers::warn_of_readers,
};

/// How Web3signer reads keys from a store.
#[derive(Debug, clap::Args)]
pub struct KeyArgs {
    /// hashicorp: the Vault server, https://HOST:PORT
    #[arg(long, value_name = "URL")]
    vault_url: Option<String>,
    /// hashicorp: the path of a key's secret, with {pubkey} in it: /v1/secret/data/validators/{pubkey}
    #[arg(long, value_name = "PATH")]
    key_path: Option<KeyName>,
    /// hashicorp: the field that holds the key
    #[arg(long, value_name = "NAME", default_value = "value")]
    key_name: String,
    /// hashicorp: the token that Web3signer uses. It is written in clear into every file
    #[arg(long, value_name = "FILE")]
    vault_token_file: Option<PathBuf>,
    /// hashicorp: Web3signer's known-servers file, if the server's certificate is not a public one
    #[arg(long, value_name = "FILE")]
    tls_known_servers: Option<String>,
    /// aws-secret: the region
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
    /// aws-secret: the name of a key's secret, with {pubkey} in it
    #[arg(long, value_name = "NAME")]
    secret_name: Option<KeyName>,
    /// aws-secret: the URL of the service, if it is not AWS
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// aws-secret: an access key's id, if Web3signer's environment provides none
    #[arg(long, value_name = "ID", requires = "secret_access_key_file")]
    access_key_id: Option<String>,
    /// aws-secret: that access key. It is written in clear into every file
    #[arg(long, value_name = "FILE", requires = "access_key_id")]
    secret_access_key_file: Option<PathBuf>,
}

/// Web3signer opens the file relative to where it was started, not to the folder that names it.
fn absolute(file: &str) -> String {
    let path = std::path::absolute(file).unwrap_or_else(|_| file.into());
    path.to_string_lossy().into_owned()
}

impl KeyArgs {
    /// The configuration of keys of this type; `None` if they are in keystores.
    pub fn config(
        &self,
        kind: KeyType,
        context: &mut Context,
    ) -> Result<Option<KeyConfig>, CommandError> {
        self.require_fit(kind)?;
        match kind {
            KeyType::FileKeystore => Ok(None),
            KeyType::Hashicorp => self.hashicorp(context).map(Some),
            KeyType::AwsSecret => self.aws_secret(context).map(Some),
        }
    }

    /// The store that Web3signer reads, as `deliver vault` names it.
    pub fn store(&self) -> Option<String> {
        let (url, path) = (self.vault_url.as_ref()?, self.key_path.as_ref()?.to_string());
        let folder = path.split("{pubkey}").next()?.trim_end_matches("0x").trim_end_matches('/');
        Some(format!("{}{folder}", url.trim_end_matches('/')))
    }

    fn hashicorp(&self, context: &mut Context) -> Result<KeyConfig, CommandError> {
        let server = VaultServer::parse(&given("--vault-url", self.vault_url.as_ref())?)?;
        if server.in_clear() {
            context.terminal.say(
                "warning: keys and token are sent in clear between an http:// Vault and Web3signer",
            );
        }
        let path = given("--key-path", self.key_path.as_ref())?;
        require_key_path(&path.to_string()).map_err(|e| CommandError::usage(e.to_string()))?;
        let token = given("--vault-token-file", self.vault_token_file.as_ref())?;
        let token = secret(&token, "token", context)?;
        Ok(KeyConfig::Hashicorp {
            server,
            path,
            field: self.key_name.clone(),
            token,
            known_servers: self.tls_known_servers.as_deref().map(absolute),
        })
    }

    fn aws_secret(&self, context: &mut Context) -> Result<KeyConfig, CommandError> {
        let credentials = match (&self.access_key_id, &self.secret_access_key_file) {
            (Some(id), Some(file)) => Some((id.clone(), secret(file, "access key", context)?)),
            _ => None,
        };
        Ok(KeyConfig::AwsSecret {
            region: given("--region", self.region.as_ref())?,
            name: given("--secret-name", self.secret_name.as_ref())?,
            endpoint: self.endpoint.clone(),
            credentials,
        })
    }

    /// An option of another type is a mistake, and was meant to have an effect.
    fn require_fit(&self, kind: KeyType) -> Result<(), CommandError> {
        let of = [
            ("--vault-url", KeyType::Hashicorp, self.vault_url.is_some()),
            ("--key-path", KeyType::Hashicorp, self.key_path.is_some()),
            ("--vault-token-file", KeyType::Hashicorp, self.vault_token_file.is_some()),
            ("--tls-known-servers", KeyType::Hashicorp, self.tls_known_servers.is_some()),
            ("--region", KeyType::AwsSecret, self.region.is_some()),
            ("--secret-name", KeyType::AwsSecret, self.secret_name.is_some()),
            ("--endpoint", KeyType::AwsSecret, self.endpoint.is_some()),
            ("--access-key-id", KeyType::AwsSecret, self.access_key_id.is_some()),
        ];
        let mut strange = of.iter().filter(|(_, other, given)| *given && *other != kind);
        match strange.next() {
            None => Ok(()),
            Some((option, other, _)) => Err(CommandError::usage(format!(
                "{option} is for --type {}, not for {}",
                other.word(),
                kind.word()
            ))),
        }
    }
}

fn given<T: Clone>(option: &str, value: Option<&T>) -> Result<T, CommandError> {
    value.cloned().ok_or_else(|| CommandError::usage(format!("this type needs {option}")))
}

fn secret(file: &Path, what: &str, context: &mut Context) -> Result<SecretText, CommandError> {
    let secret = read_token(file)?;
    warn_of_readers(file, context);
    context.terminal.say(&format!(
        "warning: the {what} in {} is written in clear into every configuration file: use one that can \
         read only these keys, and rotate it often",
        crate::shown(&file)
    ));
    Ok(secret)
}
