//! The public keys of shares.

use std::path::{Path, PathBuf};

use stockade::{
    backup::{Copy, list},
    bls::PublicKey,
    distributed::{ClusterLock, MAX_CLUSTER_LOCK_BYTES, ShareOf},
    staking::{Network, SignedExit},
    store::private_file,
};

use crate::error::CommandError;

/// The public keys of shares: from a cluster's lock, and from the sets in copies.
pub struct Known {
    shares: Vec<(PublicKey, ShareOf)>,
    /// The networks of the lock and of the sets.
    pub networks: Vec<Network>,
}

impl Known {
    /// Reads the lock and the manifests.
    pub fn read(lock: Option<&Path>, copies: &[PathBuf]) -> Result<Self, CommandError> {
        let (mut known, mut networks) = (Vec::new(), Vec::new());
        if let Some(path) = lock {
            let bytes = private_file::read(path, MAX_CLUSTER_LOCK_BYTES as u64)?;
            let lock = ClusterLock::parse(&bytes).map_err(|error| {
                CommandError::input(format!("{}: {error}", crate::shown(&path)))
            })?;
            networks.extend(lock.fork_version.and_then(Network::from_genesis_fork_version));
            let shares = lock.validators.iter().flat_map(|validator| &validator.shares);
            known.extend(shares.filter_map(|share| Some((*share, lock.share(share)?))));
        }
        let sets = list(&Copy::open_all(copies)?)?;
        for set in &sets {
            let shares = set.keystores().iter();
            let before = known.len();
            known.extend(shares.filter_map(|entry| Some((entry.pubkey, entry.share?))));
            networks.extend((known.len() > before).then(|| set.id.network()));
        }
        networks.dedup();
        Ok(Self { shares: known, networks })
    }

    /// How many shares of `validator` sign together.
    pub fn threshold(&self, validator: &PublicKey) -> Option<u8> {
        let mut of_it = self.shares.iter().filter(|(_, share)| share.validator == *validator);
        of_it.next().map(|(_, share)| share.threshold)
    }

    /// The share that signed `exit`.
    pub fn signer(&self, exit: &SignedExit, network: Network) -> Option<&ShareOf> {
        let signed = |(key, _): &&(PublicKey, ShareOf)| exit.verify(network, key).unwrap_or(false);
        self.shares.iter().find(signed).map(|(_, share)| share)
    }

    /// The public key of the share at `x`.
    pub fn at(&self, validator: &PublicKey, x: u64) -> Option<&PublicKey> {
        let is = |(_, share): &&(PublicKey, ShareOf)| share.validator == *validator && share.x == x;
        self.shares.iter().find(is).map(|(key, _)| key)
    }
}
