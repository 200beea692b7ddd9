//! Which of the keys that were found are shares, according to what is stored with them: the lock of
//! their cluster, or what the user says.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    backup::set::{error::BackupError, new_key::NewKey},
    store::private_file,
};
use stockade_keystore::{
    bls::PublicKey,
    distributed::{ClusterLock, MAX_CLUSTER_LOCK_BYTES, ShareOf},
    staking::Network,
};

/// The name of charon's lock.
pub(crate) const CLUSTER_LOCK: &str = "cluster-lock.json";

/// charon's folder of keystores, below the folder of the lock.
pub(crate) const VALIDATOR_KEYS: &str = "validator_keys";

/// What locks say about keystores that are stored with them.
#[derive(Debug, Default)]
pub(crate) struct Locked {
    /// The keys that are shares.
    pub shares: Vec<(PublicKey, ShareOf)>,
    /// The networks of the clusters, each with the folder of keystores that its lock is about.
    pub networks: Vec<(PathBuf, Network)>,
    /// Keystores of which it cannot be known whether they are shares, with the reason.
    pub bad: Vec<(PathBuf, String)>,
}

/// Looks for a lock beside each of `keystores`: in its folder, or above a folder `validator_keys`.
pub(crate) fn by_locks<'a>(keystores: impl Iterator<Item = (&'a Path, &'a PublicKey)>) -> Locked {
    let mut locks: BTreeMap<PathBuf, Option<Result<ClusterLock, String>>> = BTreeMap::new();
    let mut locked = Locked::default();
    for (path, pubkey) in keystores {
        let folder = path.parent().unwrap_or(Path::new("."));
        let lock = locks.entry(folder.to_owned()).or_insert_with(|| lock_of(folder));
        match lock.as_ref().map(|lock| lock.as_ref().map(|lock| said(lock, pubkey))) {
            None | Some(Ok(Ok(None))) => {}
            Some(Ok(Ok(Some(share)))) => locked.shares.push((*pubkey, share)),
            Some(Ok(Err(why))) => locked.bad.push((path.to_owned(), why)),
            Some(Err(why)) => locked.bad.push((path.to_owned(), why.clone())),
        }
    }
    locked.networks = locks
        .into_iter()
        .filter_map(|(folder, lock)| Some((folder, network_of(&lock?.ok()?)?)))
        .collect();
    locked
}

/// The network of a cluster, if it is a known one.
pub(crate) fn network_of(lock: &ClusterLock) -> Option<Network> {
    lock.fork_version.and_then(Network::from_genesis_fork_version)
}

/// What a lock says about a key that is stored with it. A whole key of the cluster is `None`.
pub(crate) fn said(lock: &ClusterLock, pubkey: &PublicKey) -> Result<Option<ShareOf>, String> {
    let is_whole = lock.validators.iter().any(|validator| validator.pubkey == *pubkey);
    match lock.share(pubkey) {
        None if is_whole => Ok(None),
        None => Err(format!(
            "the cluster lock beside it (hash {}) does not list this key: it may be a share from before \
             the cluster's keys were changed, or of another cluster",
            lock.hash.short()
        )),
        share => Ok(share),
    }
}

fn lock_of(folder: &Path) -> Option<Result<ClusterLock, String>> {
    let above = folder.parent().filter(|_| folder.ends_with(VALIDATOR_KEYS));
    let mut places = [Some(folder), above].into_iter().flatten().map(|at| at.join(CLUSTER_LOCK));
    let file = places.find(|file| std::fs::symlink_metadata(file).is_ok())?;
    Some(read_lock(&file).map(|(lock, _)| lock).map_err(|error| {
        format!(
            "{}, which says whether it is a share, cannot be used: {error}",
            stockade_base::shown(&file)
        )
    }))
}

/// Reads a lock, and its bytes.
pub(crate) fn read_lock(file: &Path) -> Result<(ClusterLock, Vec<u8>), String> {
    let bytes = private_file::read_regular(file, MAX_CLUSTER_LOCK_BYTES as u64);
    let bytes = bytes.map_err(|error| error.to_string())?;
    let lock = ClusterLock::parse(&bytes).map_err(|error| error.to_string())?;
    Ok((lock, bytes))
}

/// Adds what the user says about the only one of `keys`.
pub fn state_share(keys: &mut [NewKey], share: ShareOf) -> Result<(), BackupError> {
    let [key] = keys else {
        return Err(BackupError::Share(format!(
            "one key can be said to be a share, and {} are imported: import them one by one",
            keys.len()
        )));
    };
    let pubkey = key.secret.public_key();
    if share.validator == pubkey {
        return Err(BackupError::Share(format!(
            "{pubkey} is this key, so it cannot be a share of it"
        )));
    }
    match key.share {
        Some(known) if !known.agrees_with(&share) => Err(BackupError::Share(format!(
            "you said that {pubkey} is {share}; but what is stored with it says {known}"
        ))),
        Some(_) => Ok(()),
        None => {
            key.share = Some(share);
            Ok(())
        }
    }
}
