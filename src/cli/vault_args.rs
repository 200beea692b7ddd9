//! How Vault is reached, and with which credentials.

use std::path::PathBuf;

use stockade::secret::SecretText;
use stockade_services::{
    endpoint::{HttpError, is_on_this_machine},
    vault::{Login, Vault, VaultError},
};

use crate::{
    context::Context,
    error::CommandError,
    secret_file::{read_approle, read_ca, read_token},
    unlockers::warn_of_readers,
    vault_tls::{VaultTlsArgs, variable},
};

const CREDENTIALS: &str = "use --token-file or --approle-file";
/// Variables that redirect the `vault` and `bao` programs, or change what they trust.
const UNUSED: [&str; 9] = [
    "VAULT_HTTP_PROXY",
    "VAULT_PROXY_ADDR",
    "VAULT_SRV_LOOKUP",
    "VAULT_HEADERS",
    "BAO_ADDR",
    "BAO_AGENT_ADDR",
    "BAO_NAMESPACE",
    "BAO_CACERT",
    "BAO_CLIENT_CERT",
];

/// How Vault is reached, and with which credentials. A token is never given on the command line.
#[derive(Debug, clap::Args)]
pub struct VaultArgs {
    /// The address of Vault, or of a Vault Agent or Proxy: https://HOST:8200 [env: VAULT_AGENT_ADDR,
    /// VAULT_ADDR]
    #[arg(long, value_name = "URL")]
    vault_addr: Option<String>,
    /// A file with the token for the service. A Vault Agent or Proxy on this machine may have its own
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Vault's namespace (Enterprise, HCP, OpenBao)
    #[arg(long, env = "VAULT_NAMESPACE", hide_env_values = true, value_name = "NAME")]
    namespace: Option<String>,
    /// A file with an AppRole: the role's id in the first line, the secret id in the second
    ///
    /// For a role without a secret id, write one line.
    #[arg(long, value_name = "FILE", conflicts_with = "token_file")]
    approle_file: Option<PathBuf>,
    /// Where AppRole is enabled [default: approle]
    #[arg(long, value_name = "MOUNT", requires = "approle_file")]
    approle_mount: Option<String>,
    /// The second line of --approle-file is a wrapping token, which yields the secret id once
    #[arg(long, requires = "approle_file")]
    approle_wrapped: bool,
    /// The version of Vault's key/value engine [default: as Vault reports it, or 2]
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(super) kv: Option<u8>,
    /// Trust the service by these certificates (PEM) instead of the system's. For Vault, the default is
    /// VAULT_CACERT, VAULT_CACERT_BYTES or VAULT_CAPATH
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    #[command(flatten)]
    tls: VaultTlsArgs,
}

impl VaultArgs {
    /// Logs in.
    pub fn open(&self) -> Result<Vault, CommandError> {
        let Some((url, may_be_proxy)) = self.address()? else {
            return Err(CommandError::usage("Vault's address is not known")
                .with_hint("name it with --vault-addr, or in VAULT_ADDR"));
        };
        let no_credentials = |why: String| {
            CommandError::usage(format!("no Vault credentials given{why}")).with_hint(CREDENTIALS)
        };
        let login = match (&self.token_file, &self.approle_file) {
            (Some(file), _) => Login::Token(read_token(file)?),
            (None, Some(file)) => {
                read_approle(file, self.approle_mount.as_deref(), self.approle_wrapped)?
            }
            (None, None) if may_be_proxy => Login::Proxy,
            (None, None) => return Err(no_credentials(String::new())),
        };
        let endpoint = self.tls.endpoint(&url, self.ca.as_deref())?;
        let namespace = self.namespace.as_deref().unwrap_or_default();
        let may_lack_token = matches!(login, Login::Proxy);
        let vault = Vault::login_in(endpoint, namespace, login)?;
        match vault.look_up() {
            Err(VaultError::Http(error @ HttpError::Unreachable { .. })) if may_lack_token => {
                Err(no_credentials(format!(", and no proxy answers: {error}")))
            }
            looked_up => Ok(looked_up.map(|()| vault)?),
        }
    }

    /// The address, and whether it may be a Vault Agent or Proxy, which needs no token. Vault's own
    /// program chooses in the same order: the option, then the agent's address.
    fn address(&self) -> Result<Option<(String, bool)>, CommandError> {
        let text = |name: &str| {
            let text = variable(name).map(|value| value.into_string()).transpose();
            text.map_err(|_| CommandError::usage(format!("{name}: not UTF-8 text")))
        };
        let (url, is_agent) = match (&self.vault_addr, text("VAULT_AGENT_ADDR")?) {
            (Some(url), _) => (Some(url.clone()), false),
            (None, Some(url)) => (Some(url), true),
            (None, None) => (text("VAULT_ADDR")?, false),
        };
        Ok(url.map(|url| (url.clone(), is_agent || is_on_this_machine(&url))))
    }

    /// Warns if others on this computer can read the credentials, and about variables that change where
    /// Vault's own program connects, and that are not used here.
    pub fn warn_of_readers(&self, context: &mut Context) {
        let files = [self.token_file.as_deref(), self.approle_file.as_deref(), self.tls.key_file()];
        for file in files.into_iter().flatten() {
            warn_of_readers(file, context);
        }
        if !matches!(self.address(), Ok(Some(_))) {
            return;
        }
        for name in UNUSED.into_iter().filter(|name| variable(name).is_some()) {
            context.terminal.say(&format!("warning: {name} is set, and is not used"));
        }
    }

    /// The token of a service other than Vault.
    pub fn token(&self) -> Result<SecretText, CommandError> {
        match &self.token_file {
            Some(file) => read_token(file),
            None => Err(CommandError::usage("no token given: use --token-file")),
        }
    }

    /// The certificates given with `--ca`.
    pub fn ca(&self) -> Result<Option<Vec<u8>>, CommandError> {
        read_ca(self.ca.as_deref())
    }
}
