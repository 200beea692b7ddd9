//! Trezor: protobuf messages in codec v1 or, on the Safe 7, over THP; by WebUSB or to the emulator.
//!
//! The messages are the vendor's (crate `trezor-client`); its client, loop and transports are not
//! used, for they acknowledge whatever a device asks, wait for ever, and log secrets at trace
//! level. Nothing of it that logs is called.
//!
//! [`Trezor`] is what a caller needs, and [`Pairings`] is where what was paired over THP is kept.

mod channel;
pub mod codec_v1;
mod failure;
mod features;
mod found;
mod initialize;
mod preflight;
mod screens;
mod secrets;
mod session;
mod thp;
mod transaction;
mod wallet;
mod wire;

pub use found::{About, Trezor};
pub use thp::{NoPairings, Pairing, Pairings, PairingsError};

/// Trezor's USB vendor id, for its devices since the Model T and the One's WebUSB firmware.
pub const VENDOR_ID: u16 = 0x1209;

/// The USB product ids under [`VENDOR_ID`]: in firmware, and in its bootloader.
pub const PRODUCT_IDS: [u16; 2] = [0x53c1, 0x53c0];
