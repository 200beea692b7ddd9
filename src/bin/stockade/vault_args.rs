//! How Vault is reached, and who calls.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use stockade::{
    cloud::{
        Endpoint,
        vault::{Engine, KvVersion, Login, Vault},
    },
    secret::SecretText,
    store::private_file,
};
use zeroize::Zeroizing;

use crate::{context::Context, error::CommandError, hands::warn_of_readers};

/// What a service may take to answer one request.
pub const TIMEOUT: Duration = Duration::from_secs(30);
const MAX_CA: u64 = 1024 * 1024;
const MAX_TOKEN: u64 = 64 * 1024;

/// How Vault is reached, and who calls. A token never stands on the command line.
#[derive(Debug, clap::Args)]
pub struct VaultArgs {
    /// Where Vault is: https://HOST:8200
    #[arg(long, env = "VAULT_ADDR", hide_env_values = true, value_name = "URL")]
    vault_addr: Option<String>,
    /// A file with the token that the service asks for
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// A file with an AppRole: the role's id in its first line, the secret id in its second
    #[arg(long, value_name = "FILE", conflicts_with = "token_file")]
    approle_file: Option<PathBuf>,
    /// The version of Vault's key/value engine [default: what Vault says, or 2]
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    kv: Option<u8>,
    /// Certificates that the service is trusted by, in place of the public ones (PEM)
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl VaultArgs {
    /// Logs in.
    pub fn open(&self) -> Result<Vault, CommandError> {
        let Some(url) = &self.vault_addr else {
            return Err(CommandError::usage("Vault's address is not known")
                .with_hint("name it with --vault-addr, or in VAULT_ADDR"));
        };
        let login = match (&self.token_file, &self.approle_file) {
            (Some(file), _) => Login::Token(read_token(file)?),
            (None, Some(file)) => read_approle(file)?,
            (None, None) => {
                return Err(CommandError::usage("nothing says who calls Vault")
                    .with_hint("use --token-file or --approle-file"));
            }
        };
        let ca = self.ca()?;
        Ok(Vault::login(Endpoint::new(url, ca.as_deref(), TIMEOUT)?, login)?)
    }

    /// Warns where others on this computer can read what says who calls.
    pub fn warn_of_readers(&self, context: &mut Context) {
        for file in [&self.token_file, &self.approle_file].into_iter().flatten() {
            warn_of_readers(file, context);
        }
    }

    /// The token of a service that is not Vault.
    pub fn token(&self) -> Result<SecretText, CommandError> {
        match &self.token_file {
            Some(file) => read_token(file),
            None => Err(CommandError::usage("nothing says who calls: use --token-file")),
        }
    }

    /// The engine mounted at `mount`. What Vault says of its version counts: written as to the other,
    /// a key would lie where nobody looks for it.
    pub fn engine(&self, vault: &Vault, mount: &str) -> Result<Engine, CommandError> {
        let given = self.kv.map(|kv| if kv == 1 { KvVersion::V1 } else { KvVersion::V2 });
        let there = vault.version_of(mount)?;
        if let (Some(given), Some(there)) = (given, there)
            && given != there
        {
            let (there, given) = (there.number(), given.number());
            let message = format!(
                "{mount} is version {there} of Vault's key/value engine, and --kv says {given}"
            );
            return Err(CommandError::usage(message).with_hint("leave --kv out"));
        }
        let version = given.or(there).unwrap_or(KvVersion::V2);
        Ok(Engine { mount: mount.to_owned(), version })
    }

    /// The certificates given with `--ca`.
    pub fn ca(&self) -> Result<Option<Vec<u8>>, CommandError> {
        read_ca(self.ca.as_deref())
    }
}

/// A file of certificates.
pub fn read_ca(file: Option<&Path>) -> Result<Option<Vec<u8>>, CommandError> {
    Ok(file.map(|file| private_file::read(file, MAX_CA)).transpose()?)
}

/// The token in a file: its content without a newline at the end.
pub fn read_token(file: &Path) -> Result<SecretText, CommandError> {
    let lines = read_lines(file)?;
    match lines.lines().collect::<Vec<_>>().as_slice() {
        [token] if !token.trim().is_empty() => Ok(SecretText::new(token.trim().to_owned())),
        _ => Err(CommandError::input(format!("{} holds no token", crate::shown(&file)))
            .with_hint("one line, and nothing else")),
    }
}

fn read_approle(file: &Path) -> Result<Login, CommandError> {
    let lines = read_lines(file)?;
    let text = |line: &str| SecretText::new(line.trim().to_owned());
    match lines.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().as_slice() {
        [role, secret] => Ok(Login::AppRole { role_id: text(role), secret_id: text(secret) }),
        _ => Err(CommandError::input(format!("{} holds no AppRole", crate::shown(&file)))
            .with_hint("two lines: the role's id, and its secret id")),
    }
}

fn read_lines(file: &Path) -> Result<Zeroizing<String>, CommandError> {
    let bytes = Zeroizing::new(private_file::read(file, MAX_TOKEN)?);
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| CommandError::input(format!("{} is not UTF-8 text", crate::shown(&file))))?;
    Ok(Zeroizing::new(text.to_owned()))
}
