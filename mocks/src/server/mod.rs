//! Sockets of emulators, so that programs made for those can talk to a mock.

pub mod speculos;
pub mod trezor_udp;
