//! THP, the protocol of the Safe 7: an encrypted channel for paired computers.
//!
//! Packets, retransmission and the Noise handshake come from the vendor's crate `trezor-thp`, which does
//! no I/O. This module adds links, time limits and pairing.
//!
//! Specification: [Trezor-Host Protocol](https://docs.trezor.io/trezor-firmware/common/thp/specification.html).

pub(super) mod channel;
mod code_entry;
mod crypto;
mod keys;
mod messages;
mod open;
mod pair;
pub(super) mod pairing;
mod pipe;

pub use pairing::{NoPairings, Pairing, Pairings, PairingsError};
