//! Slashing history kept beside a set: EIP-3076 files that are only ever added to.

use std::{collections::BTreeMap, path::Path};

use super::{BackupError, Copy, Digest, SetId};
use crate::{
    bls::PublicKey,
    staking::{Interchange, MAX_INTERCHANGE_BYTES, Network},
    store::{EntryKind, StorePath, private_file},
    timestamp::Timestamp,
};

/// A slashing history that covers every key it was asked for.
#[derive(Debug)]
pub struct History {
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// The newest target epoch that each key attested; `None` for one that never did.
    pub epochs: BTreeMap<PublicKey, Option<u64>>,
}

impl History {
    /// Whether any of its keys ever attested.
    pub fn attested(&self) -> bool {
        self.epochs.values().any(Option::is_some)
    }

    /// A key that attested later by `other` than by this history.
    pub fn older_than(&self, other: &Self) -> Option<PublicKey> {
        let older = |(key, epoch): (&PublicKey, &Option<u64>)| {
            (self.epochs.get(key).copied().flatten() < *epoch).then_some(*key)
        };
        other.epochs.iter().find_map(older)
    }

    /// The oldest of its keys' newest epochs, for people: no key attested less far than this.
    pub fn oldest_epoch(&self) -> Option<u64> {
        self.epochs.values().copied().min().flatten()
    }
}

/// Reads a history and makes sure that it is for this network and covers `keys`.
pub fn read(path: &Path, network: Network, keys: &[PublicKey]) -> Result<History, BackupError> {
    let bytes = private_file::read(path, MAX_INTERCHANGE_BYTES as u64)?;
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
    let epoch = |key: &PublicKey| (*key, newest.get(key).and_then(|newest| newest.target_epoch));
    let epochs = keys.iter().map(epoch).collect();
    Ok(History { bytes, epochs })
}

/// The newest history that any copy keeps beside the set and that covers `keys`, with its date.
/// One that cannot be read, or covers other keys, is passed over.
pub fn kept(
    copies: &[Copy],
    set: &SetId,
    keys: &[PublicKey],
) -> Result<Option<(Timestamp, History)>, BackupError> {
    for (time, bytes) in files(copies, set)? {
        if let Ok(history) = check("", bytes, set.network(), keys) {
            return Ok(Some((time, history)));
        }
    }
    Ok(None)
}

/// The digest of the newest history that any copy keeps beside the set.
pub(crate) fn newest_digest(copies: &[Copy], set: &SetId) -> Result<Option<Digest>, BackupError> {
    Ok(files(copies, set)?.first().map(|(_, bytes)| Digest::of(bytes)))
}

/// The histories of a set in all copies, newest first. Whatever else lies in the folder, or cannot
/// be read, is none.
fn files(copies: &[Copy], set: &SetId) -> Result<Vec<(Timestamp, Vec<u8>)>, BackupError> {
    let folder: StorePath = format!("history/{set}").parse()?;
    let mut files = Vec::new();
    for copy in copies {
        for entry in copy.list(&folder)? {
            let time = entry.name.strip_suffix(".json").and_then(|stem| stem.parse().ok());
            let (Some(time), EntryKind::File) = (time, entry.kind) else { continue };
            let path = folder.join(&entry.name)?;
            if let Ok(bytes) = copy.read(&path, MAX_INTERCHANGE_BYTES as u64) {
                files.push((time, bytes));
            }
        }
    }
    files.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    Ok(files)
}
