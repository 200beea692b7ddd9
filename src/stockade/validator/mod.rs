//! Validator keys: created from a wallet's batches or from a typed mnemonic, checked against a
//! wallet, split into shares, and put together again.

mod batch;
mod check;
pub mod combine;
mod create;
mod error;
pub mod fleet;
mod from_mnemonic;
mod make;
mod place;
mod request;
mod split;

pub use batch::{Batch, BatchRoot, LARGE_BATCH, WARN_BATCH};
pub use check::{CheckOptions, Checked, CheckedKey, FoundKeys, PublicKeyFile, check, find_keys};
pub use create::{CreatedValidators, create, withdrawal_address};
pub use error::ValidatorError;
pub use from_mnemonic::create_from_mnemonic;
pub use request::{CredentialKind, KeyPaths, Request, Withdrawal};
pub use split::{SplitKey, Splitting, UnusualThreshold, default_threshold};
