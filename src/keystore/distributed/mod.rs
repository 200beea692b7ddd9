//! Distributed validators: which share of which validator's key a key is, and the lock of a cluster
//! (Obol's charon), which lists the public keys of all shares.

mod description;
mod dirk;
mod lock;
mod share_of;

pub use dirk::DirkAccount;
pub use lock::{ClusterLock, ClusterLockError, LockedValidator, MAX_CLUSTER_LOCK_BYTES};
pub use share_of::{LockHash, ShareOf, ShareOfError, ShareTool};
