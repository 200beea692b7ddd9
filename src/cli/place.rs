//! Places that hold keys, as `--from` and `store check` name them.

use std::{fmt, path::PathBuf, str::FromStr};

/// A place that holds keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Keystores, or folders of them.
    Files(PathBuf),
    /// `dirk:DIR` or `ethdo:DIR`: the folder of a filesystem store, with a folder for each wallet.
    Wallets { tool: &'static str, dir: PathBuf },
    /// `charon:DIR`: the folder of a node of charon, with its lock, keys and `validator_keys`.
    Charon(PathBuf),
    /// `web3signer:DIR`: the folder of Web3signer's key configuration.
    Web3signer(PathBuf),
    /// `keymanager:`, and a file with the body of an import over that API, or the URL of a client.
    Keymanager(String),
    /// `vault:MOUNT/PATH`: a secrets engine of Vault, and a folder or secret in it.
    Vault { mount: String, path: String },
    /// `aws-secrets:PREFIX`: the AWS secrets whose names begin with it.
    #[cfg(feature = "aws")]
    AwsSecrets(String),
}

impl FromStr for Place {
    type Err = String;

    /// A text that does not begin with a known word and a colon is a path; so is `./vault:x`.
    fn from_str(text: &str) -> Result<Self, String> {
        let Some((kind, rest)) = text.split_once(':') else { return Ok(Self::Files(text.into())) };
        let place = match kind {
            "dirk" => Self::Wallets { tool: "dirk", dir: rest.into() },
            "ethdo" => Self::Wallets { tool: "ethdo", dir: rest.into() },
            "charon" if !rest.is_empty() => return Ok(Self::Charon(rest.into())),
            "charon" => return Err("nothing follows `charon:`".to_owned()),
            "web3signer" => Self::Web3signer(rest.into()),
            "keymanager" => Self::Keymanager(rest.to_owned()),
            #[cfg(feature = "aws")]
            "aws-secrets" => Self::AwsSecrets(rest.to_owned()),
            #[cfg(not(feature = "aws"))]
            "aws-secrets" => {
                return Err("this build has no `aws-secrets:` (the feature `aws`)".to_owned());
            }
            "vault" => {
                // Vault reports later where the mount ends; a mount alone is a place too.
                let whole = rest.trim_matches('/');
                let (mount, path) = whole.split_once('/').unwrap_or((whole, ""));
                Self::Vault { mount: mount.to_owned(), path: path.to_owned() }
            }
            _ => return Ok(Self::Files(text.into())),
        };
        let local = matches!(place, Self::Wallets { .. });
        match (rest.is_empty(), local || cfg!(feature = "cloud")) {
            (true, _) => Err(format!("nothing follows `{kind}:`")),
            (_, false) => Err(format!("this build does not support `{kind}:` (feature `cloud`)")),
            _ => Ok(place),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(path) => write!(f, "{}", crate::shown(&path)),
            Self::Wallets { tool, dir } => write!(f, "{tool}:{}", crate::shown(&dir)),
            Self::Charon(path) => write!(f, "charon:{}", crate::shown(&path)),
            Self::Web3signer(path) => write!(f, "web3signer:{}", crate::shown(&path)),
            Self::Keymanager(file) => write!(f, "keymanager:{file}"),
            #[cfg(feature = "aws")]
            Self::AwsSecrets(prefix) => write!(f, "aws-secrets:{prefix}"),
            Self::Vault { mount, path } => write!(f, "vault:{mount}/{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_a_path() {
        for text in ["keys", "./vault:a/b", "C:\\keys", "/media/a:b", "s"] {
            assert_eq!(text.parse(), Ok(Place::Files(text.into())), "{text}");
        }
    }

    #[test]
    fn wallets_have_a_tool_and_a_folder() {
        for (text, tool) in [("dirk:/var/wallets", "dirk"), ("ethdo:/var/wallets", "ethdo")] {
            let place = Place::Wallets { tool, dir: "/var/wallets".into() };
            assert_eq!(place.to_string(), text);
            assert_eq!(text.parse(), Ok(place));
        }
        assert!("dirk:".parse::<Place>().is_err());
    }

    #[test]
    #[cfg(feature = "cloud")]
    fn a_vault_has_a_mount_and_a_path() {
        let place = Place::Vault { mount: "secret".into(), path: "validators/a".into() };
        assert_eq!("vault:secret/validators/a/".parse(), Ok(place));
        let place = Place::Vault { mount: "secret".into(), path: String::new() };
        assert_eq!("vault:secret/".parse(), Ok(place));
        assert!("vault:".parse::<Place>().is_err());
        assert!("web3signer:".parse::<Place>().is_err());
    }
}
