//! Ledger: APDUs to the Ethereum app, over HID or to Speculos.
//!
//! Most programs need only [`Ledger`]; the rest is for commands and transports of your own.

pub mod apdu;
mod app_client;
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
mod switch_app;
mod wallet;

pub use apdu::{Apdu, Reply};
pub use command::Command;
pub use exchange::{Exchange, ExchangeError, HidExchange};
pub use found::{DeviceInfo, Ledger, in_bootloader};
pub use status_word::StatusWord;
pub use stream::StreamExchange;
pub use switch_app::Reconnect;
