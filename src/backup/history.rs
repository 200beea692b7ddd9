//! Slashing history kept beside a set: EIP-3076 files that are only ever added to.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{
    BackupError, Copy, Digest, SetId, delivery_mark::DeliveryMark, marks, split_mark::SplitMark,
};
use crate::{
    bls::PublicKey,
    staking::{Interchange, InterchangeError, MAX_INTERCHANGE_BYTES, Network, Newest},
    store::{EntryKind, StorePath, private_file},
    timestamp::Timestamp,
};

/// How lately a key must have signed for its machine to be taken for running still, in seconds.
const RECENT_SECONDS: u64 = 3600;

/// A slashing history.
#[derive(Debug)]
pub struct History {
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// The newest that each of the keys signed that were asked for, as far as it says anything.
    pub newest: BTreeMap<PublicKey, Newest>,
}

impl History {
    /// Whether any of its keys ever signed anything.
    pub fn signed(&self) -> bool {
        self.newest.values().any(Newest::signed)
    }

    /// What it says of one of its keys alone.
    #[must_use]
    pub fn of(&self, key: &PublicKey) -> Self {
        let newest = self.newest.get_key_value(key).into_iter();
        Self { bytes: Vec::new(), newest: newest.map(|(key, newest)| (*key, *newest)).collect() }
    }

    /// A key that signed later by `other` than by this history.
    pub fn older_than(&self, other: &Self) -> Option<PublicKey> {
        let own = |key: &PublicKey| self.newest.get(key).copied().unwrap_or_default();
        let mut all = other.newest.iter();
        all.find_map(|(key, theirs)| own(key).is_behind(theirs).then_some(*key))
    }

    /// The oldest of its keys' newest epochs, for people: no key attested less far than this.
    pub fn oldest_epoch(&self) -> Option<u64> {
        self.newest.values().map(|newest| newest.target_epoch).min().flatten()
    }

    /// Whether any of its keys signed anything within the last hour before `now`: whoever did may
    /// still run.
    pub fn is_recent(&self, network: Network, now: Timestamp) -> bool {
        self.newest.values().any(|newest| is_recent(newest, network, now))
    }
}

/// The same of one key.
pub fn is_recent(newest: &Newest, network: Network, now: Timestamp) -> bool {
    let Some(current) = network.epoch_at(now) else { return false };
    let oldest = current.saturating_sub(RECENT_SECONDS / network.epoch_seconds());
    latest_epoch(newest, network) >= Some(oldest)
}

/// The last epoch in which a key is known to have signed.
fn latest_epoch(newest: &Newest, network: Network) -> Option<u64> {
    let block = newest.block_slot.map(|slot| slot / network.epoch_slots());
    newest.source_epoch.max(newest.target_epoch).max(block)
}

/// What lies beside a set.
#[derive(Debug)]
pub struct Kept {
    /// All of its histories together, in which no bound of any of them is lowered, and when the
    /// newest was put there; `None` where none speaks of the keys that were asked for.
    pub found: Option<(Timestamp, History)>,
    /// How many of those keys none of them speaks of.
    pub absent: usize,
    /// Files that lie there and could not be read, or are of another network.
    pub unread: Vec<String>,
}

/// Reads a history and makes sure that it is for this network and covers `keys`.
pub fn read(path: &Path, network: Network, keys: &[PublicKey]) -> Result<History, BackupError> {
    let bytes = private_file::read(path, MAX_INTERCHANGE_BYTES as u64)?;
    check(&crate::shown(&path).to_string(), bytes, network, keys)
}

/// The same of a history that came in another way; `name` is for messages.
pub fn check(
    name: &str,
    bytes: Vec<u8>,
    network: Network,
    keys: &[PublicKey],
) -> Result<History, BackupError> {
    let interchange =
        parse(&bytes, network).map_err(|why| BackupError::History(format!("{name}: {why}")))?;
    let (newest, absent) = select(&interchange, keys);
    if let Some(first) = absent.first() {
        return Err(BackupError::History(format!(
            "{name} says nothing about {} of {} keys, {first} among them",
            absent.len(),
            keys.len()
        )));
    }
    Ok(History { bytes, newest })
}

/// The history in `bytes`, where it is one for this network.
pub fn parse(bytes: &[u8], network: Network) -> Result<Interchange, String> {
    let history = Interchange::parse(bytes).map_err(|error| error.to_string())?;
    match *history.genesis_validators_root() == network.genesis_validators_root() {
        true => Ok(history),
        false => Err(format!("the slashing history of another network than {}", network.name())),
    }
}

/// The same of a file that lies beside a set, where anybody may have put it: one that speaks of the
/// future was made up (or this clock is wrong), and would keep a client from ever signing again.
pub(crate) fn parse_kept(bytes: &[u8], network: Network) -> Result<Interchange, String> {
    let history = parse(bytes, network)?;
    let current = network.epoch_at(Timestamp::now()).unwrap_or(0);
    let future = |newest: &Newest| latest_epoch(newest, network) > Some(current.saturating_add(1));
    match history.newest().values().any(future) {
        true => Err("it speaks of epochs that are still to come".to_owned()),
        false => Ok(history),
    }
}

/// The newest of each of `keys`, and those that the history does not speak of.
fn select(
    interchange: &Interchange,
    keys: &[PublicKey],
) -> (BTreeMap<PublicKey, Newest>, Vec<PublicKey>) {
    let all = interchange.newest();
    let newest = keys.iter().filter_map(|key| Some((*key, *all.get(key)?))).collect();
    let absent = keys.iter().filter(|key| !all.contains_key(key)).copied().collect();
    (newest, absent)
}

/// All histories of `keys` that any copy keeps, put together: those beside the set, and those
/// beside other sets of its network, for a key may lie in several.
pub fn kept(copies: &[Copy], set: &SetId, keys: &[PublicKey]) -> Result<Kept, BackupError> {
    let mut unread = Vec::new();
    let mut read: Vec<(Timestamp, Vec<u8>, Interchange)> = Vec::new();
    let mut all = Vec::new();
    for id in sets_with_history(copies, set)? {
        all.extend(files(copies, &id)?.into_iter().map(|file| (id == *set, file)));
    }
    all.sort_by_key(|(_, file)| std::cmp::Reverse(file.time));
    for (own, KeptFile { time, name, bytes }) in all {
        let parsed = bytes.and_then(|bytes| Ok((parse_kept(&bytes, set.network())?, bytes)));
        match parsed {
            // The same file lies in every copy.
            Ok((_, bytes)) if read.iter().any(|(_, other, _)| *other == bytes) => {}
            Ok((history, _)) if !own && select(&history, keys).0.is_empty() => {}
            Ok((history, bytes)) => read.push((time, bytes, history)),
            Err(why) => unread.push(format!("{name}: {why}")),
        }
    }
    let mut read = read.into_iter();
    let Some((time, bytes, newest)) = read.next() else {
        return Ok(Kept { found: None, absent: keys.len(), unread });
    };
    let together = together((bytes, newest), read.map(|(_, _, history)| history));
    let (bytes, interchange) = together.map_err(|e| BackupError::History(e.to_string()))?;
    let (newest, absent) = select(&interchange, keys);
    let found = (!newest.is_empty()).then_some((time, History { bytes, newest }));
    Ok(Kept { found, absent: absent.len(), unread })
}

/// Histories as one. One that is alone stays as it is, to the byte.
fn together(
    (bytes, first): (Vec<u8>, Interchange),
    others: impl ExactSizeIterator<Item = Interchange>,
) -> Result<(Vec<u8>, Interchange), InterchangeError> {
    if others.len() == 0 {
        return Ok((bytes, first));
    }
    let merged = first.merge(others)?;
    Ok((merged.to_json()?.into_bytes(), merged))
}

/// When a history was last put beside the set that speaks of a key, by what its name says.
pub fn covered(
    copies: &[Copy],
    set: &SetId,
) -> Result<BTreeMap<PublicKey, Timestamp>, BackupError> {
    // Newest first, so that the newest is put there last.
    let files = files(copies, set)?.into_iter().rev();
    let histories = files
        .filter_map(|file| Some((file.time, parse_kept(&file.bytes.ok()?, set.network()).ok()?)));
    let keys = |(time, history): (Timestamp, Interchange)| {
        history.newest().into_keys().map(move |key| (key, time))
    };
    Ok(histories.flat_map(keys).collect())
}

/// Puts a history beside the set in `copy`; one that says byte for byte the same stays alone.
pub fn keep(copy: &Copy, set: &SetId, bytes: &[u8], now: Timestamp) -> Result<(), BackupError> {
    copy.lock()?;
    let there = files(std::slice::from_ref(copy), set)?;
    if there.iter().any(|file| file.bytes.as_ref().is_ok_and(|other| other == bytes)) {
        return Ok(());
    }
    copy.add_dated(&format!("history/{set}").parse()?, now, ".json", bytes)
}

/// All histories that any copy keeps beside the set, each once, with their dates. One that cannot
/// be read is an error: keys that go on without it would look as if they had never signed.
pub(super) fn all(copies: &[Copy], set: &SetId) -> Result<Vec<(Timestamp, Vec<u8>)>, BackupError> {
    let mut all: Vec<(Timestamp, Vec<u8>)> = Vec::new();
    for KeptFile { time, name, bytes } in files(copies, set)? {
        let read = bytes.and_then(|bytes| parse_kept(&bytes, set.network()).map(|_| bytes));
        let bytes = read.map_err(|why| {
            BackupError::History(format!("{name}: {why}; repair the copies, or move it away"))
        })?;
        if all.iter().all(|(_, other)| *other != bytes) {
            all.push((time, bytes));
        }
    }
    Ok(all)
}

/// Puts the histories of the set `from` in all copies, and the marks, beside the set `to`
/// in `copy`.
pub(super) fn carry_over(
    copies: &[Copy],
    from: &SetId,
    to: &SetId,
    copy: &Copy,
) -> Result<(), BackupError> {
    marks::carry_over::<SplitMark>(copies, from, to, copy)?;
    marks::carry_over::<DeliveryMark>(copies, from, to, copy)?;
    all(copies, from)?.into_iter().try_for_each(|(time, bytes)| keep(copy, to, &bytes, time))
}

/// The digest of the newest history that any copy keeps beside the set.
pub(crate) fn newest_digest(copies: &[Copy], set: &SetId) -> Result<Option<Digest>, BackupError> {
    let files = files(copies, set)?;
    Ok(files.iter().find_map(|file| file.bytes.as_deref().ok().map(Digest::of)))
}

/// The sets of the same network beside which any copy keeps histories, `set` among them.
pub(super) fn sets_with_history(
    copies: &[Copy],
    set: &SetId,
) -> Result<BTreeSet<SetId>, BackupError> {
    let mut sets = BTreeSet::from([set.clone()]);
    let folder: StorePath = "history".parse()?;
    for copy in copies {
        let names = copy.list(&folder)?.into_iter().filter(|entry| entry.kind == EntryKind::Folder);
        let ids = names.filter_map(|entry| entry.name.parse::<SetId>().ok());
        sets.extend(ids.filter(|id| id.network() == set.network()));
    }
    Ok(sets)
}

/// One history beside a set.
struct KeptFile {
    time: Timestamp,
    /// Where it lies, for people.
    name: String,
    bytes: Result<Vec<u8>, String>,
}

/// The histories of a set in all copies, newest first. What has another name is none.
fn files(copies: &[Copy], set: &SetId) -> Result<Vec<KeptFile>, BackupError> {
    let folder: StorePath = format!("history/{set}").parse()?;
    let mut files = Vec::new();
    for copy in copies {
        for entry in copy.list(&folder)? {
            let time = entry.name.strip_suffix(".json").and_then(|stem| stem.parse().ok());
            let (Some(time), EntryKind::File) = (time, entry.kind) else { continue };
            let path = folder.join(&entry.name)?;
            let bytes = copy.read(&path, MAX_INTERCHANGE_BYTES as u64).map_err(|e| e.to_string());
            let name = crate::shown(&copy.dir().join("stockade").join(path.as_str())).to_string();
            files.push(KeptFile { time, name, bytes });
        }
    }
    files.sort_by_key(|file| std::cmp::Reverse(file.time));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bls::SecretKey;

    fn history(epochs: &[Option<u64>]) -> History {
        let newest = epochs.iter().zip(1..).map(|(epoch, seed)| {
            let key = SecretKey::derive_master(&[seed; 32]).unwrap().public_key();
            (key, Newest { target_epoch: *epoch, ..Newest::default() })
        });
        History { bytes: Vec::new(), newest: newest.collect() }
    }

    #[test]
    fn recent_is_an_hour_and_one_key_is_enough() {
        let network = Network::Hoodi;
        let now = Timestamp::from_unix(network.genesis_time() + 1000 * 384).unwrap();
        let recent = |epochs: &[Option<u64>]| history(epochs).is_recent(network, now);
        for is in [&[Some(1000)][..], &[Some(991)], &[Some(3), Some(1000)], &[None, Some(1001)]] {
            assert!(recent(is), "{is:?}");
        }
        for not in [&[Some(990)][..], &[Some(990), None], &[None], &[]] {
            assert!(!recent(not), "{not:?}");
        }
        let before = Timestamp::from_unix(network.genesis_time() - 1).unwrap();
        assert!(!history(&[Some(0)]).is_recent(network, before));
    }

    #[test]
    fn a_block_is_signing_too_in_epochs_of_the_network() {
        for (network, slots) in [(Network::Hoodi, 32), (Network::Gnosis, 16)] {
            let seconds = i64::try_from(network.epoch_seconds()).unwrap();
            let now = Timestamp::from_unix(network.genesis_time() + 1000 * seconds).unwrap();
            let mut history = history(&[None]);
            let mut block = |slot| {
                history.newest.values_mut().for_each(|newest| newest.block_slot = Some(slot));
                history.is_recent(network, now)
            };
            assert!(block(999 * slots), "{network}");
            assert!(!block(900 * slots), "{network}");
        }
    }
}
