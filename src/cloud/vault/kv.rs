//! The key/value engine: version 1, which overwrites, and version 2, which keeps versions and can
//! be told to write only what is not there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::{Vault, VaultError, require_path};
use crate::{
    cloud::{
        HttpError,
        field::{Field, Fields},
        same::same_secret,
    },
    json::clip,
    secret::SecretText,
};

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

/// What a write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is there now.
    New,
    /// The same was there already.
    Same,
}

/// The texts of a secret, by the names of its fields; `None` of a field that is no text.
pub type Texts = BTreeMap<String, Option<SecretText>>;

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
    #[serde(rename = "metadata")]
    _metadata: IgnoredAny,
}

#[derive(Deserialize)]
struct Keys {
    data: KeysData,
}

#[derive(Deserialize)]
struct KeysData {
    keys: Vec<String>,
}

#[derive(Deserialize)]
struct Mount {
    data: MountData,
}

#[derive(Deserialize)]
struct MountData {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    options: Option<BTreeMap<String, String>>,
}

impl MountData {
    fn version(&self) -> Option<KvVersion> {
        let version = self.options.as_ref().and_then(|options| options.get("version"));
        match (self.kind.as_str(), version.map(String::as_str)) {
            ("kv" | "generic", None | Some("1")) => Some(KvVersion::V1),
            ("kv", Some("2")) => Some(KvVersion::V2),
            _ => None,
        }
    }
}

#[derive(Serialize)]
struct PutV2<'a> {
    options: Cas,
    data: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct Cas {
    /// 0: only where there is no version yet.
    cas: u32,
}

impl Vault {
    /// The field `field` of the secret at `path`; `None` where there is none.
    pub fn read(
        &self,
        engine: &Engine,
        path: &str,
        field: &str,
    ) -> Result<Option<SecretText>, VaultError> {
        match self.fields(engine, path)?.and_then(|mut fields| fields.remove(field)) {
            Some(Field::Text(text)) => Ok(Some(text)),
            Some(Field::Other(_)) => {
                Err(self.endpoint.answer(format!("{field} is no text")).into())
            }
            None => Ok(None),
        }
    }

    /// The whole secret at `path`; `None` where there is none.
    fn fields(&self, engine: &Engine, path: &str) -> Result<Option<Fields>, VaultError> {
        let bytes = match self.endpoint.get_secret(&engine.url(path, "data")?) {
            Ok(bytes) => bytes,
            Err(error) if says_nothing_is_there(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok(match engine.version {
            KvVersion::V1 => Some(self.endpoint.parse::<V1>(&bytes)?.data),
            KvVersion::V2 => self.endpoint.parse::<V2>(&bytes)?.data.data,
        })
    }

    /// The fields of the secret at `path` by their names, those that are no texts without a value;
    /// `None` where there is no secret.
    pub fn texts(&self, engine: &Engine, path: &str) -> Result<Option<Texts>, VaultError> {
        Ok(self.fields(engine, path)?.map(texts))
    }

    /// The same by the path in the API that Web3signer's `keyPath` names, which says nothing of the
    /// engine's version: the answer does.
    pub fn texts_at(&self, key_path: &str) -> Result<Option<Texts>, VaultError> {
        let path = key_path.trim_start_matches('/');
        require_path(path.strip_prefix("v1/").ok_or(VaultError::Path(clip(key_path, 80)))?)?;
        let bytes = match self.endpoint.get_secret(&format!("/{path}")) {
            Ok(bytes) => bytes,
            Err(error) if says_nothing_is_there(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match self.endpoint.parse::<V2>(&bytes) {
            Ok(answer) => Ok(answer.data.data.map(texts)),
            Err(_) => Ok(Some(texts(self.endpoint.parse::<V1>(&bytes)?.data))),
        }
    }

    /// Writes `value` to the field `field` of the secret at `path`, where nothing is; reads it back
    /// and compares. Another value that is there already stays.
    ///
    /// Version 1 cannot be told to write only what is new: between looking and writing somebody
    /// else may write.
    pub fn put(
        &self,
        engine: &Engine,
        path: &str,
        field: &str,
        value: &SecretText,
    ) -> Result<Written, VaultError> {
        let occupied =
            || VaultError::Occupied { url: self.endpoint.url().to_owned(), path: path.to_owned() };
        // A write replaces the secret as a whole, with whatever others keep in it.
        if let Some(fields) = self.fields(engine, path)? {
            return match fields.get(field) {
                Some(Field::Text(there)) if same_secret(there, value) => Ok(Written::Same),
                _ => Err(occupied()),
            };
        }
        match self.write(engine, path, BTreeMap::from([(field, value.expose())])) {
            // check-and-set: somebody was faster, or a version was there and deleted.
            Err(VaultError::NotWritten {
                source: HttpError::Status { status: 400, message, .. },
                ..
            }) if message.contains("check-and-set") => return Err(occupied()),
            written => written?,
        }
        let unread = |error: VaultError| VaultError::Unread {
            path: path.to_owned(),
            source: Box::new(error),
        };
        match self.read(engine, path, field).map_err(unread)? {
            Some(there) if there.expose() == value.expose() => Ok(Written::New),
            _ => Err(VaultError::ReadBack {
                url: self.endpoint.url().to_owned(),
                path: path.to_owned(),
            }),
        }
    }

    /// Writes a whole secret: with version 2 only where none is.
    fn write(
        &self,
        engine: &Engine,
        path: &str,
        data: BTreeMap<&str, &str>,
    ) -> Result<(), VaultError> {
        let url = engine.url(path, "data")?;
        let sent = match engine.version {
            KvVersion::V1 => self.endpoint.post_repeatable(&url, &data),
            KvVersion::V2 => {
                self.endpoint.post_repeatable(&url, &PutV2 { options: Cas { cas: 0 }, data })
            }
        };
        let answer =
            sent.map_err(|source| VaultError::NotWritten { path: path.to_owned(), source })?;
        // Version 2 says which version of the secret it made, and version 1 nothing.
        match engine.version == KvVersion::V2 && answer.is_empty() {
            true => Err(VaultError::NotVersion2 {
                mount: engine.mount.clone(),
                written: format!("{}/data/{path}", engine.mount),
            }),
            false => Ok(()),
        }
    }

    /// Which version of the engine is mounted at `mount`, where that can be told.
    pub fn version_of(&self, mount: &str) -> Result<Option<KvVersion>, VaultError> {
        require_path(mount)?;
        let url = format!("/v1/sys/internal/ui/mounts/{mount}");
        match self.endpoint.get_bytes(&url).map(|bytes| self.endpoint.parse::<Mount>(&bytes)) {
            Ok(Ok(said)) => return Ok(said.data.version()),
            Ok(Err(_)) => {}
            Err(error) => unless_it_is_not_told(error)?,
        }
        // RustyVault does not say it. Settings are in version 2 alone, which shows or denies them.
        match self.endpoint.get_bytes(&format!("/v1/{mount}/config")) {
            Ok(_) => Ok(None),
            Err(error) if says_nothing_is_there(&error) => Ok(Some(KvVersion::V1)),
            Err(error) => unless_it_is_not_told(error).map(|()| None),
        }
    }

    /// The names in the folder at `path`; those that end in `/` are folders. Empty where there is
    /// none.
    pub fn list(&self, engine: &Engine, path: &str) -> Result<Vec<String>, VaultError> {
        let url = engine.url(path, "metadata")?;
        let listed = match self.endpoint.read("LIST", &url) {
            // What stands before a Vault may let only methods through that it knows.
            Err(HttpError::Status { status: 405 | 501, .. }) => {
                self.endpoint.get_bytes(&format!("{url}?list=true"))
            }
            listed => listed,
        };
        match listed {
            Ok(bytes) => Ok(self.endpoint.parse::<Keys>(&bytes)?.data.keys),
            Err(error) if says_nothing_is_there(&error) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Passes over a server's word that it does not know, or does not tell.
fn unless_it_is_not_told(error: HttpError) -> Result<(), VaultError> {
    match error.status() {
        Some(400..=428 | 430..=499) => Ok(()),
        _ => Err(error.into()),
    }
}

/// Of a secret or folder that is not there Vault says 404 and nothing else: where it gives a reason,
/// there is no engine, or one of another version.
fn says_nothing_is_there(error: &HttpError) -> bool {
    matches!(error, HttpError::Status { status: 404, message, .. } if message.is_empty())
}

fn texts(fields: Fields) -> Texts {
    let text = |(name, field)| match field {
        Field::Text(text) => (name, Some(text)),
        Field::Other(_) => (name, None),
    };
    fields.into_iter().map(text).collect()
}

impl Engine {
    /// The path of a secret in the API; `kind` is what version 2 puts between.
    fn url(&self, path: &str, kind: &str) -> Result<String, VaultError> {
        require_path(&self.mount)?;
        require_path(path)?;
        Ok(match self.version {
            KvVersion::V1 => format!("/v1/{}/{path}", self.mount),
            KvVersion::V2 => format!("/v1/{}/{kind}/{path}", self.mount),
        })
    }

    /// The path that Web3signer's `keyPath` names.
    pub fn key_path(&self, path: &str) -> Result<String, VaultError> {
        self.url(path, "data")
    }
}
