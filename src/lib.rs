//! Keeps Ethereum validator keys behind a hardware wallet, and proves that the backups open.
//!
//! The order of the modules in `docs/architecture.md` is law: each may use only those above it,
//! and `device-tests/house` checks it.

pub mod attest;
pub mod backup;
pub mod bls;
#[cfg(feature = "cloud")]
pub mod cloud;
pub mod custodian;
pub mod device;
pub mod device_secret;
pub mod discovery;
pub mod eth;
pub mod eth2_keystore;
#[cfg(any(feature = "cloud", feature = "rpc"))]
mod http;
pub mod interact;
pub mod json;
pub mod ledger;
pub mod mnemonic;
mod parallel;
pub mod path;
pub mod reader;
#[cfg(feature = "rpc")]
pub mod rpc;
pub mod secret;
mod shown;
pub mod staking;
pub mod store;
pub mod timestamp;
pub mod transport;
pub mod trezor;
pub mod validator;

pub use shown::{Shown, is_harmful, shown};
