//! The key/value engine: version 1, which overwrites, and version 2, which keeps versions, says what
//! became of them, and can be told to write only what is not there.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Vault, VaultError, path};
use crate::{
    endpoint::{Endpoint, HttpError},
    secret_store::{Field, Fields},
};
use stockade_base::{json::clip, secret::SecretText};

/// An engine of Vault: where it is mounted, and which version it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// `secret`, say.
    pub mount: String,
    /// 1 or 2.
    pub version: KvVersion,
}

/// Which version of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KvVersion {
    /// One value a path; writing overwrites.
    V1,
    /// Versions of each value, and writes that can ask for none to be there.
    V2,
}

impl KvVersion {
    /// 1 or 2.
    pub fn number(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }
}

/// The texts of a secret, by the names of its fields; `None` of a field that is no text.
pub type Texts = BTreeMap<String, Option<SecretText>>;

/// What is at a path.
pub(crate) enum Secret {
    /// Nothing that this caller is told of.
    Absent,
    /// The newest version was deleted at this time.
    Deleted(String),
    /// The newest version was destroyed.
    Destroyed,
    /// Its fields, and when Vault deletes it, if it does.
    Held(Fields, Option<String>),
}

#[derive(Deserialize)]
struct V1 {
    data: Fields,
}

#[derive(Deserialize)]
struct V2 {
    data: V2Data,
}

#[derive(Deserialize)]
struct V2Data {
    /// `null` where the newest version was deleted.
    data: Option<Fields>,
    metadata: Metadata,
}

/// What version 2 says of a version.
#[derive(Default, Deserialize)]
pub(super) struct Metadata {
    /// Empty where it is kept; in the future where it is not.
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
    data: KeysData,
}

#[derive(Deserialize)]
struct KeysData {
    keys: Vec<String>,
}

impl Vault {
    /// The field `field` of the secret at `path`; `None` where there is none.
    pub fn read(
        &self,
        engine: &Engine,
        path: &str,
        field: &str,
    ) -> Result<Option<SecretText>, VaultError> {
        let Secret::Held(mut fields, _) = self.secret(engine, path)? else { return Ok(None) };
        match fields.remove(field) {
            Some(Field::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.answer(&format!("{field} is no text"))),
            None => Ok(None),
        }
    }

    /// The whole secret at `path`.
    pub(crate) fn secret(&self, engine: &Engine, path: &str) -> Result<Secret, VaultError> {
        let (status, bytes) =
            self.call(&engine.api(path, "data")?, Endpoint::get_secret_or_absence)?;
        match (status, engine.version) {
            (404, KvVersion::V1) => Ok(Secret::Absent),
            // Of one that was deleted the answer says when; of one that never was it says nothing.
            (404, KvVersion::V2) => {
                Ok(self.parse::<V2>(&bytes).map_or(Secret::Absent, |said| said.data.into_secret()))
            }
            (_, KvVersion::V1) => Ok(Secret::Held(self.parse::<V1>(&bytes)?.data, None)),
            (_, KvVersion::V2) => Ok(self.parse::<V2>(&bytes)?.data.into_secret()),
        }
    }

    /// The fields by the path in the API that Web3signer's `keyPath` names, which says nothing of the
    /// engine's version: the answer does. With when Vault deletes it, if it does. `None` where there is
    /// no secret.
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

    /// The names in the folder at `path`; those that end in `/` are folders. Empty where there is
    /// none.
    pub fn list(&self, engine: &Engine, path: &str) -> Result<Vec<String>, VaultError> {
        let url = engine.api(path, "metadata")?;
        let listed = self.call(&url, |endpoint, url| match endpoint.read("LIST", url) {
            // What stands before a Vault may let only methods through that it knows.
            Err(HttpError::Status { status: 405 | 501, .. }) => {
                endpoint.get_bytes(&format!("{url}?list=true"))
            }
            listed => listed,
        });
        match listed {
            Ok(bytes) => Ok(self.parse::<Keys>(&bytes)?.data.keys),
            Err(VaultError::Http(error)) if says_nothing_is_there(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

/// Of a folder that is not there Vault says 404 and nothing else: where it gives a reason, there is
/// no engine, or one of another version.
pub(super) fn says_nothing_is_there(error: &HttpError) -> bool {
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
    /// The path of a secret in the API, encoded; `kind` is what version 2 puts between.
    pub(super) fn api(&self, path: &str, kind: &str) -> Result<String, VaultError> {
        let (mount, path) = (path::encode(&self.mount)?, path::encode_any(path)?);
        let folder = match self.version {
            KvVersion::V1 => mount,
            KvVersion::V2 => format!("{mount}/{kind}"),
        };
        Ok(path::join(&folder, &path).trim_end_matches('/').to_owned())
    }
}
