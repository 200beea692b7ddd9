//! The passwords that `keystore doctor` tries.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use stockade::{
    backup::import,
    eth2_keystore::{Diagnosis, Examiner, Keystore, MEMORY_BUDGET, NewPassword},
    secret::SecretText,
    store::private_file,
};
use zeroize::Zeroizing;

use super::files::File;
use crate::{context::Context, error::CommandError};

/// The longest password file.
const MAX_PASSWORD: u64 = 4096;

/// Where the password comes from. Without an option, the user is asked.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub struct PasswordArgs {
    /// A file with the password of all keystores
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// A folder with a password file for each keystore: NAME.txt, or 0x<pubkey>
    #[arg(long, value_name = "DIR", conflicts_with = "repair")]
    pub password_dir: Option<PathBuf>,
    /// Read the password of all keystores from this file descriptor
    #[arg(long, value_name = "N")]
    password_fd: Option<u32>,
}

impl PasswordArgs {
    /// The password exactly as it is in the file: what is wrong with it must not be lost.
    pub fn read(&self, context: &mut Context) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        let fd = self.password_fd.map(|fd| PathBuf::from(format!("/dev/fd/{fd}")));
        match self.password_file.as_ref().or(fd.as_ref()) {
            Some(file) => read(file),
            None => {
                let typed = context.terminal.password("Password of the keystores");
                let typed = typed.ok_or_else(|| {
                    CommandError::usage("no password given, and no terminal to ask on")
                        .with_hint("use --password-file or --password-fd")
                })?;
                Ok(Zeroizing::new(typed.expose().as_bytes().to_vec()))
            }
        }
    }
}

/// The content of a password file.
pub fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    Ok(Zeroizing::new(private_file::read(file, MAX_PASSWORD)?))
}

fn examiner_of(password: &[u8]) -> Result<Examiner, CommandError> {
    Examiner::new(password).map_err(|error| CommandError::input(error.to_string()))
}

/// The password to write with. It must be one that every program reads the same way.
pub fn new_password(content: &[u8]) -> Result<NewPassword, CommandError> {
    let text = std::str::from_utf8(content).map_err(|_| {
        CommandError::input("the password file is not UTF-8 text")
            .with_hint("save it as UTF-8 first: no client accepts it as it is")
    })?;
    let text = SecretText::new(text.trim_end_matches(['\r', '\n']).to_owned());
    let password =
        NewPassword::chosen(text).map_err(|error| CommandError::input(error.to_string()))?;
    let names: Vec<_> = password.misread_by().iter().map(|reader| reader.name()).collect();
    if names.is_empty() {
        return Ok(password);
    }
    Err(CommandError::input(format!(
        "these programs cannot open keystores with this password: {}",
        names.join(", ")
    ))
    .with_hint(
        "let --repair write with another password, of printable ASCII: --new-password-file FILE",
    ))
}

/// What opens the keystores.
pub enum Passwords {
    /// One password for all.
    One(Examiner),
    /// A folder with a password file for each, and what the next keystores are opened with.
    Folder(PathBuf, BTreeMap<PathBuf, Examiner>),
}

impl Passwords {
    /// One password for all.
    pub fn one(password: &[u8]) -> Result<Self, CommandError> {
        Ok(Self::One(examiner_of(password)?))
    }

    /// Runs the key derivations for the next keystores, several at a time.
    pub fn derive_ahead(&mut self, files: &[File]) {
        let parsed = files.iter().filter_map(|file| {
            Some((&file.path, Keystore::parse(file.content.as_ref().ok()?).ok()?))
        });
        let parsed: Vec<_> = parsed.collect();
        match self {
            Self::One(examiner) => {
                let keystores = parsed.iter().map(|(_, keystore)| keystore).collect();
                Examiner::derive_ahead(&mut [(examiner, keystores)], MEMORY_BUDGET);
            }
            Self::Folder(folder, next) => {
                for (path, keystore) in &parsed {
                    if let Ok(examiner) = examiner_in(folder, path, keystore) {
                        next.insert((*path).clone(), examiner);
                    }
                }
                let keystores: BTreeMap<_, _> = parsed.iter().map(|(p, k)| (*p, k)).collect();
                let all = next
                    .iter_mut()
                    .filter_map(|(path, examiner)| Some((examiner, vec![*keystores.get(path)?])));
                Examiner::derive_ahead(&mut all.collect::<Vec<_>>(), MEMORY_BUDGET);
            }
        }
    }

    /// Tries to open a keystore, or gives the reason why it was not even tried.
    pub fn examine(&mut self, file: &Path, keystore: &Keystore) -> Result<Diagnosis, String> {
        let mut own;
        let examiner = match self {
            Self::One(examiner) => examiner,
            Self::Folder(folder, next) => {
                own = match next.remove(file) {
                    Some(examiner) => examiner,
                    None => examiner_in(folder, file, keystore)?,
                };
                &mut own
            }
        };
        examiner.examine(keystore).map_err(|error| error.to_string())
    }
}

/// What opens the keystore `file` with its own password in `folder`.
fn examiner_in(folder: &Path, file: &Path, keystore: &Keystore) -> Result<Examiner, String> {
    let path = import::password_file(file, keystore.pubkey(), folder)?;
    let password = read(&path).map_err(|error| error.to_string())?;
    examiner_of(&password).map_err(|error| format!("{}: {error}", crate::shown(&path)))
}
