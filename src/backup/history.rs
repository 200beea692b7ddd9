//! Slashing history kept beside a set: EIP-3076 files that are only ever added to.

use std::path::Path;

use super::{BackupError, Copy, SetId};
use crate::{
    bls::PublicKey,
    staking::{Interchange, Network},
    store::{StorePath, private_file},
    timestamp::Timestamp,
};

/// The longest history that is read.
const MAX_LEN: u64 = 256 * 1024 * 1024;

/// What the person who restores says about the history of the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This file holds it.
    File(std::path::PathBuf),
    /// The keys never signed anything.
    NeverAttested,
    /// It is lost, the old machine is off for good, and the wait is understood.
    Lost,
}

/// A history that covers every key it is asked for.
#[derive(Debug)]
pub struct History {
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// The newest target epoch in it; `None` where nothing was ever attested.
    pub newest_epoch: Option<u64>,
}

/// Reads a history and makes sure that it is for this network and covers `keys`.
pub fn read(path: &Path, network: Network, keys: &[PublicKey]) -> Result<History, BackupError> {
    let bytes = private_file::read(path, MAX_LEN)?;
    check(&path.display().to_string(), bytes, network, keys)
}

fn check(
    name: &str,
    bytes: Vec<u8>,
    network: Network,
    keys: &[PublicKey],
) -> Result<History, BackupError> {
    let history = Interchange::parse(&bytes)
        .map_err(|error| BackupError::History(format!("{name}: {error}")))?;
    if *history.genesis_validators_root() != network.genesis_validators_root() {
        return Err(BackupError::History(format!(
            "{name} is the slashing history of another network than {}",
            network.name()
        )));
    }
    let newest = history.newest();
    let absent: Vec<_> = keys.iter().filter(|key| !newest.contains_key(key)).collect();
    if let Some(first) = absent.first() {
        return Err(BackupError::History(format!(
            "{name} says nothing about {} of {} keys, {first} among them",
            absent.len(),
            keys.len()
        )));
    }
    let newest_epoch = newest.values().filter_map(|newest| newest.target_epoch).max();
    Ok(History { bytes, newest_epoch })
}

/// The newest history that any copy keeps beside the set and that covers `keys`, with its date.
pub fn kept(
    copies: &[Copy],
    set: &SetId,
    keys: &[PublicKey],
) -> Result<Option<(Timestamp, History)>, BackupError> {
    let mut newest: Option<(Timestamp, History)> = None;
    for copy in copies {
        let folder: StorePath = format!("history/{set}").parse()?;
        for entry in copy.list(&folder)? {
            let stem = entry.name.strip_suffix(".json").unwrap_or_default();
            let Ok(time) = stem.parse::<Timestamp>() else { continue };
            if newest.as_ref().is_some_and(|(found, _)| *found >= time) {
                continue;
            }
            let bytes = copy.read(&folder.join(&entry.name)?, MAX_LEN)?;
            if let Ok(history) = check(&entry.name, bytes, set.network(), keys) {
                newest = Some((time, history));
            }
        }
    }
    Ok(newest)
}
