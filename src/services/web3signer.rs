//! Writes Web3signer's configuration for keys in a store: one file per key, as described by its
//! documentation and by `HashicorpSigningMetadata` and `AwsKeySigningMetadata` in its code.

use std::fmt;

use crate::{endpoint::HttpError, http::Uri};
use stockade_base::{json, secret::SecretText};
use stockade_keystore::bls::PublicKey;

/// The placeholder for the public key in the name of a secret.
pub const PUBKEY: &str = "{pubkey}";

/// Where Web3signer finds keys, and with which credentials.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeyConfig {
    /// HashiCorp Vault.
    Hashicorp {
        /// The server.
        server: VaultServer,
        /// The path of a secret, containing [`PUBKEY`]: `/v1/secret/data/validators/{pubkey}`.
        path: KeyName,
        /// The field of the secret that holds the key.
        field: String,
        /// The token, which is written unencrypted in every file.
        token: SecretText,
        /// The path of Web3signer's known-servers file, which lists trusted certificates.
        known_servers: Option<String>,
    },
    /// AWS Secrets Manager.
    AwsSecret {
        /// The region.
        region: String,
        /// The name of a secret, containing [`PUBKEY`].
        name: KeyName,
        /// The URL of the service, if it is not AWS's.
        endpoint: Option<String>,
        /// The id of an access key and its secret, which are written unencrypted in every file.
        /// `None` for those in Web3signer's environment.
        credentials: Option<(String, SecretText)>,
    },
}

/// A Vault server, in the form of Web3signer's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultServer {
    host: String,
    port: u16,
    tls: bool,
}

/// The name of a secret, which is different for each key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyName(String);

/// The name does not contain [`PUBKEY`], so it would be the same for all keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` does not contain {PUBKEY}, so all keys would have the same secret")]
pub struct NoPubkey(String);

/// Web3signer cannot read this `keyPath`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "Web3signer cannot read `{0}`: it reads only version 2 of Vault's key/value engine, at /v1/<mount>/data/<path>"
)]
pub struct NotReadable(String);

/// Checks that Web3signer can read the secret at this path.
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
        if !text.contains(PUBKEY) {
            return Err(NoPubkey(json::clip(text, 100)));
        }
        Ok(Self(text.to_owned()))
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
    /// The server at `https://host:port` or `http://host:port`. The default port is 8200.
    pub fn parse(url: &str) -> Result<Self, HttpError> {
        let bad = |why| HttpError::Url { url: json::clip(url, 300), why };
        let uri: Uri = url.parse().map_err(|_| bad("not a URL"))?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(bad("the URL must begin with https:// or http://")),
        };
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(bad("a server's URL has no path: give the path with the secret"));
        }
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(bad("the URL must not contain a password, because it is shown"));
        }
        let host = uri.host().ok_or_else(|| bad("no host in this URL"))?.to_owned();
        Ok(Self { host, port: uri.port_u16().unwrap_or(8200), tls })
    }

    /// Whether Web3signer reads keys from it unencrypted.
    pub fn in_clear(&self) -> bool {
        !self.tls
    }
}

impl KeyConfig {
    /// The value of `type`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Hashicorp { .. } => "hashicorp",
            Self::AwsSecret { .. } => "aws-secret",
        }
    }

    /// Whether every file contains a secret.
    pub fn has_secret(&self) -> bool {
        match self {
            Self::Hashicorp { .. } => true,
            Self::AwsSecret { credentials, .. } => credentials.is_some(),
        }
    }

    /// The file for `key`, in YAML.
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

/// Lines of a YAML mapping. JSON strings are valid YAML strings.
struct Yaml(Vec<u8>);

impl Yaml {
    fn line(&mut self, name: &str, value: &str) {
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b": ");
        // Enough space for the whole value: a buffer that grows leaves copies of a token behind.
        self.0.reserve(value.len() * 6 + 512);
        // Text can always be written as JSON.
        let _ = serde_json::to_writer(&mut self.0, value);
        self.0.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockade_keystore::bls::SecretKey;

    #[test]
    fn no_value_can_break_out_of_its_line() {
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
    fn only_paths_of_version_2_are_accepted() {
        assert!(require_key_path("/v1/secret/data/validators/{pubkey}").is_ok());
        assert!(require_key_path("/v1/team/secret/data/x").is_ok());
        for path in
            ["/v1/secret/x", "secret/data/x", "v1/secret/data/x", "/v1//data/x", "/v1/s/data/"]
        {
            assert!(require_key_path(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_name_without_a_key_and_a_server_with_a_path_are_refused() {
        assert!("/v1/secret/data/validator".parse::<KeyName>().is_err());
        for url in ["vault:8200", "ftp://vault", "https://vault/v1", "https://me:pw@vault", ""] {
            assert!(VaultServer::parse(url).is_err(), "{url}");
        }
        let server = VaultServer::parse("http://127.0.0.1:8201/").unwrap();
        assert_eq!((server.port, server.in_clear()), (8201, true));
    }
}
