//! Ledger and Trezor as bytes: packets in, packets out.
//!
//! Never depends on the package `stockade`: codecs and derivations here are written anew, and held
//! to recordings of real firmware, so that a mistake shared with the client cannot cancel out.

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

/// A packet as HID, USB and UDP carry it.
pub type Packet = [u8; 64];

/// A simulated device: packets in, packets out.
pub trait Device: Send {
    /// Takes one packet from the host and gives those that the device answers, in order; none
    /// while a message is not complete.
    fn receive(&mut self, packet: &Packet) -> Vec<Packet>;

    /// What the device sends of its own accord by now: what was not acknowledged in time.
    fn tick(&mut self) -> Vec<Packet> {
        Vec::new()
    }
}
