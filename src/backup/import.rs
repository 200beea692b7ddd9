//! Keystores that another tool made, found in files and folders, and their passwords. None is
//! touched.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
};

use super::{BackupError, intake::Intake};
use crate::{
    bls::PublicKey,
    eth2_keystore::{Keystore, Password},
    json,
    store::{Directory, EntryKind, Store as _, private_file},
};

/// The longest file that is looked at; deposit data and histories lie among keystores.
const MAX_OTHER: u64 = 64 * 1024 * 1024;
/// The longest password file.
const MAX_PASSWORD: u64 = 4096;
/// As deep as clients nest their keystores.
const MAX_DEPTH: usize = 4;

/// Where the passwords of the keystores are.
#[derive(Debug)]
pub enum Passwords {
    /// One for all.
    One(Password),
    /// A folder with a file for each: `<keystore's name>.txt`, `<stem>.txt`, `0x<pubkey>`.
    Folder(PathBuf),
}

/// The keystores in files and folders.
#[derive(Debug, Default)]
pub struct Found {
    /// Those that can be read.
    pub keystores: Vec<(PathBuf, Keystore)>,
    /// Those that cannot, and why.
    pub bad: Vec<(PathBuf, String)>,
    /// Files that are no keystores.
    pub skipped: Vec<PathBuf>,
}

/// Finds the keystores in files and folders: every `*.json` that is one. A file named by itself
/// must be one.
pub fn find(from: &[PathBuf]) -> Result<Found, BackupError> {
    let mut found = Found::default();
    for path in from {
        match path.is_dir() {
            false => read_one(path.clone(), true, &mut found),
            true => {
                for file in json_files(path, &mut found.bad)? {
                    read_one(file, false, &mut found);
                }
            }
        }
    }
    Ok(found)
}

/// In a folder, a file that is clearly of another format is passed over; one that cannot be read,
/// or is half a keystore, may be a key that somebody counts on.
fn read_one(file: PathBuf, named_itself: bool, found: &mut Found) {
    let bytes = match private_file::read(&file, MAX_OTHER) {
        Ok(bytes) => bytes,
        Err(error) => return found.bad.push((file, error.to_string())),
    };
    match Keystore::parse(&bytes) {
        Ok(keystore) => found.keystores.push((file, keystore)),
        Err(_) if !named_itself && is_other_json(&bytes) => found.skipped.push(file),
        Err(error) => found.bad.push((file, error.to_string())),
    }
}

/// Whole JSON without the one field that makes a keystore: deposit data, slashing protection, ..
pub(super) fn is_other_json(bytes: &[u8]) -> bool {
    let value = json::from_slice::<serde_json::Value>(bytes, MAX_OTHER as usize);
    value.is_ok_and(|value| value.get("crypto").is_none())
}

/// The same of one file or folder, to be taken over.
pub fn take(from: &Path, intake: &mut Intake) -> Result<(), BackupError> {
    let Found { keystores, bad, skipped } = find(&[from.to_owned()])?;
    let name = |path: PathBuf| crate::shown(&path).to_string();
    for (path, keystore) in keystores {
        intake.add_keystore(name(path), keystore, None)?;
    }
    bad.into_iter().try_for_each(|(path, why)| intake.add_bad(name(path), why))?;
    skipped.into_iter().try_for_each(|path| intake.add_skipped(name(path)))?;
    Ok(())
}

/// The password file of one keystore in `folder`, by the names that clients give such files:
/// `<keystore's name>.txt`, `<stem>.txt`, `0x<pubkey>`. Else what was looked for.
pub fn password_file(file: &Path, pubkey: &PublicKey, folder: &Path) -> Result<PathBuf, String> {
    let name = |os: Option<&std::ffi::OsStr>| os.map(|n| n.to_string_lossy().into_owned());
    let mut names = Vec::new();
    names.extend(name(file.file_name()).map(|n| format!("{n}.txt")));
    names.extend(name(file.file_stem()).map(|n| format!("{n}.txt")));
    names.push(format!("0x{pubkey}"));
    let found = names.iter().map(|name| folder.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| {
        format!("no password for it in {} ({})", crate::shown(&folder), names.join(", "))
    })
}

/// A password file: its content without a newline at the end, as the clients read it.
pub fn read_password(path: &Path) -> Result<Password, BackupError> {
    let bytes = zeroize::Zeroizing::new(private_file::read(path, MAX_PASSWORD)?);
    Password::from_file(&bytes)
        .map_err(|error| BackupError::PasswordFile(path.to_owned(), error.to_string()))
}

/// The `*.json` files in a folder and those in it. Links to files are followed, for secrets are
/// often mounted so; what lies deeper than clients nest keystores is named in `bad`.
fn json_files(
    folder: &Path,
    bad: &mut Vec<(PathBuf, String)>,
) -> Result<Vec<PathBuf>, BackupError> {
    let mut files = Vec::new();
    let mut to_read = VecDeque::from([(folder.to_owned(), 0)]);
    while let Some((folder, depth)) = to_read.pop_front() {
        for entry in Directory::new(&folder).entries()? {
            let path = folder.join(&entry.name);
            match entry.kind {
                EntryKind::Folder if depth < MAX_DEPTH => to_read.push_back((path, depth + 1)),
                EntryKind::Folder => bad.push((path, "nested too deep".to_owned())),
                _ if entry.name.ends_with(".json") => files.push(path),
                _ => {}
            }
        }
    }
    Ok(files)
}
