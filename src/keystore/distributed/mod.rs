//! Distributed validators: which share of which validator's key a key is, and the lock of a cluster
//! (Obol's charon), which lists the public keys of all shares; partial exits; the key files of ssv-keys.

mod description;
mod dirk;
mod lock;
mod partial_exit;
mod share_of;
mod ssv;

pub use dirk::DirkAccount;
pub use lock::{ClusterLock, ClusterLockError, LockedValidator, MAX_CLUSTER_LOCK_BYTES};
pub use partial_exit::{
    CombineExitError, CombinedExit, PartialExit, combine_exits, parse_partial_exits,
};
pub use share_of::{LockHash, ShareOf, ShareOfError, ShareTool};
pub use ssv::{KeySharesFault, MAX_KEY_SHARES_BYTES, SsvKeyShares, parse_key_shares};
