//! Keeps Ethereum validator keys behind a hardware wallet, and proves that the backups open.
//!
//! Each module may use only those above it in this list; `device-tests/house` checks it.

pub mod bls;
pub mod device;
pub mod eth;
pub mod eth2_keystore;
pub mod interact;
pub mod json;
pub mod path;
pub mod reader;
pub mod secret;
pub mod staking;
pub mod transport;
