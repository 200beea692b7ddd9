//! Reads the keys that a folder with Web3signer's key configuration names, wherever they are stored.

#[cfg_attr(not(feature = "aws"), path = "no_aws.rs")]
mod aws;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use zeroize::Zeroizing;

use super::{ImportError, key_config::KeyConfig, key_place};
use crate::{
    endpoint::Endpoint,
    vault::{Login, Vault},
    web3signer,
};
use stockade::{
    backup::{
        intake::{Intake, NO_KEY, Taken},
        recognise::{self, Content},
        walk,
    },
    store::{StoreError, private_file},
};
use stockade_base::{json::clip, secret::SecretText};
use stockade_keystore::eth2_keystore::{Client, Keystore, MAX_KEYSTORE_BYTES, Password, Profile};
use stockade_wallet::interact::Progress;

/// The largest configuration file: a hundred thousand keys. Web3signer itself reads 100 MiB.
const MAX_CONFIG: u64 = 32 * 1024 * 1024;
const MAX_PASSWORD: u64 = 4096;
const DEFAULT_PORT: u16 = 8200;
const DEFAULT_FIELD: &str = "value";
/// Kinds of keys that Web3signer supports and Stockade does not.
const NOT_READ: [&str; 6] =
    ["azure-secret", "azure-key", "gcp-secret", "aws-kms", "yubihsm", "usb-armory"];

/// Which keys in a folder are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reads {
    /// Every key that can be read.
    Whatever,
    /// The keys that Web3signer itself reads. All others are bad.
    AsWeb3signer,
}

/// Adds the keys named by the YAML files in `folder` to `intake`. `ca` are the trusted certificate
/// authorities (PEM), by default the system's. Servers must answer within `timeout`. Returns the places
/// of keys that their store will delete, with the time.
pub fn web3signer(
    folder: &Path,
    reads: Reads,
    ca: Option<&[u8]>,
    timeout: Duration,
    intake: &mut Intake,
    progress: &mut dyn Progress,
) -> Result<Vec<(String, String)>, ImportError> {
    let (files, others) = entries(folder, intake)?;
    let mut reader = Reader {
        folder,
        reads,
        ca,
        timeout,
        vaults: Vec::new(),
        services: aws::Services::default(),
        intake,
        used: BTreeSet::new(),
        expiring: Vec::new(),
    };
    for (done, file) in files.iter().enumerate() {
        progress.step("reading key configuration", done, files.len());
        reader.take_file(file)?;
    }
    progress.step("reading key configuration", files.len(), files.len());
    reader.name(others)?;
    Ok(reader.expiring)
}

/// The files that Web3signer reads, which are directly in the folder and have certain extensions, and
/// all other entries of the folder.
fn entries(
    folder: &Path,
    intake: &mut Intake,
) -> Result<(Vec<PathBuf>, Vec<PathBuf>), ImportError> {
    let names = walk::list(folder).map_err(|error| StoreError::io(folder, error))?;
    let (mut files, mut others) = (Vec::new(), Vec::new());
    for name in names {
        let path = folder.join(&name);
        let name = name.to_string_lossy().to_ascii_lowercase();
        let is_config = name.ends_with(".yaml") || name.ends_with(".yml");
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => others.push(path),
            _ if is_config && !name.starts_with('.') => files.push(path),
            _ if is_config => {
                let what = "a hidden file, which Web3signer does not read";
                intake.add_skipped_as(stockade_base::shown(&path).to_string(), what)?;
            }
            _ => others.push(path),
        }
    }
    if files.is_empty() {
        return Err(ImportError::Nothing(format!("{} (*.yaml)", stockade_base::shown(&folder))));
    }
    Ok((files, others))
}

struct Reader<'a> {
    folder: &'a Path,
    reads: Reads,
    ca: Option<&'a [u8]>,
    timeout: Duration,
    /// The Vaults that were logged in to, each once.
    vaults: Vec<(String, SecretText, Vault)>,
    services: aws::Services,
    intake: &'a mut Intake,
    /// The files that configurations name, with links resolved.
    used: BTreeSet<PathBuf>,
    /// The places of keys that their store will delete, with the time.
    expiring: Vec<(String, String)>,
}

/// Why a key was not read.
enum Failed {
    /// The key is bad.
    Bad(String),
    /// The key could not be read, so it is not known whether it is bad.
    Unread(String),
    /// Nothing more can be read.
    Ended(ImportError),
}

impl<E: Into<ImportError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Ended(error.into())
    }
}

impl Reader<'_> {
    fn take_file(&mut self, file: &Path) -> Result<(), ImportError> {
        let name = stockade_base::shown(&file).to_string();
        let text = read_text(file, MAX_CONFIG);
        let configs = text.and_then(|text| KeyConfig::parse(&text).map_err(Failed::Bad));
        let configs = match configs {
            Ok(configs) => configs,
            Err(failed) => return self.note(name, failed),
        };
        let several = configs.len() > 1;
        for (i, config) in configs.iter().enumerate() {
            let place = if several { format!("{name}, key {}", i + 1) } else { name.clone() };
            if let Err(failed) = self.take(&place, config) {
                self.note(place, failed)?;
            }
        }
        Ok(())
    }

    fn note(&mut self, place: String, failed: Failed) -> Result<(), ImportError> {
        match failed {
            Failed::Bad(why) => Ok(self.intake.add_bad(place, why)?),
            Failed::Unread(why) => Ok(self.intake.add_unread(place, why)?),
            Failed::Ended(error) => Err(error),
        }
    }

    /// Reports entries of the folder that no configuration uses.
    fn name(&mut self, others: Vec<PathBuf>) -> Result<(), ImportError> {
        for path in others {
            let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
            if self.used.iter().any(|used| used.starts_with(&real)) {
                continue;
            }
            let what = if path.is_dir() {
                "a folder, which Web3signer does not read".to_owned()
            } else {
                match recognise::look(&path) {
                    Content::Other(what) | Content::Bad(what) => what,
                    Content::Archive(archive) => archive.what(),
                    Content::Definitions(_) => "not a key configuration".to_owned(),
                    _ => "a keystore that no configuration here names".to_owned(),
                }
            };
            self.intake.add_skipped_as(stockade_base::shown(&path).to_string(), what)?;
        }
        Ok(())
    }

    fn take(&mut self, place: &str, config: &KeyConfig) -> Result<(), Failed> {
        if !config.is_bls().map_err(Failed::Bad)? {
            let what = "the key of an account (SECP256K1)";
            return Ok(self.intake.add_skipped_as(place.to_owned(), what)?);
        }
        match config.kind.as_str() {
            "file-raw" => {
                let key = need(&config.private_key, "privateKey")?;
                if self.reads == Reads::AsWeb3signer && !key_place::is_plain_key(key.expose()) {
                    let why = "Web3signer reads only 64 hexadecimal digits, with or without 0x";
                    return Err(Failed::Bad(why.to_owned()));
                }
                self.take_text(place, key)
            }
            "file-keystore" => self.take_keystore(place, config),
            "hashicorp" => self.take_from_vault(place, config),
            "aws-secret" => self.take_from_aws(place, config),
            kind => {
                let why = format!("keys of type `{}` cannot be imported", clip(kind, 40));
                Err(if NOT_READ.contains(&kind) { Failed::Unread(why) } else { Failed::Bad(why) })
            }
        }
    }

    /// Reads a text that must be a key, because a configuration names it.
    fn take_text(&mut self, place: &str, text: &SecretText) -> Result<(), Failed> {
        match self.intake.add_text(place, text.expose(), None)? {
            Taken::Read => Ok(()),
            Taken::SomethingElse => Err(Failed::Bad(NO_KEY.to_owned())),
        }
    }

    /// The file that a configuration names. It is recorded as used.
    fn file(&mut self, named: &str) -> Result<PathBuf, Failed> {
        let file = key_place::file(named, self.folder).map_err(Failed::Bad)?;
        self.used.extend(fs::canonicalize(&file));
        Ok(file)
    }

    fn take_keystore(&mut self, place: &str, config: &KeyConfig) -> Result<(), Failed> {
        let file = self.file(need(&config.keystore_file, "keystoreFile")?)?;
        let password = self.file(need(&config.keystore_password_file, "keystorePasswordFile")?)?;
        let bytes = private_file::read_regular(&file, MAX_KEYSTORE_BYTES as u64);
        let bytes = bytes.map_err(|error| Failed::Unread(error.to_string()))?;
        let named = |error: &str| format!("{}: {error}", stockade_base::shown(&file));
        let keystore = match (self.reads, Keystore::parse(&bytes)) {
            // Web3signer ignores fields that an import would lose.
            (Reads::AsWeb3signer, Ok(keystore)) => Content::Keystore(Box::new(keystore)),
            _ => recognise::recognise(&file, &bytes),
        };
        // Only the first line is the password.
        let text = read_text(&password, MAX_PASSWORD)?;
        let line = text.lines().next().unwrap_or_default();
        let password =
            Password::new(line).map_err(|error| Failed::Bad(named(&error.to_string())))?;
        if self.reads == Reads::AsWeb3signer {
            require_taken(&bytes).map_err(|why| Failed::Unread(named(&why)))?;
        }
        let (place, password) = (place.to_owned(), Some(password));
        match keystore {
            Content::Keystore(keystore) => {
                Ok(self.intake.add_keystore(place, *keystore, password)?)
            }
            Content::Unnamed(keystore) if !keystore.holds_list() => {
                Ok(self.intake.add_unnamed(place, *keystore, password)?)
            }
            Content::Bad(why) => Err(Failed::Bad(named(&why))),
            _ => Err(Failed::Bad(named("not a keystore of one key"))),
        }
    }

    fn take_from_vault(&mut self, place: &str, config: &KeyConfig) -> Result<(), Failed> {
        let path = need(&config.key_path, "keyPath")?;
        if self.reads == Reads::AsWeb3signer {
            web3signer::require_key_path(path).map_err(|error| Failed::Bad(error.to_string()))?;
        }
        let field = config.key_name.as_deref().unwrap_or(DEFAULT_FIELD);
        let vault = self.vault(config)?;
        let read = vault.texts_at(path).map_err(|error| {
            if error.is_about_one_secret() {
                Failed::Unread(error.to_string())
            } else {
                error.into()
            }
        })?;
        let (mut texts, expires) = read
            .ok_or_else(|| Failed::Unread(format!("nothing is stored at {}", clip(path, 200))))?;
        let text = texts.remove(field).flatten().ok_or_else(|| {
            Failed::Bad(format!("{} has no text field `{}`", clip(path, 200), clip(field, 80)))
        })?;
        self.take_text(place, &text)?;
        self.expiring.extend(expires.map(|at| (place.to_owned(), at)));
        Ok(())
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
                    .map_err(|error| Failed::Unread(error.to_string()))?;
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

/// Checks that Web3signer accepts a keystore, as far as its form shows.
fn require_taken(keystore: &[u8]) -> Result<(), String> {
    let verdicts = Profile::read(keystore).clients(None);
    let refused = verdicts
        .into_iter()
        .find(|verdict| verdict.client == Client::Web3signer && verdict.accepts == Some(false));
    match refused {
        Some(verdict) => {
            Err(format!("Web3signer may refuse it: {}", verdict.why.unwrap_or_default()))
        }
        None => Ok(()),
    }
}

fn read_text(file: &Path, limit: u64) -> Result<Zeroizing<String>, Failed> {
    let bytes = private_file::read_regular(file, limit);
    let bytes = bytes.map_err(|error| Failed::Unread(error.to_string()))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            Err(Failed::Bad(format!("{} is not UTF-8 text", stockade_base::shown(&file))))
        }
    }
}
