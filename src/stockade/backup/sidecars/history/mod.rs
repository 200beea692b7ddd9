//! Slashing histories that are stored with a set: EIP-3076 files. They are only ever added.

mod decision;
mod door;
mod files;
mod kept;
mod read;

use std::collections::{BTreeMap, BTreeSet};

pub use decision::{
    HistoryDecision, HistoryError, HistoryRequest, HistoryUser, WAIT_EPOCHS, require_unsigned,
};
pub use door::{Given, check, check_all, read, read_all, says_nothing_about};
use files::{KeptFile, files};
pub use kept::{Kept, kept};
pub use read::parse;
pub use read::parse_kept;
use read::says_nothing;
pub(crate) use read::{NoHistory, check_kept};
use read::{parse_given, parse_valid};

use super::{delivery_mark::DeliveryMark, marks, split_mark::SplitMark};
use crate::backup::{
    copy::Copy,
    set::{digest::Digest, error::BackupError, set_id::SetId},
};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::{
    bls::PublicKey,
    staking::{Interchange, MAX_INTERCHANGE_BYTES, Network, Newest},
};

/// If a key signed within this time, in seconds, its machine counts as running.
const RECENT_SECONDS: u64 = 3600;

/// A slashing history.
#[derive(Debug)]
pub struct History {
    /// The file's content for a client: normalised, and of the requested keys only.
    pub bytes: Vec<u8>,
    /// The latest signatures of each requested key, as far as the history contains any.
    pub newest: BTreeMap<PublicKey, Newest>,
    /// Everything that the history says, if that is more.
    whole: Option<Vec<u8>>,
}

impl History {
    fn new(
        interchange: &Interchange,
        newest: BTreeMap<PublicKey, Newest>,
    ) -> Result<Self, BackupError> {
        let json = interchange.to_json().map_err(|e| BackupError::History(e.to_string()))?;
        Ok(Self { bytes: json.into_bytes(), newest, whole: None })
    }

    /// The content to be stored with the set, which includes other keys.
    pub fn to_keep(&self) -> &[u8] {
        self.whole.as_ref().unwrap_or(&self.bytes)
    }

    /// What it says about `keys`, as a file of its own.
    fn part(&self, keys: &[PublicKey], network: Network) -> Result<Vec<u8>, BackupError> {
        let whole = parse(self.to_keep(), network).map_err(BackupError::History)?;
        let part = whole.about(&keys.iter().copied().collect());
        Ok(Self::new(&part, BTreeMap::new())?.bytes)
    }

    /// Adds an empty record for each of `keys` that the history is not about: they never signed.
    pub fn covering(self, keys: &[PublicKey], network: Network) -> Result<Self, BackupError> {
        if keys.is_empty() {
            return Ok(self);
        }
        let whole = self.to_keep().to_vec();
        let interchange = parse(&self.bytes, network).map_err(BackupError::History)?;
        let interchange = interchange.covering(keys);
        let newest = interchange.newest();
        Ok(Self { whole: Some(whole), ..Self::new(&interchange, newest)? })
    }

    /// Whether any of its keys ever signed anything.
    pub fn signed(&self) -> bool {
        self.newest.values().any(Newest::signed)
    }

    /// Those of `keys` that it is not about, or that never signed according to it.
    pub fn silent(&self, keys: &[PublicKey]) -> Vec<PublicKey> {
        let signed = |key: &&PublicKey| self.newest.get(key).is_some_and(Newest::signed);
        keys.iter().filter(|key| !signed(key)).copied().collect()
    }

    /// The part of the history that is about one of its keys.
    #[must_use]
    pub fn of(&self, key: &PublicKey) -> Self {
        let newest = self.newest.get_key_value(key).into_iter();
        let newest = newest.map(|(key, newest)| (*key, *newest)).collect();
        Self { bytes: Vec::new(), newest, whole: None }
    }

    /// A key that signed later according to `other` than to this history.
    pub fn older_than(&self, other: &Self) -> Option<PublicKey> {
        let own = |key: &PublicKey| self.newest.get(key).copied().unwrap_or_default();
        let mut all = other.newest.iter();
        all.find_map(|(key, theirs)| own(key).is_behind(theirs).then_some(*key))
    }

    /// The lowest of its keys' latest epochs, for people: every key attested at least up to it.
    pub fn oldest_epoch(&self) -> Option<u64> {
        self.newest.values().map(|newest| newest.target_epoch).min().flatten()
    }

    /// Whether any of its keys signed anything within the last hour before `now`: its machine may
    /// still be running.
    pub fn is_recent(&self, network: Network, now: Timestamp) -> bool {
        self.newest.values().any(|newest| is_recent(newest, network, now))
    }
}

/// Like [`History::is_recent`], for one key.
pub fn is_recent(newest: &Newest, network: Network, now: Timestamp) -> bool {
    // By a clock that shows a time before the network began, any signature may be of this hour.
    let Some(current) = network.epoch_at(now) else {
        return latest_epoch(newest, network).is_some();
    };
    let oldest = current.saturating_sub(RECENT_SECONDS / network.epoch_seconds());
    latest_epoch(newest, network) >= Some(oldest)
}

/// The last epoch in which a key is known to have signed.
fn latest_epoch(newest: &Newest, network: Network) -> Option<u64> {
    let block = newest.block_slot.map(|slot| slot / network.epoch_slots());
    newest.source_epoch.max(newest.target_epoch).max(block)
}

/// The latest signatures of each of `keys`, and the keys that the history is not about.
fn select(
    interchange: &Interchange,
    keys: &[PublicKey],
) -> (BTreeMap<PublicKey, Newest>, Vec<PublicKey>) {
    let all = interchange.newest();
    let newest = keys.iter().filter_map(|key| Some((*key, *all.get(key)?))).collect();
    let silent = keys.iter().filter(|key| !all.contains_key(key)).copied().collect();
    (newest, silent)
}

/// When a history that is about the key was last stored with the set, according to the file's name.
pub fn covered(
    copies: &[Copy],
    set: &SetId,
) -> Result<BTreeMap<PublicKey, Timestamp>, BackupError> {
    let mut covered = BTreeMap::new();
    for file in files(copies, set)? {
        let parsed = file.read().ok().and_then(|bytes| parse_valid(&bytes, set.network()).ok());
        let Some((history, _)) = parsed else { continue };
        // Newest first.
        for key in history.newest().into_keys() {
            covered.entry(key).or_insert(file.time);
        }
    }
    Ok(covered)
}

/// Stores a history with the set in `copy`. An identical one is not stored again, and one that says
/// nothing is not stored.
pub fn keep(copy: &Copy, set: &SetId, bytes: &[u8], now: Timestamp) -> Result<(), BackupError> {
    if says_nothing(bytes, set.network()) {
        return Ok(());
    }
    copy.lock()?;
    let there = files(std::slice::from_ref(copy), set)?;
    if there.iter().any(|file| file.read().is_ok_and(|other| other == bytes)) {
        return Ok(());
    }
    copy.add_dated(&format!("history/{set}").parse()?, now, ".json", bytes)
}

/// Calls a function for every history that any copy stores with the set, each once, with its date.
/// A history that cannot be read is an error: without it, keys would look as if they had never
/// signed. One that says nothing is skipped.
fn each(
    copies: &[Copy],
    set: &SetId,
    take: &mut dyn FnMut(Timestamp, Vec<u8>) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    let mut seen = BTreeSet::new();
    for file in files(copies, set)? {
        let unreadable = |why: String| {
            let name = file.name();
            BackupError::History(format!("{name}: {why}; repair the copies, or move the file away"))
        };
        let bytes = file.read().map_err(unreadable)?;
        if !seen.insert(Digest::of(&bytes)) {
            continue;
        }
        match check_kept(&bytes, set.network()) {
            Ok(_) => take(file.time, bytes)?,
            Err(NoHistory::Nothing(_)) => {}
            Err(NoHistory::Unreliable(why)) => return Err(unreadable(why)),
        }
    }
    Ok(())
}

/// All histories that any copy stores with the set, each once, with their dates.
pub(crate) fn all(copies: &[Copy], set: &SetId) -> Result<Vec<(Timestamp, Vec<u8>)>, BackupError> {
    let (mut all, mut len) = (Vec::new(), 0_usize);
    each(copies, set, &mut |time, bytes| {
        len = len.saturating_add(bytes.len());
        if len > MAX_INTERCHANGE_BYTES {
            return Err(BackupError::History(format!(
                "the slashing histories of {set} exceed {} MiB in total; move old ones away",
                MAX_INTERCHANGE_BYTES / 1024 / 1024
            )));
        }
        all.push((time, bytes));
        Ok(())
    })?;
    Ok(all)
}

/// Copies the histories and the marks of the set `from`, in all copies, to the set `to` in `copy`.
pub(crate) fn carry_over(
    copies: &[Copy],
    from: &SetId,
    to: &SetId,
    copy: &Copy,
) -> Result<(), BackupError> {
    marks::carry_over::<SplitMark>(copies, from, to, copy)?;
    marks::carry_over::<DeliveryMark>(copies, from, to, copy)?;
    each(copies, from, &mut |time, bytes| keep(copy, to, &bytes, time))
}

/// The digest of the newest history that any copy stores with the set. Unreadable files are
/// skipped: a wallet should not sign for a file of zeros.
pub(crate) fn newest_digest(copies: &[Copy], set: &SetId) -> Result<Option<Digest>, BackupError> {
    let files = files(copies, set)?;
    let digest = |file: &KeptFile<'_>| {
        let bytes = file.read().ok()?;
        check_kept(&bytes, set.network()).is_ok().then(|| Digest::of(&bytes))
    };
    Ok(files.iter().find_map(digest))
}

/// The files of the set that are named as histories but cannot be read as one, with the reason.
pub(crate) fn unreadable(copies: &[Copy], set: &SetId) -> Result<Vec<String>, BackupError> {
    let why = |file: &KeptFile<'_>| {
        let why = match file.read() {
            Err(why) => why,
            Ok(bytes) => match check_kept(&bytes, set.network()).err()? {
                NoHistory::Nothing(why) | NoHistory::Unreliable(why) => why,
            },
        };
        Some(format!("{}: {why}", file.name()))
    };
    Ok(files(copies, set)?.iter().filter_map(why).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockade_keystore::bls::SecretKey;

    fn history(epochs: &[Option<u64>]) -> History {
        let newest = epochs.iter().zip(1..).map(|(epoch, seed)| {
            let key = SecretKey::derive_master(&[seed; 32]).unwrap().public_key();
            (key, Newest { target_epoch: *epoch, ..Newest::default() })
        });
        History { bytes: Vec::new(), newest: newest.collect(), whole: None }
    }

    #[test]
    fn one_key_that_signed_within_an_hour_is_recent() {
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
        assert!(history(&[Some(0)]).is_recent(network, before));
        assert!(!history(&[None]).is_recent(network, before));
    }

    #[test]
    fn a_block_counts_as_signing_on_every_network() {
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
