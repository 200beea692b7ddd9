//! THP, the protocol of the Safe 7: channels, the handshake, pairing, credentials, sessions. Packets
//! and handshake come from the vendor's crate, in its role as a device; the rest is implemented here.

mod code_entry;
mod cpace;
mod credential;
mod front;
mod noise;
mod pairing;
mod pairing_code;
mod sessions;

pub use credential::HostCredential;
pub(super) use front::{Front, Incoming};
pub use pairing_code::PairingCode;
pub(super) use sessions::{id, moved};
