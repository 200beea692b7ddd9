//! Reads keys from Vault.

use std::collections::VecDeque;

use super::{
    ImportError,
    findings::Findings,
    purpose::Purpose,
    secret::{At, Reader},
};
use crate::{
    secret_store::{stated, stated_key},
    vault::{Engine, Secret, Vault, VaultError, join},
};
use stockade::backup::verdict::Reason;
use stockade_base::json::clip;
use stockade_wallet::interact::Progress;

/// The deepest nesting of folders that is read.
const MAX_DEPTH: usize = 8;
/// Limits a listing, so that it cannot fill the memory.
const MAX_SECRETS: usize = 200_000;
/// The longest name that is accepted.
const MAX_NAME: usize = 512;

/// Reads the secret at `path`, and all secrets in that folder and its subfolders.
pub fn vault(
    vault: &Vault,
    engine: &Engine,
    path: &str,
    purpose: Purpose<'_>,
    progress: &mut dyn Progress,
) -> Result<Findings, ImportError> {
    let mut findings = Findings::default();
    let path = path.trim_matches('/');
    let secrets = list(vault, engine, path, &mut findings)?;
    let total = secrets.len();
    let mut there = !findings.wrong.is_empty();
    let mut reading = Reading { vault, engine, path, alone: total == 1, purpose, findings };
    for (done, secret) in secrets.iter().enumerate() {
        progress.step("reading secrets", done, total);
        if progress.stopped() {
            return Err(ImportError::Stopped);
        }
        there |= reading.read(secret)?;
    }
    progress.step("reading secrets", total, total);
    if !there {
        return Err(ImportError::Nothing(place(engine, path)));
    }
    Ok(reading.findings)
}

fn place(engine: &Engine, path: &str) -> String {
    format!("vault:{}/{}", engine.mount, clip(path, 4096))
}

/// The paths of all secrets at and below `path`. The first one is `path` itself, unless it is the root of
/// the mount.
fn list(
    vault: &Vault,
    engine: &Engine,
    path: &str,
    findings: &mut Findings,
) -> Result<Vec<String>, ImportError> {
    let mut secrets = Vec::new();
    if !path.is_empty() {
        secrets.push(path.to_owned());
    }
    let mut folders = VecDeque::from([(path.to_owned(), 0)]);
    while let Some((folder, depth)) = folders.pop_front() {
        let mut not_checked =
            |why: String| findings.add_wrong(place(engine, &folder), None, Reason::NotChecked, why);
        let names = match vault.list(engine, &folder) {
            Ok(names) => names,
            Err(error @ VaultError::Denied { .. }) if depth > 0 => {
                let (folder, why) = (place(engine, &folder), error.to_string());
                findings.add_wrong(folder, None, Reason::Denied, why)?;
                continue;
            }
            Err(error) if error.is_about_one_secret() && depth > 0 => {
                not_checked(error.to_string())?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if names.is_empty() && depth > 0 {
            not_checked("a listed folder, but its own listing is empty".to_owned())?;
        }
        for name in names {
            let (name, is_folder) = match name.strip_suffix('/') {
                Some(name) => (name, true),
                None => (name.as_str(), false),
            };
            let path = join(&folder, name);
            let odd = name.is_empty() || name.contains('/') || matches!(name, "." | "..");
            let mut skip =
                |why| findings.add_wrong(place(engine, &path), None, Reason::NotChecked, why);
            if odd || name.len() > MAX_NAME {
                skip("not a name that can be requested")?;
            } else if !is_folder {
                secrets.push(path);
            } else if depth < MAX_DEPTH {
                folders.push_back((path, depth + 1));
            } else {
                skip("nested too deep")?;
            }
            if secrets.len() + folders.len() > MAX_SECRETS {
                let why = format!("more than {MAX_SECRETS} secrets");
                return Err(ImportError::File { file: place(engine, &folder), why });
            }
        }
    }
    Ok(secrets)
}

struct Reading<'a> {
    vault: &'a Vault,
    engine: &'a Engine,
    /// The path that the user named.
    path: &'a str,
    /// Whether nothing else is listed below it.
    alone: bool,
    purpose: Purpose<'a>,
    findings: Findings,
}

impl Reading<'_> {
    /// Reads one secret, and returns whether it exists. The path that the user named may be a folder, a
    /// secret, or both.
    fn read(&mut self, path: &str) -> Result<bool, ImportError> {
        let place = place(self.engine, path);
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let is_named = path == self.path;
        let key = || stated(name).as_deref().and_then(stated_key);
        let (reason, why) = match self.vault.secret(self.engine, path) {
            Ok(Secret::Held(fields, expires)) => {
                let at = At {
                    place: &place,
                    name,
                    exact: is_named && self.alone,
                    below: !is_named && folder != self.path,
                    expires: expires.as_deref(),
                };
                Reader { purpose: self.purpose, findings: &mut self.findings }
                    .fields(at, &fields)?;
                return Ok(true);
            }
            Ok(Secret::Absent) if is_named => return Ok(false),
            Ok(Secret::Absent) => (Reason::NotChecked, "listed, but it has no version".to_owned()),
            Ok(Secret::Deleted(at)) => {
                (Reason::Deleted, VaultError::Deleted { path: path.to_owned(), at }.to_string())
            }
            Ok(Secret::Destroyed) => {
                (Reason::Destroyed, VaultError::Destroyed { path: path.to_owned() }.to_string())
            }
            // A policy may allow what is below the path, but not the path itself.
            Err(VaultError::Denied { .. }) if is_named && !self.alone => return Ok(false),
            Err(VaultError::Denied { url, path, message }) if is_named => {
                return Err(ImportError::NothingOrDenied { place, url, path, message });
            }
            Err(error @ VaultError::Denied { .. }) => (Reason::Denied, error.to_string()),
            Err(error) if error.is_about_one_secret() && !is_named => {
                (Reason::Unreadable, error.to_string())
            }
            Err(error) => return Err(error.into()),
        };
        self.findings.add_wrong(place, key(), reason, why)?;
        Ok(true)
    }
}
