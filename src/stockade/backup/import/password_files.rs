//! Password files of keystores.

use std::path::{Path, PathBuf};

use crate::{backup::set::error::BackupError, store::private_file};
use stockade_keystore::{bls::PublicKey, eth2_keystore::Password};

/// The longest password file.
const MAX_PASSWORD: u64 = 4096;

/// Where the passwords of the keystores are.
#[derive(Debug)]
pub enum Passwords {
    /// One for all.
    One(Password),
    /// A folder with a file for each: `<keystore's name>.txt`, `<stem>.txt`, `<stem>.password` or
    /// `0x<pubkey>`.
    Folder(PathBuf),
}

/// Finds the password file of one keystore in `folder`, by the names that clients use: `<keystore's
/// name>.txt`, `<stem>.txt`, `<stem>.password` or `0x<pubkey>`. The error lists these names.
pub fn password_file(file: &Path, pubkey: &PublicKey, folder: &Path) -> Result<PathBuf, String> {
    password_file_of(file, Some(pubkey), folder)
}

/// Like [`password_file`], for a keystore that may not name its public key.
pub(crate) fn password_file_of(
    file: &Path,
    pubkey: Option<&PublicKey>,
    folder: &Path,
) -> Result<PathBuf, String> {
    let name = |os: Option<&std::ffi::OsStr>| os.map(|n| n.to_string_lossy().into_owned());
    let mut names = Vec::new();
    names.extend(name(file.file_name()).map(|n| format!("{n}.txt")));
    let stem = name(file.file_stem()).unwrap_or_default();
    names.extend([format!("{stem}.txt"), format!("{stem}.password")]);
    names.extend(pubkey.map(|pubkey| format!("0x{pubkey}")));
    let mut places = names.iter().map(|name| folder.join(name));
    // A keystore whose own name ends in `.txt` is not its password.
    let found = places.find(|path| path.is_file() && path != file);
    found.ok_or_else(|| {
        format!("no password for it in {} ({})", stockade_base::shown(&folder), names.join(", "))
    })
}

/// Reads a password file that was found. A newline at the end is dropped, as the clients do.
pub fn read_password(path: &Path) -> Result<Password, BackupError> {
    parse(path, private_file::read_regular(path, MAX_PASSWORD)?)
}

/// Like [`read_password`], for a file that the user named, which may be a pipe.
pub fn read_named_password(path: &Path) -> Result<Password, BackupError> {
    parse(path, private_file::read(path, MAX_PASSWORD)?)
}

fn parse(path: &Path, bytes: Vec<u8>) -> Result<Password, BackupError> {
    Password::from_file(&zeroize::Zeroizing::new(bytes))
        .map_err(|error| BackupError::PasswordFile(path.to_owned(), error.to_string()))
}
