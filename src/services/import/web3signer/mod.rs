//! The keys that a folder of Web3signer's key configuration names, wherever they lie.

#[cfg_attr(not(feature = "aws"), path = "no_aws.rs")]
mod aws;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use zeroize::Zeroizing;

use super::{ImportError, is_about_one_secret, key_config::KeyConfig, key_place};
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

/// A hundred thousand keys in one file. Web3signer itself reads 100 MiB.
const MAX_CONFIG: u64 = 32 * 1024 * 1024;
const MAX_PASSWORD: u64 = 4096;
const DEFAULT_PORT: u16 = 8200;
const DEFAULT_FIELD: &str = "value";
/// Kinds of keys that Web3signer has and Stockade does not read.
const NOT_READ: [&str; 6] =
    ["azure-secret", "azure-key", "gcp-secret", "aws-kms", "yubihsm", "usb-armory"];

/// What is taken of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Every key that can be read.
    Whatever,
    /// The keys that Web3signer itself reads; what it does not is bad.
    AsWeb3signer,
}

/// Takes the keys that the YAML files in `folder` name. Servers are trusted by the certificates in
/// `ca`, else by the public ones, and waited for as long as `timeout`. Gives the places of keys that a
/// store deletes by itself, and when.
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

/// The files that Web3signer reads: those directly in its folder, by the ends of their names. And what
/// else is in the folder.
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
    match files.is_empty() {
        true => Err(ImportError::Nothing(format!("{} (*.yaml)", stockade_base::shown(&folder)))),
        false => Ok((files, others)),
    }
}

struct Reader<'a> {
    folder: &'a Path,
    reads: Reads,
    ca: Option<&'a [u8]>,
    timeout: Duration,
    /// Where the keys of many files lie, each connected to once.
    vaults: Vec<(String, SecretText, Vault)>,
    services: aws::Services,
    intake: &'a mut Intake,
    /// The files that a configuration names, without links.
    used: BTreeSet<PathBuf>,
    /// The places of keys that their store deletes by itself, and when.
    expiring: Vec<(String, String)>,
}

/// Why a key was not taken: it alone is bad, or nothing more can be read.
enum Failed {
    Bad(String),
    /// It could not be read, so nothing is known against it.
    Unread(String),
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

    /// Names what is in the folder but not used by any configuration.
    fn name(&mut self, others: Vec<PathBuf>) -> Result<(), ImportError> {
        for path in others {
            let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
            if self.used.iter().any(|used| used.starts_with(&real)) {
                continue;
            }
            let what = match path.is_dir() {
                true => "a folder, into which Web3signer does not look".to_owned(),
                false => match recognise::look(&path) {
                    Content::Other(what) | Content::Bad(what) => what,
                    Content::Archive(archive) => archive.what(),
                    Content::Definitions(_) => "not a key configuration".to_owned(),
                    _ => "a keystore that no configuration here names".to_owned(),
                },
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
                    let why =
                        "Web3signer reads 64 hexadecimal digits, after 0x or not, and nothing else";
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

    /// Whatever a configuration points at should be a key.
    fn take_text(&mut self, place: &str, text: &SecretText) -> Result<(), Failed> {
        match self.intake.add_text(place, text.expose(), None)? {
            Taken::Read => Ok(()),
            Taken::SomethingElse => Err(Failed::Bad(NO_KEY.to_owned())),
        }
    }

    /// The file that a configuration names; notes that it is used.
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
            // Web3signer does not care about fields that an import would lose.
            (Reads::AsWeb3signer, Ok(keystore)) => Content::Keystore(Box::new(keystore)),
            _ => recognise::recognise(&file, &bytes),
        };
        // Its first line, and what follows is somebody's note.
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
        let read = vault.texts_at(path).map_err(|error| match is_about_one_secret(&error) {
            true => Failed::Unread(error.to_string()),
            false => error.into(),
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

/// Whether Web3signer takes a keystore, as far as its form says.
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
