//! THP, which the Safe 7 speaks: an encrypted channel that only a computer which was paired gets.
//!
//! Packets, retransmission and the Noise handshake are the vendor's own (crate `trezor-thp`, which
//! does no I/O); links, time-outs, pairing and what is kept of it are here.
//!
//! Specification: [Trezor-Host Protocol](https://docs.trezor.io/trezor-firmware/common/thp/specification.html).

pub(super) mod channel;
mod code_entry;
mod crypto;
mod keys;
mod messages;
mod open;
pub(super) mod pairing;
mod pairs;
mod pipe;

pub use pairing::{NoPairings, Pairing, Pairings, PairingsError};
