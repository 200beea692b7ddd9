//! The sockets of the vendors' emulators, so that programs written for those can use a mock.

pub mod speculos;
pub mod speculos_rest;
pub mod trezor_debug;
pub mod trezor_udp;
