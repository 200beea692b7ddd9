//! Histories that the user gives.

use std::path::{Path, PathBuf};

use super::{History, parse_given, select};
use crate::backup::set::error::BackupError;
use crate::store::private_file;
use stockade_keystore::{
    bls::PublicKey,
    staking::{Interchange, InterchangeError, MAX_INTERCHANGE_BYTES, Network},
};

/// How many keys are named in a message.
const NAMED: usize = 10;

/// Several given histories, merged.
#[derive(Debug)]
pub struct Given {
    /// The merged history.
    pub history: History,
    /// The requested keys that no history is about.
    pub silent: Vec<PublicKey>,
    /// How many records lack `signed_blocks` or `signed_attestations`. dirk leaves an empty list out.
    pub incomplete: usize,
}

impl Given {
    /// What a person should know of records that lack a list.
    pub fn note(&self) -> Option<String> {
        let records = match self.incomplete {
            0 => return None,
            1 => "1 record has".to_owned(),
            n => format!("{n} records have"),
        };
        Some(format!(
            "note: {records} no list of signed blocks or of signed attestations, as dirk writes it when \
             there were none: it counts as empty"
        ))
    }
}

/// Reads a history, and checks that it is for this network and covers `keys`.
pub fn read(path: &Path, network: Network, keys: &[PublicKey]) -> Result<History, BackupError> {
    require_all(
        &stockade_base::shown(&path).to_string(),
        read_all(&[path.to_owned()], network, keys)?,
        keys,
    )
}

/// Like [`read`], for a history that is in memory; `name` is for messages.
pub fn check(
    name: &str,
    bytes: Vec<u8>,
    network: Network,
    keys: &[PublicKey],
) -> Result<History, BackupError> {
    require_all(name, check_all(&[(name.to_owned(), bytes)], network, keys)?, keys)
}

/// Reads several histories, which must all be for this network, and merges what they say about
/// `keys`.
pub fn read_all(
    paths: &[PathBuf],
    network: Network,
    keys: &[PublicKey],
) -> Result<Given, BackupError> {
    let read = |path: &PathBuf| {
        let bytes = private_file::read(path, MAX_INTERCHANGE_BYTES as u64)?;
        parse_named(&stockade_base::shown(&path).to_string(), &bytes, network)
    };
    given(paths.iter().map(read), network, keys)
}

/// Like [`read_all`], for histories that are in memory, each with a name for messages.
pub fn check_all(
    files: &[(String, Vec<u8>)],
    network: Network,
    keys: &[PublicKey],
) -> Result<Given, BackupError> {
    given(files.iter().map(|(name, bytes)| parse_named(name, bytes, network)), network, keys)
}

fn require_all(name: &str, given: Given, keys: &[PublicKey]) -> Result<History, BackupError> {
    if given.silent.is_empty() {
        Ok(given.history)
    } else {
        Err(BackupError::History(says_nothing_about(name, &given.silent, keys.len())))
    }
}

/// The user can give another file, so anything wrong with this one is an error.
fn parse_named(
    name: &str,
    bytes: &[u8],
    network: Network,
) -> Result<(Interchange, usize), BackupError> {
    parse_given(bytes, network).map_err(|why| BackupError::History(format!("{name}: {why}")))
}

fn given(
    files: impl Iterator<Item = Result<(Interchange, usize), BackupError>>,
    network: Network,
    keys: &[PublicKey],
) -> Result<Given, BackupError> {
    let failed = |error: InterchangeError| BackupError::History(error.to_string());
    let mut all = Interchange::new(network.genesis_validators_root());
    // One at a time: each may be large.
    let mut incomplete = 0;
    for file in files {
        let (file, lacking) = file?;
        all = all.merge([file]).map_err(failed)?;
        incomplete += lacking;
    }
    let (newest, silent) = select(&all, keys);
    let asked = all.about(&keys.iter().copied().collect());
    let mut history = History::new(&asked, newest)?;
    if asked.records().len() < all.records().len() {
        history.whole = Some(all.to_json().map_err(failed)?.into_bytes());
    }
    Ok(Given { history, silent, incomplete })
}

/// The message that `name` says nothing about the `silent` ones of `keys` keys.
pub fn says_nothing_about(name: &str, silent: &[PublicKey], keys: usize) -> String {
    let named: Vec<_> = silent.iter().take(NAMED).map(PublicKey::to_string).collect();
    let more = match silent.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let count = silent.len();
    format!("{name} says nothing about {count} of {keys} keys: {}{more}", named.join(", "))
}
