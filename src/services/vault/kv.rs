//! The key/value engine. Version 1 overwrites. Version 2 keeps versions and their state, and can write
//! only if nothing is there.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Data, Vault, VaultError, path};
use crate::{
    endpoint::{Endpoint, HttpError},
    secret_store::{Field, Fields},
};
use stockade_base::{json::clip, secret::SecretText};

/// A key/value engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// Its mount, such as `secret`.
    pub mount: String,
    /// Its version.
    pub version: KvVersion,
}

/// The version of a key/value engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KvVersion {
    /// One value per path. Writing overwrites it.
    V1,
    /// Several versions of each value, and writes on condition that there is none yet.
    V2,
}

impl KvVersion {
    /// The version as a number, 1 or 2.
    pub fn number(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }
}

/// The fields of a secret by name. `None` for a field that is not text.
pub type Texts = BTreeMap<String, Option<SecretText>>;

/// The state of the secret at a path.
pub(crate) enum Secret {
    /// There is no secret, or the token may not see it.
    Absent,
    /// The newest version was deleted, with the time.
    Deleted(String),
    /// The newest version was destroyed.
    Destroyed,
    /// The secret's fields, and the time at which Vault will delete it, if it will.
    Held(Fields, Option<String>),
}

type V1 = Data<Fields>;
type V2 = Data<V2Data>;

#[derive(Deserialize)]
struct V2Data {
    /// `null` if the newest version was deleted.
    data: Option<Fields>,
    metadata: Metadata,
}

/// Metadata of a version, in version 2 of the engine.
#[derive(Default, Deserialize)]
pub(super) struct Metadata {
    /// Empty if the version is kept. May be in the future.
    #[serde(default)]
    deletion_time: String,
    #[serde(default)]
    destroyed: bool,
}

impl Metadata {
    pub(super) fn time(&self) -> Option<String> {
        (!self.deletion_time.is_empty()).then(|| clip(&self.deletion_time, 40))
    }
}

impl V2Data {
    fn into_secret(self) -> Secret {
        let time = self.metadata.time();
        match (self.data, time) {
            (_, _) if self.metadata.destroyed => Secret::Destroyed,
            (Some(fields), time) => Secret::Held(fields, time),
            (None, Some(time)) => Secret::Deleted(time),
            (None, None) => Secret::Absent,
        }
    }
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<String>,
}

impl Vault {
    /// The field `field` of the secret at `path`; `None` if either does not exist.
    pub fn read(
        &self,
        engine: &Engine,
        path: &str,
        field: &str,
    ) -> Result<Option<SecretText>, VaultError> {
        let Secret::Held(mut fields, _) = self.secret(engine, path)? else { return Ok(None) };
        match fields.remove(field) {
            Some(Field::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.answer(&format!("{field} is not text"))),
            None => Ok(None),
        }
    }

    /// Reads the secret at `path`.
    pub(crate) fn secret(&self, engine: &Engine, path: &str) -> Result<Secret, VaultError> {
        let (status, bytes) =
            self.call(&engine.api(path, "data")?, Endpoint::get_secret_or_absence)?;
        match (status, engine.version) {
            (404, KvVersion::V1) => Ok(Secret::Absent),
            // For a deleted secret the answer has the time; for one that never existed it is empty.
            (404, KvVersion::V2) => {
                Ok(self.parse::<V2>(&bytes).map_or(Secret::Absent, |said| said.data.into_secret()))
            }
            (_, KvVersion::V1) => Ok(Secret::Held(self.parse::<V1>(&bytes)?.data, None)),
            (_, KvVersion::V2) => Ok(self.parse::<V2>(&bytes)?.data.into_secret()),
        }
    }

    /// Reads a secret by its path in the API, as in Web3signer's `keyPath`. The answer shows the engine's
    /// version. Also returns the time at which Vault will delete the secret, if it will. `None` if there
    /// is no secret.
    pub fn texts_at(&self, key_path: &str) -> Result<Option<(Texts, Option<String>)>, VaultError> {
        let other = || VaultError::Path(clip(key_path, 80));
        let path = key_path.trim_start_matches('/').strip_prefix("v1/").ok_or_else(other)?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./~@+:=,".contains(&b);
        if !path.bytes().all(plain) {
            return Err(other());
        }
        path::encode(path)?;
        let (status, bytes) = self.call(path, Endpoint::get_secret_or_absence)?;
        let secret = match self.parse::<V2>(&bytes) {
            Ok(answer) => answer.data.into_secret(),
            Err(_) if status == 404 => Secret::Absent,
            Err(_) => Secret::Held(self.parse::<V1>(&bytes)?.data, None),
        };
        match secret {
            Secret::Held(fields, expires) => Ok(Some((texts(fields), expires))),
            Secret::Absent => Ok(None),
            Secret::Deleted(at) => Err(VaultError::Deleted { path: path.to_owned(), at }),
            Secret::Destroyed => Err(VaultError::Destroyed { path: path.to_owned() }),
        }
    }

    /// The names in the folder at `path`. Names that end in `/` are folders. Empty if there is no folder.
    pub fn list(&self, engine: &Engine, path: &str) -> Result<Vec<String>, VaultError> {
        let url = engine.api(path, "metadata")?;
        let listed = self.call(&url, |endpoint, url| match endpoint.read("LIST", url) {
            // A proxy in front of Vault may block the method LIST.
            Err(HttpError::Status { status: 405 | 501, .. }) => {
                endpoint.get_bytes(&format!("{url}?list=true"))
            }
            listed => listed,
        });
        match listed {
            Ok(bytes) => Ok(self.parse::<Data<Keys>>(&bytes)?.data.keys),
            Err(VaultError::Http(error)) if is_absence(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

/// Whether a folder does not exist. Vault answers 404 without a message. With a message, there is no
/// engine, or it has another version.
pub(super) fn is_absence(error: &HttpError) -> bool {
    matches!(error, HttpError::Status { status: 404, message, .. } if message.is_empty())
}

fn texts(fields: Fields) -> Texts {
    let text = |(name, field)| match field {
        Field::Text(text) => (name, Some(text)),
        _ => (name, None),
    };
    fields.into_iter().map(text).collect()
}

impl Engine {
    /// The encoded path of a secret in the API. `kind` is the part that version 2 adds.
    pub(super) fn api(&self, path: &str, kind: &str) -> Result<String, VaultError> {
        let (mount, path) = (path::encode(&self.mount)?, path::encode_any(path)?);
        let folder = match self.version {
            KvVersion::V1 => mount,
            KvVersion::V2 => format!("{mount}/{kind}"),
        };
        Ok(path::join(&folder, &path).trim_end_matches('/').to_owned())
    }
}
