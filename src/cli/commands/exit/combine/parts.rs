//! Partial exits as they are read, and which share signed each.

use std::path::{Path, PathBuf};

use stockade::{
    backup::{Copy, list},
    bls::PublicKey,
    distributed::{ClusterLock, MAX_CLUSTER_LOCK_BYTES, PartialExit, ShareOf, parse_partial_exits},
    staking::{MAX_EXITS_BYTES, Network, SignedExit},
    store::private_file,
};

use crate::error::CommandError;

/// A partial exit whose share is known.
pub struct Part {
    file: String,
    pub x: u64,
    pub validator: PublicKey,
    pub exit: SignedExit,
    /// Whether the share's own public key verifies it; `None` if that key is not known.
    pub is_right: Option<bool>,
}

impl Part {
    /// The file and the share, for people.
    pub fn name(&self) -> String {
        format!("{} (share {})", self.file, self.x)
    }

    /// The file.
    pub fn file(&self) -> &str {
        &self.file
    }
}

/// The partial exits of all files, each with the name of its file.
pub struct Parts(Vec<(String, PartialExit)>);

/// Reads every file.
pub fn read_parts(files: &[PathBuf]) -> Result<Parts, CommandError> {
    let mut parts = Vec::new();
    for file in files {
        let name = crate::shown(&file).to_string();
        let bytes = private_file::read(file, MAX_EXITS_BYTES as u64)?;
        let read = parse_partial_exits(&bytes);
        let read = read.map_err(|error| CommandError::input(format!("{name}: {error}")))?;
        parts.extend(read.into_iter().map(|part| (name.clone(), part)));
    }
    Ok(Parts(parts))
}

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
    fn signer(&self, exit: &SignedExit, network: Network) -> Option<&ShareOf> {
        let signed = |(key, _): &&(PublicKey, ShareOf)| exit.verify(network, key).unwrap_or(false);
        self.shares.iter().find(signed).map(|(_, share)| share)
    }

    fn at(&self, validator: &PublicKey, x: u64) -> Option<&PublicKey> {
        let is = |(_, share): &&(PublicKey, ShareOf)| share.validator == *validator && share.x == x;
        self.shares.iter().find(is).map(|(key, _)| key)
    }
}

impl Parts {
    /// Which share signed each. With `only`, drops those of other validators.
    pub fn of(
        &self,
        network: Network,
        only: Option<&PublicKey>,
        known: &Known,
    ) -> Result<Vec<Part>, CommandError> {
        let mut parts = Vec::new();
        for (file, part) in &self.0 {
            let named = part.validator.zip(part.x);
            let found = named.or_else(|| {
                let share = known.signer(&part.exit, network)?;
                Some((share.validator, share.x))
            });
            let Some((validator, x)) = found else {
                return Err(CommandError::input(format!(
                    "{file}: it is not known which share signed this"
                ))
                .with_hint(
                    "name the cluster's lock with --lock, or copies that hold the share with --copy; \
                     an exit by a whole key needs no combining",
                ));
            };
            if only.is_some_and(|only| *only != validator) {
                continue;
            }
            let key = known.at(&validator, x);
            let is_right = key.map(|key| part.exit.verify(network, key).unwrap_or(false));
            let (file, exit) = (file.clone(), part.exit.clone());
            parts.push(Part { file, x, validator, exit, is_right });
        }
        Ok(parts)
    }
}

/// The validator of all parts.
pub fn validator(parts: &[Part]) -> Result<PublicKey, CommandError> {
    let Some(first) = parts.first() else {
        return Err(CommandError::input("no partial exit of this validator is in these files"));
    };
    match parts.iter().find(|part| part.validator != first.validator) {
        None => Ok(first.validator),
        Some(other) => Err(CommandError::input(format!(
            "{} is of validator {}, {} of {}",
            first.name(),
            first.validator,
            other.name(),
            other.validator
        ))
        .with_hint("name one validator with --pubkey")),
    }
}
