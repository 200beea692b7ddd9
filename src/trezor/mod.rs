//! Trezor: protobuf messages in codec v1, over WebUSB or to the emulator.
//!
//! The messages are the vendor's (crate `trezor-client`); its client, loop and transports are not
//! used, for they acknowledge whatever a device asks, wait for ever, and log secrets at trace
//! level. Nothing of it that logs is called.
//!
//! [`Trezor`] is what a caller needs. The Safe 7 speaks another protocol (THP), and says so.

mod channel;
pub mod codec_v1;
mod failure;
mod features;
mod found;
mod secrets;
mod session;
mod wallet;

pub use found::{About, Trezor};

/// Trezor's USB vendor id, for its devices since the Model T and the One's WebUSB firmware.
pub const VENDOR_ID: u16 = 0x1209;

/// The USB product ids under [`VENDOR_ID`]: in firmware, and in its bootloader.
pub const PRODUCT_IDS: [u16; 2] = [0x53c1, 0x53c0];
