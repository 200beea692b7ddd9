//! Sockets of emulators, so that programs made for those can talk to a mock.

pub mod speculos;
pub mod speculos_rest;
pub mod trezor_debug;
pub mod trezor_udp;
