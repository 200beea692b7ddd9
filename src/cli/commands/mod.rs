//! One module a noun, one file a verb. The doc comment of a command's arguments is its help.

pub mod address;
pub mod attest;
pub mod backup;
pub mod completions;
pub mod config;
pub mod copy;
pub mod credentials;
pub mod custodian;
#[cfg(feature = "cloud")]
pub mod deliver;
pub mod deposit;
pub mod device;
pub mod elsewhere;
pub mod exit;
pub mod keyshares;
pub mod keystore;
pub mod man;
#[cfg(feature = "mock")]
pub mod mock;
pub mod page;
pub mod paper;
pub mod qr;
pub mod setup;
pub mod status;
#[cfg(feature = "cloud")]
pub mod store;
#[cfg(feature = "rpc")]
pub mod tx;
pub mod validator;

mod amount;
mod confirm;
mod decimal;
pub mod guide;
mod key_share;
pub mod listed;
mod mnemonic;
mod network;
mod passed_over;
mod plural;
mod report;
mod sealing;
mod share_rows;
mod shares;
mod signing_key;
mod unreachable;
mod verdicts;
mod withdrawal;
