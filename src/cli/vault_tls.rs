//! How Vault's certificate is verified, and the client certificate that Vault is shown: by options, and
//! by the variables of Vault's own program.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use stockade::store::{StoreError, private_file};
use stockade_services::endpoint::{Endpoint, Tls};
use zeroize::Zeroizing;

use crate::{error::CommandError, secret_file::read_ca};

/// How long a service may take to answer one request.
pub const TIMEOUT: Duration = Duration::from_secs(30);
/// The most files in a folder of certificates.
const MAX_CAS: usize = 1000;
const MAX_PEM: u64 = 1024 * 1024;

/// The client certificate that Vault is shown, and the name in its own.
#[derive(Debug, clap::Args)]
pub struct VaultTlsArgs {
    /// A client certificate (PEM), for a Vault that requires one
    #[arg(long, env = "VAULT_CLIENT_CERT", hide_env_values = true, value_name = "FILE")]
    vault_client_cert: Option<PathBuf>,
    /// The key of --vault-client-cert (PEM)
    #[arg(long, env = "VAULT_CLIENT_KEY", hide_env_values = true, value_name = "FILE")]
    vault_client_key: Option<PathBuf>,
    /// The name in Vault's certificate, if it differs from the name in its address
    #[arg(long, env = "VAULT_TLS_SERVER_NAME", hide_env_values = true, value_name = "NAME")]
    vault_server_name: Option<String>,
}

impl VaultTlsArgs {
    /// The file with the client's key.
    pub fn key_file(&self) -> Option<&Path> {
        self.vault_client_key.as_deref().filter(|file| !file.as_os_str().is_empty())
    }

    /// Vault at `url`, verified with the certificates in `ca`, else with those that Vault's variables
    /// name, else with the system's.
    pub fn endpoint(&self, url: &str, ca: Option<&Path>) -> Result<Endpoint, CommandError> {
        refuse_to_skip()?;
        let ca = match ca {
            Some(file) => read_ca(Some(file))?,
            None => named_authorities()?,
        };
        let certificate =
            self.vault_client_cert.as_deref().filter(|file| !file.as_os_str().is_empty());
        let client = match (certificate, self.key_file()) {
            (Some(certificate), Some(key)) => Some((
                private_file::read(certificate, MAX_PEM)?,
                Zeroizing::new(private_file::read(key, MAX_PEM)?),
            )),
            (None, None) => None,
            _ => {
                let message = "a client certificate needs its key, and a key its certificate";
                return Err(CommandError::usage(message).with_hint(
                    "name both: --vault-client-cert and --vault-client-key (VAULT_CLIENT_CERT, \
                     VAULT_CLIENT_KEY)",
                ));
            }
        };
        let mut tls = Tls::default();
        tls.authorities = ca.as_deref();
        tls.client = client.as_ref().map(|(chain, key)| (chain.as_slice(), key.as_slice()));
        tls.server_name = self.vault_server_name.as_deref().filter(|name| !name.is_empty());
        Ok(Endpoint::with_tls(url, &tls, TIMEOUT)?)
    }
}

/// A server that is not verified would get the token, and then the keys.
fn refuse_to_skip() -> Result<(), CommandError> {
    let skips = variable("VAULT_SKIP_VERIFY").is_some_and(|value| {
        !matches!(value.to_str(), Some("0" | "f" | "F" | "false" | "FALSE" | "False"))
    });
    if !skips {
        return Ok(());
    }
    Err(CommandError::usage(
        "VAULT_SKIP_VERIFY is set: keys never go to a server that is not verified",
    )
    .with_hint("unset it, and name Vault's certificate authority with --ca or VAULT_CACERT"))
}

/// In the order in which Vault's own program takes them.
fn named_authorities() -> Result<Option<Vec<u8>>, CommandError> {
    if let Some(file) = variable("VAULT_CACERT") {
        return read_ca(Some(Path::new(&file)));
    }
    if let Some(pem) = variable("VAULT_CACERT_BYTES") {
        return Ok(Some(pem.into_encoded_bytes()));
    }
    variable("VAULT_CAPATH").map(|folder| all_in(Path::new(&folder))).transpose()
}

/// The certificates in a folder, one file after another.
fn all_in(folder: &Path) -> Result<Vec<u8>, CommandError> {
    let unread = |source| StoreError::Io { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(unread)?.take(MAX_CAS + 1) {
        files.push(entry.map_err(unread)?.path());
    }
    files.sort();
    if files.len() > MAX_CAS {
        let message = format!("{} has more than {MAX_CAS} files", crate::shown(&folder));
        return Err(CommandError::input(message));
    }
    let mut pem = Vec::new();
    for file in files.iter().filter(|file| file.is_file()) {
        pem.extend(private_file::read_regular(file, MAX_PEM)?);
        pem.push(b'\n');
    }
    Ok(pem)
}

/// A variable that is set and not empty.
pub fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}
