//! Pairings with Trezors: one file each, which only its owner can read.

use std::{
    env, io,
    path::{Path, PathBuf},
};

use stockade::{
    store::private_file,
    trezor::{Pairing, Pairings, PairingsError},
};
use zeroize::Zeroizing;

/// The files in $XDG_CONFIG_HOME/stockade/trezor, or its equivalent.
pub struct PairingFiles;

impl Pairings for PairingFiles {
    fn load(&self) -> (Vec<Pairing>, Vec<PairingsError>) {
        let (mut pairings, mut unread) = (Vec::new(), Vec::new());
        match folder().map(|folder| files(&folder)).unwrap_or_else(|| Ok(Vec::new())) {
            Ok(files) => {
                for read in files.iter().map(|path| read(path)) {
                    match read {
                        Ok(pairing) => pairings.push(pairing),
                        Err(error) => unread.push(error),
                    }
                }
            }
            Err(error) => unread.push(error),
        }
        (pairings, unread)
    }

    fn keep(&self, pairing: &Pairing) -> Result<(), PairingsError> {
        let folder = folder().ok_or("no folder to store it in: HOME is not set")?;
        let path = folder.join(format!("{}.json", pairing.id()));
        Ok(private_file::replace(&path, pairing.to_text().as_bytes())?)
    }

    fn host_name(&self) -> String {
        host_name().filter(|name| !name.is_empty()).unwrap_or_else(|| "computer".to_owned())
    }
}

/// The files in `folder` that are pairings. Hidden files are left from writes that were interrupted.
fn files(folder: &Path) -> Result<Vec<PathBuf>, PairingsError> {
    let unread =
        |error: io::Error| PairingsError::from(format!("{}: {error}", crate::shown(&folder)));
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(unread)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(unread)?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(files)
}

fn read(path: &Path) -> Result<Pairing, PairingsError> {
    let bytes = Zeroizing::new(private_file::read_regular(path, Pairing::MAX_LEN)?);
    let named = |error| PairingsError::from(format!("{}: {error}", crate::shown(&path)));
    Pairing::parse(&bytes).map_err(named)
}

fn folder() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let config = set("XDG_CONFIG_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| set("APPDATA"))
        .or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(config.join("stockade").join("trezor"))
}

#[cfg(unix)]
fn host_name() -> Option<String> {
    Some(rustix::system::uname().nodename().to_string_lossy().into_owned())
}

#[cfg(not(unix))]
fn host_name() -> Option<String> {
    env::var("COMPUTERNAME").ok()
}
