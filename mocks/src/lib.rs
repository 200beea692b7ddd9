//! Simulated Ledger and Trezor wallets, byte for byte: packets in, packets out.
//!
//! This package uses no other package of Stockade: it has its own codecs and derivations, checked
//! against recordings of real firmware, so that it does not share mistakes with the client.

pub mod ledger;
pub mod script;
pub mod seed;
pub mod server;
pub mod trezor;
pub mod usbip;
pub mod user;

pub use script::{Act, Script};
pub use seed::Seed;
pub use user::{Decision, User};

/// A packet over HID, USB or UDP.
pub type Packet = [u8; 64];

/// A simulated device: packets in, packets out.
pub trait Device: Send {
    /// Receives one packet from the host, and returns the device's answer in order; empty
    /// while a message is not complete.
    fn receive(&mut self, packet: &Packet) -> Vec<Packet>;

    /// The packets that the device sends unasked: those not acknowledged in time.
    fn tick(&mut self) -> Vec<Packet> {
        Vec::new()
    }
}
