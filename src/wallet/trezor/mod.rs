//! Trezor: protobuf messages in codec v1 or, on the Safe 7, over THP; through WebUSB or to the
//! emulator.
//!
//! The messages come from the vendor's crate `trezor-client`. Its client and transports are not used:
//! they acknowledge every request of a device, wait forever, and log secrets at trace level. No
//! function that logs is called.
//!
//! Most programs need only [`Trezor`], and [`Pairings`] to keep THP pairings.

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

pub use found::{DeviceInfo, Trezor};
pub use thp::{NoPairings, Pairing, Pairings, PairingsError};

/// Trezor's USB vendor id, used since the Model T and the One's WebUSB firmware.
pub const VENDOR_ID: u16 = 0x1209;

/// The USB product ids under [`VENDOR_ID`]: of the firmware and of the bootloader.
pub const PRODUCT_IDS: [u16; 2] = [0x53c1, 0x53c0];
