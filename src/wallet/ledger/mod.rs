//! Ledger: APDUs to the Ethereum app, over HID or to Speculos.
//!
//! [`Ledger`] is what a caller needs; the rest is for programs that bring commands or transports
//! of their own.

pub mod apdu;
#[cfg(feature = "bls")]
mod btec;
pub mod command;
pub mod commands;
pub mod exchange;
mod found;
pub mod framing;
pub mod model;
mod preflight;
#[cfg(feature = "bls")]
mod public_keys;
pub mod status_word;
mod stream;
mod switch;
mod talker;
mod wallet;

pub use apdu::{Apdu, Reply};
pub use command::Command;
pub use exchange::{Exchange, ExchangeError, HidExchange};
pub use found::{About, Ledger, in_bootloader};
pub use status_word::StatusWord;
pub use stream::StreamExchange;
pub use switch::Reconnect;
