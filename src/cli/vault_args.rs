//! How Vault is reached, and who calls.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use stockade::{secret::SecretText, store::private_file};
use stockade_services::cloud::{
    HttpError, is_on_this_machine,
    vault::{Engine, KvVersion, Login, Vault, VaultError, require_path},
};
use zeroize::Zeroizing;

use crate::{
    context::Context,
    error::CommandError,
    hands::warn_of_readers,
    vault_tls::{VaultTlsArgs, variable},
};

/// What a service may take to answer one request.
pub const TIMEOUT: Duration = Duration::from_secs(30);
const MAX_CA: u64 = 1024 * 1024;
const CREDENTIALS: &str = "use --token-file or --approle-file";
const MAX_TOKEN: u64 = 64 * 1024;
/// Variables by which Vault's own program and OpenBao's go elsewhere, or trust others.
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

/// How Vault is reached, and who calls. A token never stands on the command line.
#[derive(Debug, clap::Args)]
pub struct VaultArgs {
    /// Where Vault is, or a Vault Agent or Proxy: https://HOST:8200 [env: VAULT_AGENT_ADDR,
    /// VAULT_ADDR]
    #[arg(long, value_name = "URL")]
    vault_addr: Option<String>,
    /// A file with the token that the service asks for. A Vault Agent or Proxy on this machine may
    /// have its own
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Vault's namespace (Enterprise, HCP, OpenBao)
    #[arg(long, env = "VAULT_NAMESPACE", hide_env_values = true, value_name = "NAME")]
    namespace: Option<String>,
    /// A file with an AppRole: the role's id in its first line, the secret id in its second
    ///
    /// A role that has no secret id is one line.
    #[arg(long, value_name = "FILE", conflicts_with = "token_file")]
    approle_file: Option<PathBuf>,
    /// Where AppRole is enabled [default: approle]
    #[arg(long, value_name = "MOUNT", requires = "approle_file")]
    approle_mount: Option<String>,
    /// The second line of --approle-file is a wrapping token, which gives the secret id once
    #[arg(long, requires = "approle_file")]
    approle_wrapped: bool,
    /// The version of Vault's key/value engine [default: what Vault says, or 2]
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    kv: Option<u8>,
    /// Certificates that the service is trusted by, in place of the system's (PEM). Vault's are
    /// else those in VAULT_CACERT, VAULT_CACERT_BYTES or VAULT_CAPATH
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    #[command(flatten)]
    tls: VaultTlsArgs,
}

/// Where Vault is.
struct Address {
    url: String,
    /// Whether it may be a Vault Agent or Proxy, which needs no token.
    may_be_proxy: bool,
}

impl VaultArgs {
    /// Logs in.
    pub fn open(&self) -> Result<Vault, CommandError> {
        let Some(Address { url, may_be_proxy }) = self.address()? else {
            return Err(CommandError::usage("Vault's address is not known")
                .with_hint("name it with --vault-addr, or in VAULT_ADDR"));
        };
        let login = match (&self.token_file, &self.approle_file) {
            (Some(file), _) => Login::Token(read_token(file)?),
            (None, Some(file)) => self.read_approle(file)?,
            (None, None) if may_be_proxy => Login::Proxy,
            (None, None) => {
                return Err(
                    CommandError::usage("nothing says who calls Vault").with_hint(CREDENTIALS)
                );
            }
        };
        let endpoint = self.tls.endpoint(&url, self.ca.as_deref())?;
        let namespace = self.namespace.as_deref().unwrap_or_default();
        let may_lack_token = matches!(login, Login::Proxy);
        let vault = Vault::login_in(endpoint, namespace, login)?;
        match vault.look_up() {
            Err(VaultError::Http(error @ HttpError::Unreachable { .. })) if may_lack_token => {
                let message =
                    format!("nothing says who calls Vault, and no proxy is there: {error}");
                Err(CommandError::usage(message).with_hint(CREDENTIALS))
            }
            looked_up => Ok(looked_up.map(|()| vault)?),
        }
    }

    /// As Vault's own program takes it: what is said to it, then an agent's address.
    fn address(&self) -> Result<Option<Address>, CommandError> {
        let text = |name: &str| {
            let text = variable(name).map(|value| value.into_string()).transpose();
            text.map_err(|_| CommandError::usage(format!("{name} is not UTF-8 text")))
        };
        let (url, is_agent) = match (&self.vault_addr, text("VAULT_AGENT_ADDR")?) {
            (Some(url), _) => (Some(url.clone()), false),
            (None, Some(url)) => (Some(url), true),
            (None, None) => (text("VAULT_ADDR")?, false),
        };
        let may_be_proxy = |url: &str| is_agent || is_on_this_machine(url);
        Ok(url.map(|url| Address { may_be_proxy: may_be_proxy(&url), url }))
    }

    /// Warns where others on this computer can read the credentials, and of variables of Vault's that
    /// change where its own program goes, and are not used here.
    pub fn warn_of_readers(&self, context: &mut Context) {
        let files = [self.token_file.as_deref(), self.approle_file.as_deref(), self.tls.key_file()];
        for file in files.into_iter().flatten() {
            warn_of_readers(file, context);
        }
        if !matches!(self.address(), Ok(Some(_))) {
            return;
        }
        for name in UNUSED {
            if variable(name).is_some() {
                context.terminal.say(&format!("warning: {name} is set, and is not used"));
            }
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
        let mount = mount.trim_matches('/');
        let version = self.version(mount, vault.version_of(mount)?)?;
        Ok(Engine { mount: mount.to_owned(), version })
    }

    /// The engine that the place MOUNT/PATH is in, and the path in it. Where the mount ends Vault
    /// says; where a policy hides it, at the first slash.
    pub fn engine_of(
        &self,
        vault: &Vault,
        mount: &str,
        path: &str,
    ) -> Result<(Engine, String), CommandError> {
        let place = format!("{mount}/{path}");
        match vault.engine_of(&place)? {
            Some((engine, path)) => {
                self.version(&engine.mount, Some(engine.version))?;
                Ok((engine, path))
            }
            None => Ok((self.engine(vault, mount)?, path.trim_matches('/').to_owned())),
        }
    }

    /// Refuses a place that Vault cannot have, before anybody logs in.
    pub fn require_place(mount: &str, path: &str) -> Result<(), CommandError> {
        match mount.trim_matches('/') {
            "" => Err(CommandError::usage("a mount of Vault has a name")),
            mount => Ok(require_path(&format!("{mount}/{}", path.trim_matches('/')))?),
        }
    }

    /// The version that Vault says and `--kv` does not contradict.
    fn version(&self, mount: &str, there: Option<KvVersion>) -> Result<KvVersion, CommandError> {
        let given = self.kv.map(|kv| if kv == 1 { KvVersion::V1 } else { KvVersion::V2 });
        if let (Some(given), Some(there)) = (given, there)
            && given != there
        {
            let (there, given) = (there.number(), given.number());
            let message = format!(
                "{mount} is version {there} of Vault's key/value engine, and --kv says {given}"
            );
            return Err(CommandError::usage(message).with_hint("leave --kv out"));
        }
        Ok(given.or(there).unwrap_or(KvVersion::V2))
    }

    fn read_approle(&self, file: &Path) -> Result<Login, CommandError> {
        let lines = read_lines(file)?;
        let text = |line: &str| SecretText::new(line.trim().to_owned());
        let lines: Vec<_> = lines.lines().filter(|line| !line.trim().is_empty()).collect();
        let (role, secret) = match lines.as_slice() {
            [role, secret] => (text(role), Some(text(secret))),
            [role] if !self.approle_wrapped => (text(role), None),
            _ => {
                return Err(CommandError::input(format!(
                    "{} holds no AppRole",
                    crate::shown(&file)
                ))
                .with_hint("two lines: the role's id, and its secret id"));
            }
        };
        Ok(Login::AppRole {
            mount: self.approle_mount.clone().unwrap_or_else(|| "approle".to_owned()),
            role_id: role,
            secret_id: secret,
            wrapped: self.approle_wrapped,
        })
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

fn read_lines(file: &Path) -> Result<Zeroizing<String>, CommandError> {
    let bytes = Zeroizing::new(private_file::read(file, MAX_TOKEN)?);
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| CommandError::input(format!("{} is not UTF-8 text", crate::shown(&file))))?;
    // Some editors put a mark at the beginning.
    Ok(Zeroizing::new(text.trim_start_matches('\u{feff}').to_owned()))
}
