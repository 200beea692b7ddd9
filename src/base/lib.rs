//! What the packages of Stockade share.
//!
//! Secrets that are wiped when dropped, text from outside made fit to be shown, derivation paths, and
//! Ethereum's addresses, account keys, signatures and transactions.

pub mod eth;
pub mod json;
pub mod parallel;
pub mod path;
pub mod reader;
pub mod secret;
pub mod shown;
pub mod timestamp;

pub use shown::{Shown, is_harmful, shown};
