//! Web3signer's configuration of a key that lies in a store: one file a key, as its documentation
//! and `HashicorpSigningMetadata`, `AwsKeySigningMetadata` of its code have it.

use std::fmt;

use crate::{endpoint::HttpError, http::Uri};
use stockade_base::{json, secret::SecretText};
use stockade_keystore::bls::PublicKey;

/// What stands for the public key in the name of a secret.
pub const PUBKEY: &str = "{pubkey}";

/// Where Web3signer finds a key, and how it gets in.
#[derive(Debug)]
pub enum KeyConfig {
    /// HashiCorp Vault.
    Hashicorp {
        /// Its server.
        server: VaultServer,
        /// The secret's path, with [`PUBKEY`] in it: `/v1/secret/data/validators/{pubkey}`.
        path: KeyName,
        /// The field of the secret.
        field: String,
        /// The token, which stands in clear in every file.
        token: SecretText,
        /// The server's certificates, as Web3signer's known-servers file has them.
        known_servers: Option<String>,
    },
    /// AWS Secrets Manager.
    AwsSecret {
        /// The region.
        region: String,
        /// The secret's name, with [`PUBKEY`] in it.
        name: KeyName,
        /// Where the service is, where that is not AWS.
        endpoint: Option<String>,
        /// An access key and its secret, which stand in clear in every file; else those of
        /// Web3signer's environment.
        credentials: Option<(String, SecretText)>,
    },
}

/// A Vault server, as Web3signer names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultServer {
    host: String,
    port: u16,
    tls: bool,
}

/// The name of a secret that differs from key to key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName(String);

/// A name without [`PUBKEY`] would be one secret for all keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` does not say {PUBKEY}, and would be one secret for all keys")]
pub struct NoPubkey(String);

/// A `keyPath` that Web3signer cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "Web3signer reads version 2 of Vault's key-value engine alone, at /v1/<mount>/data/<path>, and not `{0}`"
)]
pub struct NotReadable(String);

/// Refuses the path of a secret that Web3signer does not read.
pub fn require_key_path(path: &str) -> Result<(), NotReadable> {
    let rest = path.strip_prefix("/v1/").and_then(|rest| rest.split_once("/data/"));
    match rest {
        Some((mount, secret)) if !mount.is_empty() && !secret.is_empty() => Ok(()),
        _ => Err(NotReadable(json::clip(path, 100))),
    }
}

impl std::str::FromStr for KeyName {
    type Err = NoPubkey;

    fn from_str(text: &str) -> Result<Self, NoPubkey> {
        match text.contains(PUBKEY) {
            true => Ok(Self(text.to_owned())),
            false => Err(NoPubkey(json::clip(text, 100))),
        }
    }
}

impl KeyName {
    fn of(&self, key: &PublicKey) -> String {
        self.0.replace(PUBKEY, &key.to_string())
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl VaultServer {
    /// The server at `https://host:port` or `http://host:port`; 8200 where no port is given.
    pub fn parse(url: &str) -> Result<Self, HttpError> {
        let bad = |why| HttpError::Url { url: json::clip(url, 300), why };
        let uri: Uri = url.parse().map_err(|_| bad("not a URL"))?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(bad("a URL begins with https:// or http://")),
        };
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(bad("the path of a secret goes with the secret, not with the server"));
        }
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(bad("a URL is no place for a password: it is shown"));
        }
        let host = uri.host().ok_or_else(|| bad("no host in this URL"))?.to_owned();
        Ok(Self { host, port: uri.port_u16().unwrap_or(8200), tls })
    }

    /// Whether keys travel in clear from it.
    pub fn in_clear(&self) -> bool {
        !self.tls
    }
}

impl KeyConfig {
    /// The word of its type.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Hashicorp { .. } => "hashicorp",
            Self::AwsSecret { .. } => "aws-secret",
        }
    }

    /// Whether a secret stands in clear in every file.
    pub fn has_secret(&self) -> bool {
        match self {
            Self::Hashicorp { .. } => true,
            Self::AwsSecret { credentials, .. } => credentials.is_some(),
        }
    }

    /// The file for `key`: YAML, every text in quotes.
    pub fn yaml(&self, key: &PublicKey) -> Vec<u8> {
        let mut text = Yaml(Vec::new());
        text.line("type", self.kind());
        text.line("keyType", "BLS");
        match self {
            Self::Hashicorp { server, path, field, token, known_servers } => {
                text.line("tlsEnabled", if server.tls { "true" } else { "false" });
                if let Some(file) = known_servers {
                    text.line("tlsKnownServersPath", file);
                }
                text.line("serverHost", &server.host);
                text.line("serverPort", &server.port.to_string());
                text.line("keyPath", &path.of(key));
                text.line("keyName", field);
                text.line("token", token.expose());
            }
            Self::AwsSecret { region, name, endpoint, credentials } => {
                let mode = if credentials.is_some() { "SPECIFIED" } else { "ENVIRONMENT" };
                text.line("authenticationMode", mode);
                text.line("region", region);
                if let Some((id, secret)) = credentials {
                    text.line("accessKeyId", id);
                    text.line("secretAccessKey", secret.expose());
                }
                text.line("secretName", &name.of(key));
                if let Some(endpoint) = endpoint {
                    text.line("endpointOverride", endpoint);
                }
            }
        }
        text.0
    }
}

/// Lines of a mapping. A text in JSON's quotes is one in YAML's.
struct Yaml(Vec<u8>);

impl Yaml {
    fn line(&mut self, name: &str, value: &str) {
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b": ");
        // Room for all of it: what grew would leave copies of a token behind.
        self.0.reserve(value.len() * 6 + 512);
        // A text always has a form in JSON.
        let _ = serde_json::to_writer(&mut self.0, value);
        self.0.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockade_keystore::bls::SecretKey;

    #[test]
    fn no_value_ends_its_line() {
        let key = SecretKey::derive_master(&[1; 32]).unwrap().public_key();
        let config = KeyConfig::Hashicorp {
            server: VaultServer::parse("https://vault.example").unwrap(),
            path: "/v1/secret/data/{pubkey}".parse().unwrap(),
            field: "va\"lue\nkeyType: SECP256K1".to_owned(),
            token: SecretText::new("s.token: #1".to_owned()),
            known_servers: None,
        };
        let text = String::from_utf8(config.yaml(&key)).unwrap();
        let expected = format!(
            "type: \"hashicorp\"\nkeyType: \"BLS\"\ntlsEnabled: \"true\"\n\
             serverHost: \"vault.example\"\nserverPort: \"8200\"\n\
             keyPath: \"/v1/secret/data/{key}\"\n\
             keyName: \"va\\\"lue\\nkeyType: SECP256K1\"\ntoken: \"s.token: #1\"\n"
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn web3signer_reads_version_2_alone() {
        assert!(require_key_path("/v1/secret/data/validators/{pubkey}").is_ok());
        assert!(require_key_path("/v1/team/secret/data/x").is_ok());
        for path in
            ["/v1/secret/x", "secret/data/x", "v1/secret/data/x", "/v1//data/x", "/v1/s/data/"]
        {
            assert!(require_key_path(path).is_err(), "{path}");
        }
    }

    #[test]
    fn one_secret_for_all_keys_and_a_server_with_a_path_are_refused() {
        assert!("/v1/secret/data/validator".parse::<KeyName>().is_err());
        for url in ["vault:8200", "ftp://vault", "https://vault/v1", "https://me:pw@vault", ""] {
            assert!(VaultServer::parse(url).is_err(), "{url}");
        }
        let server = VaultServer::parse("http://127.0.0.1:8201/").unwrap();
        assert_eq!((server.port, server.in_clear()), (8201, true));
    }
}
