//! Finds out an engine's mount, version and settings, and the token's rights there.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::{Data, Engine, KvVersion, Vault, VaultError, kv::is_absence, path};
use crate::endpoint::{Endpoint, HttpError};
use stockade_base::json::clip;

/// The number of paths per request for rights.
const PATHS: usize = 500;

#[derive(Deserialize)]
struct Mount {
    /// With a slash at the end. Old servers do not return it.
    path: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    options: Option<BTreeMap<String, String>>,
}

impl Mount {
    fn version(&self) -> Option<KvVersion> {
        let version = self.options.as_ref().and_then(|options| options.get("version"));
        match (self.kind.as_str(), version.map(String::as_str)) {
            ("kv" | "generic", None | Some("1")) => Some(KvVersion::V1),
            ("kv", Some("2")) => Some(KvVersion::V2),
            _ => None,
        }
    }
}

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    delete_version_after: String,
}

impl Vault {
    /// The engine that contains `place`, and the path within it: `team/kv/validators` may be in the engine
    /// mounted at `team/kv`. `None` if a policy hides it.
    pub fn engine_of(&self, place: &str) -> Result<Option<(Engine, String)>, VaultError> {
        let place = place.trim_matches('/');
        let Some(said) = self.mount(place)? else { return Ok(None) };
        let Some(mount) = said.path.as_deref().map(|mount| mount.trim_matches('/')) else {
            return Ok(None);
        };
        let rest =
            place.strip_prefix(mount).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let (Some(rest), Some(version)) = (rest, said.version()) else { return Ok(None) };
        let engine = Engine { mount: mount.to_owned(), version };
        Ok(Some((engine, rest.trim_matches('/').to_owned())))
    }

    /// The version of the engine mounted at `mount`; `None` if it cannot be found out.
    pub fn version_of(&self, mount: &str) -> Result<Option<KvVersion>, VaultError> {
        if let Some(said) = self.mount(mount)? {
            let there = said.path.as_deref().map(|there| there.trim_matches('/'));
            if there.is_some_and(|there| there != mount) {
                let there = clip(there.unwrap_or_default(), 80);
                return Err(VaultError::NotAMount { given: mount.to_owned(), mount: there });
            }
            return Ok(said.version());
        }
        // Only version 2 has settings, which it returns or denies.
        match self.get_bytes(&format!("{}/config", path::encode(mount)?)) {
            Ok(_) | Err(VaultError::Denied { .. }) => Ok(None),
            Err(VaultError::Http(error)) if is_absence(&error) => Ok(Some(KvVersion::V1)),
            Err(error) => ignore_client_errors(error).map(|()| None),
        }
    }

    /// The engine mounted there; `None` if Vault does not tell.
    fn mount(&self, place: &str) -> Result<Option<Mount>, VaultError> {
        let url = format!("sys/internal/ui/mounts/{}", path::encode(place)?);
        let bytes = match self.get_bytes(&url) {
            Ok(bytes) => bytes,
            Err(VaultError::Denied { .. }) => return Ok(None),
            Err(error) => return ignore_client_errors(error).map(|()| None),
        };
        let Ok(said) = self.parse::<Data<Mount>>(&bytes) else { return Ok(None) };
        match said.data.kind.as_str() {
            "kv" | "generic" => Ok(Some(said.data)),
            kind => {
                let mount = said.data.path.as_deref().unwrap_or(place);
                let mount = clip(mount.trim_matches('/'), 80);
                Err(VaultError::NotKeyValue { mount, kind: clip(kind, 40) })
            }
        }
    }

    /// Refuses an engine that deletes secrets after some time. If a policy hides its settings, the answer
    /// to a write shows the same.
    pub fn require_lasting(&self, engine: &Engine) -> Result<(), VaultError> {
        if engine.version == KvVersion::V1 {
            return Ok(());
        }
        let Ok(bytes) = self.get_bytes(&format!("{}/config", path::encode(&engine.mount)?)) else {
            return Ok(());
        };
        let Ok(config) = self.parse::<Data<Config>>(&bytes) else { return Ok(()) };
        match config.data.delete_version_after.as_str() {
            "" | "0" | "0s" => Ok(()),
            after => {
                Err(VaultError::ShortLived { mount: engine.mount.clone(), after: clip(after, 40) })
            }
        }
    }

    /// Refuses a folder in which the token may create and read none of the secrets `paths`. If Vault does
    /// not tell, reading some of them is tried.
    pub fn require_writable(&self, engine: &Engine, paths: &[String]) -> Result<(), VaultError> {
        let mut hidden = None;
        for paths in paths.chunks(PATHS) {
            match self.may_create(engine, paths)? {
                Some(true) => return Ok(()),
                Some(false) => {}
                None => {
                    hidden = Some(paths);
                    break;
                }
            }
        }
        let denied = match hidden {
            None => match paths.first() {
                None => return Ok(()),
                Some(first) => VaultError::ReadOnly {
                    url: self.url().to_owned(),
                    path: first
                        .rsplit_once('/')
                        .map_or(first.as_str(), |(folder, _)| folder)
                        .into(),
                },
            },
            Some(paths) => {
                let mut denied = None;
                for path in paths.iter().take(16) {
                    match self.secret(engine, path) {
                        Err(error @ VaultError::Denied { .. }) => denied = Some(error),
                        Err(error) => return Err(error),
                        Ok(_) => return Ok(()),
                    }
                }
                let Some(denied) = denied else { return Ok(()) };
                denied
            }
        };
        Err(denied)
    }

    /// Whether the token may create and read any of `paths`; `None` if Vault does not tell.
    fn may_create(&self, engine: &Engine, paths: &[String]) -> Result<Option<bool>, VaultError> {
        let kind = if engine.version == KvVersion::V2 { "data" } else { "" };
        let folder = path::join(&engine.mount, kind);
        let folder = folder.trim_end_matches('/');
        let asked: Vec<_> = paths.iter().map(|path| path::join(folder, path)).collect();
        let body = json!({ "paths": asked });
        let answered = self.call("sys/capabilities-self", |endpoint: &Endpoint, url| {
            endpoint.post_repeatable(url, &body)
        });
        let bytes = match answered {
            Ok(bytes) => bytes,
            Err(VaultError::Denied { .. }) => return Ok(None),
            Err(error) => return ignore_client_errors(error).map(|()| None),
        };
        let Ok(answer) = self.parse::<Data<BTreeMap<String, Vec<String>>>>(&bytes) else {
            return Ok(None);
        };
        let rights: Vec<_> = asked.iter().filter_map(|path| answer.data.get(path)).collect();
        if rights.len() != asked.len() {
            return Ok(None);
        }
        let has = |rights: &[String], right: &str| rights.iter().any(|there| there == right);
        let usable = |rights: &&Vec<String>| {
            has(rights, "root")
                || has(rights, "read") && (has(rights, "create") || has(rights, "update"))
        };
        Ok(Some(rights.iter().any(usable)))
    }
}

/// Ignores 4xx answers, by which a server refuses to tell. 429 stays an error.
fn ignore_client_errors(error: VaultError) -> Result<(), VaultError> {
    match error {
        VaultError::Http(HttpError::Status { status: 400..=428 | 430..=499, .. }) => Ok(()),
        error => Err(error),
    }
}
