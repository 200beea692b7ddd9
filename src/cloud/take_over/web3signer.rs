//! The keys that a folder of Web3signer's key configuration names, wherever they lie.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use zeroize::Zeroizing;

use super::{TakeOverError, is_about_one_secret, key_config::KeyConfig};
use crate::{
    backup::intake::{Intake, NO_KEY, Taken},
    cloud::{
        Endpoint,
        aws_secrets::{AwsOptions, SecretsManager},
        vault::{Login, Vault},
    },
    eth2_keystore::{Keystore, MAX_KEYSTORE_BYTES, Password},
    interact::Progress,
    json::clip,
    secret::SecretText,
    store::{Directory, EntryKind, Store as _, private_file},
};

/// A thousand keys in one file are half of it.
const MAX_CONFIG: u64 = 1024 * 1024;
const MAX_PASSWORD: u64 = 4096;
const DEFAULT_PORT: u16 = 8200;
const DEFAULT_FIELD: &str = "value";

/// Takes the keys that the YAML files in `folder` name. Servers are trusted by the certificates in
/// `ca`, else by the public ones, and waited for as long as `timeout`.
pub fn web3signer(
    folder: &Path,
    ca: Option<&[u8]>,
    timeout: Duration,
    intake: &mut Intake,
    progress: &mut dyn Progress,
) -> Result<(), TakeOverError> {
    let files = config_files(folder, intake)?;
    let mut reader =
        Reader { folder, ca, timeout, vaults: Vec::new(), services: Vec::new(), intake };
    for (done, file) in files.iter().enumerate() {
        progress.step("reading key configuration", done, files.len());
        reader.take_file(file)?;
    }
    progress.step("reading key configuration", files.len(), files.len());
    Ok(())
}

/// The files that Web3signer reads: those of its folder itself, by the ends of their names.
fn config_files(folder: &Path, intake: &mut Intake) -> Result<Vec<PathBuf>, TakeOverError> {
    let mut files = Vec::new();
    for entry in Directory::new(folder).entries()? {
        let path = folder.join(&entry.name);
        let name = entry.name.to_ascii_lowercase();
        match entry.kind {
            EntryKind::Folder => {}
            _ if !(name.ends_with(".yaml") || name.ends_with(".yml")) => {}
            _ if name.starts_with('.') => intake.add_skipped(crate::shown(&path).to_string())?,
            _ => files.push(path),
        }
    }
    match files.is_empty() {
        true => Err(TakeOverError::Nothing(format!("{} (*.yaml)", crate::shown(&folder)))),
        false => Ok(files),
    }
}

struct Reader<'a> {
    folder: &'a Path,
    ca: Option<&'a [u8]>,
    timeout: Duration,
    /// Where the keys of many files lie, each connected to once.
    vaults: Vec<(String, SecretText, Vault)>,
    services: Vec<(AwsAccount, SecretsManager)>,
    intake: &'a mut Intake,
}

/// Where a service of AWS is, and who calls: region, endpoint, access key.
type AwsAccount = (Option<String>, Option<String>, Option<String>);

/// Why a key was not taken: it alone is bad, or nothing more can be read.
enum Failed {
    Bad(String),
    Ended(TakeOverError),
}

impl<E: Into<TakeOverError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Ended(error.into())
    }
}

impl Reader<'_> {
    fn take_file(&mut self, file: &Path) -> Result<(), TakeOverError> {
        let name = crate::shown(&file).to_string();
        let configs = match read_text(file, MAX_CONFIG).and_then(|text| KeyConfig::parse(&text)) {
            Ok(configs) => configs,
            Err(why) => {
                return Ok(self.intake.add_bad(name, why)?);
            }
        };
        let several = configs.len() > 1;
        for (i, config) in configs.iter().enumerate() {
            let place = if several { format!("{name}, key {}", i + 1) } else { name.clone() };
            match self.take(&place, config) {
                Ok(()) => {}
                Err(Failed::Bad(why)) => self.intake.add_bad(place, why)?,
                Err(Failed::Ended(error)) => return Err(error),
            }
        }
        Ok(())
    }

    fn take(&mut self, place: &str, config: &KeyConfig) -> Result<(), Failed> {
        if !config.is_bls() {
            return Ok(self.intake.add_skipped(place.to_owned())?);
        }
        match config.kind.as_str() {
            "file-raw" => {
                let key = need(&config.private_key, "privateKey")?;
                self.take_text(place, key)
            }
            "file-keystore" => self.take_keystore(place, config),
            "hashicorp" => self.take_from_vault(place, config),
            "aws-secret" => self.take_from_aws(place, config),
            kind => {
                Err(Failed::Bad(format!("keys of type `{}` are not taken over", clip(kind, 40))))
            }
        }
    }

    /// Whatever a configuration points at should be a key.
    fn take_text(&mut self, place: &str, text: &SecretText) -> Result<(), Failed> {
        match self.intake.add_text(place, text.expose(), None)? {
            Taken::Read => Ok(()),
            Taken::SomethingElse => Err(Failed::Bad(NO_KEY.to_owned())),
        }
    }

    fn take_keystore(&mut self, place: &str, config: &KeyConfig) -> Result<(), Failed> {
        let file = self.folder.join(need(&config.keystore_file, "keystoreFile")?);
        let password =
            self.folder.join(need(&config.keystore_password_file, "keystorePasswordFile")?);
        let bytes = private_file::read(&file, MAX_KEYSTORE_BYTES as u64);
        let bytes = bytes.map_err(|error| Failed::Bad(error.to_string()))?;
        let named = |error: String| Failed::Bad(format!("{}: {error}", crate::shown(&file)));
        let keystore = Keystore::parse(&bytes).map_err(|error| named(error.to_string()))?;
        // Its first line, and what follows is somebody's note.
        let text = read_text(&password, MAX_PASSWORD).map_err(Failed::Bad)?;
        let line = text.lines().next().unwrap_or_default();
        let password = Password::new(line).map_err(|error| named(error.to_string()))?;
        Ok(self.intake.add_keystore(place.to_owned(), keystore, Some(password))?)
    }

    fn take_from_vault(&mut self, place: &str, config: &KeyConfig) -> Result<(), Failed> {
        let path = need(&config.key_path, "keyPath")?;
        let field = config.key_name.as_deref().unwrap_or(DEFAULT_FIELD);
        let vault = self.vault(config)?;
        let read = vault.texts_at(path).map_err(|error| match is_about_one_secret(&error) {
            true => Failed::Bad(error.to_string()),
            false => error.into(),
        })?;
        let mut texts =
            read.ok_or_else(|| Failed::Bad(format!("nothing lies at {}", clip(path, 200))))?;
        let text = texts.remove(field).flatten().ok_or_else(|| {
            Failed::Bad(format!("{} has no text field `{}`", clip(path, 200), clip(field, 80)))
        })?;
        self.take_text(place, &text)
    }

    fn take_from_aws(&mut self, place: &str, config: &KeyConfig) -> Result<(), Failed> {
        let name = need(&config.secret_name, "secretName")?;
        let read = self.service(config)?.read(name).map_err(|error| {
            match error.is_about_one_secret() {
                true => Failed::Bad(error.to_string()),
                false => error.into(),
            }
        })?;
        let text =
            read.ok_or_else(|| Failed::Bad(format!("there is no secret {}", clip(name, 200))))?;
        self.take_text(place, &text)
    }

    fn service(&mut self, config: &KeyConfig) -> Result<&SecretsManager, Failed> {
        let specified = config.authentication_mode.as_deref() != Some("ENVIRONMENT");
        let key = match specified {
            true => {
                let secret = need(&config.secret_access_key, "secretAccessKey")?;
                Some((need(&config.access_key_id, "accessKeyId")?.as_str(), secret))
            }
            false => None,
        };
        let account = (
            config.region.clone(),
            config.endpoint_override.clone(),
            key.map(|(id, _)| id.to_owned()),
        );
        let known = self.services.iter().position(|(known, _)| *known == account);
        let at = match known {
            Some(at) => at,
            None => {
                let options = AwsOptions {
                    region: config.region.as_deref(),
                    endpoint: config.endpoint_override.as_deref(),
                    ca: self.ca,
                    key,
                };
                let opened = SecretsManager::open(&options);
                self.services.push((account, opened.map_err(|e| Failed::Bad(e.to_string()))?));
                self.services.len() - 1
            }
        };
        match self.services.get(at) {
            Some((_, service)) => Ok(service),
            None => Err(Failed::Bad("its service is not known".to_owned())),
        }
    }

    fn vault(&mut self, config: &KeyConfig) -> Result<&Vault, Failed> {
        let host = need(&config.server_host, "serverHost")?;
        let token = need(&config.token, "token")?;
        let scheme = if config.tls_enabled.unwrap_or(false) { "https" } else { "http" };
        let url = format!("{scheme}://{host}:{}", config.server_port.unwrap_or(DEFAULT_PORT));
        let known = self.vaults.iter().position(|(known, known_token, _)| {
            *known == url && known_token.expose() == token.expose()
        });
        let at = match known {
            Some(at) => at,
            None => {
                let endpoint = Endpoint::new(&url, self.ca, self.timeout)
                    .map_err(|error| Failed::Bad(error.to_string()))?;
                let copy = || SecretText::new(token.expose().to_owned());
                let vault = Vault::login(endpoint, Login::Token(copy()))?;
                self.vaults.push((url, copy(), vault));
                self.vaults.len() - 1
            }
        };
        match self.vaults.get(at) {
            Some((_, _, vault)) => Ok(vault),
            None => Err(Failed::Bad("its server is not known".to_owned())),
        }
    }
}

fn need<'a, T>(field: &'a Option<T>, name: &str) -> Result<&'a T, Failed> {
    field.as_ref().ok_or_else(|| Failed::Bad(format!("`{name}` is missing")))
}

fn read_text(file: &Path, limit: u64) -> Result<Zeroizing<String>, String> {
    let bytes = private_file::read(file, limit).map_err(|error| error.to_string())?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(format!("{} is not UTF-8 text", crate::shown(&file)))
        }
    }
}
