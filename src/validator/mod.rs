//! Validator keys: made from a wallet's batches, and checked against a wallet.

mod batch;
mod check;
mod create;
mod error;
mod place;

pub use batch::{BatchRoot, LARGE_BATCH, WARN_BATCH};
pub use check::{CheckOptions, Checked, CheckedKey, PublicKeyFile, check, find_keys};
pub use create::{CreatedValidators, Request, Withdrawal, create};
pub use error::ValidatorError;
