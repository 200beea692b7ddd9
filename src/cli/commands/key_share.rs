//! Keys that are shares of a validator's key: as the user says it, and as documents show it.

use std::path::PathBuf;

use serde::Serialize;
use stockade::{
    backup::{BackupError, create::NewKey, import::state_share},
    bls::PublicKey,
    distributed::{ClusterLock, MAX_CLUSTER_LOCK_BYTES, ShareOf, ShareTool},
    store::private_file,
};

use crate::error::CommandError;

/// Options for an imported key that is a share, where nothing stored with it says so.
#[derive(Debug, clap::Args)]
pub struct ShareArgs {
    /// The imported key is a share of the key of this validator. Needed only if neither a
    /// cluster-lock.json beside it, nor its account of dirk, nor its description says so
    #[arg(long, value_name = "VALIDATOR", requires_all = ["share_x", "share_threshold"])]
    share_of: Option<PublicKey>,
    /// The number of that share: in charon the number of its node, from 1 on; in SSV and dirk the id of
    /// its operator
    #[arg(long, value_name = "N", requires = "share_of")]
    share_x: Option<u64>,
    /// How many shares of that key sign together
    #[arg(long, value_name = "M", requires = "share_of")]
    share_threshold: Option<u8>,
}

impl ShareArgs {
    /// Adds what the user says to the only key.
    pub fn state(&self, keys: &mut [NewKey]) -> Result<(), CommandError> {
        let given = (self.share_of, self.share_x, self.share_threshold);
        let (Some(validator), Some(x), Some(threshold)) = given else { return Ok(()) };
        let share = ShareOf::new(validator, x, threshold, ShareTool::User);
        let share = share.map_err(|error| CommandError::usage(error.to_string()))?;
        Ok(state_share(keys, share)?)
    }
}

/// The option of checks that names the lock of a cluster.
#[derive(Debug, clap::Args)]
pub struct ClusterLockArgs {
    /// The cluster-lock.json of a running cluster of charon: shares of its validators must be in it. After
    /// the cluster's keys were changed, old shares are of no use
    #[arg(long, value_name = "FILE")]
    cluster_lock: Option<PathBuf>,
}

impl ClusterLockArgs {
    /// Reads the lock.
    pub fn read(&self) -> Result<Option<ClusterLock>, CommandError> {
        let Some(file) = &self.cluster_lock else { return Ok(None) };
        let bytes = private_file::read(file, MAX_CLUSTER_LOCK_BYTES as u64)?;
        let lock = ClusterLock::parse(&bytes);
        let named = |error| CommandError::input(format!("{}: {error}", crate::shown(&file)));
        lock.map(Some).map_err(named)
    }
}

/// Which share of a validator's key a key is.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ShareFields {
    /// The public key of the validator.
    validator: String,
    /// The number of the share: of its node (charon), or the id of its operator (SSV, dirk).
    x: u64,
    /// How many shares sign together.
    threshold: u8,
    /// How many shares there are, or null if that is not known.
    shares: Option<u8>,
    /// The hash of the cluster's lock, or null.
    cluster: Option<String>,
    /// Who says so: `charon` (the lock), `dirk` (the account), `stockade` (the description) or `user`.
    tool: &'static str,
}

impl From<ShareOf> for ShareFields {
    fn from(share: ShareOf) -> Self {
        Self {
            validator: share.validator.to_string(),
            x: share.x,
            threshold: share.threshold,
            shares: share.shares,
            cluster: share.cluster.map(|hash| hash.to_string()),
            tool: share.tool.as_str(),
        }
    }
}

/// `share 1 of 4 of 8eb0c4f0ccd6.. (any 3 sign)`.
pub fn short(share: &ShareOf) -> String {
    let validator: String = share.validator.to_string().chars().take(12).collect();
    let of = share.shares.map_or(String::new(), |shares| format!(" of {shares}"));
    format!("share {}{of} of {validator}.. (any {} sign)", share.x, share.threshold)
}

/// Refuses to use the share `pubkey` as if it were a validator's key.
pub fn refuse(pubkey: &PublicKey, share: &ShareOf, why: &str) -> CommandError {
    CommandError::from(BackupError::Share(format!("{pubkey} is {share}: {why}")))
}
