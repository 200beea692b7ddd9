//! The interface for U2F and FIDO that both vendors' wallets have. Nothing answers on it here.

use super::descriptors::{HID_CLASS, Interface};

/// Usage page F1D0, one report of 64 bytes each way.
const REPORT: [u8; 34] = [
    0x06, 0xd0, 0xf1, 0x09, 0x01, 0xa1, 0x01, 0x09, 0x20, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08,
    0x95, 0x40, 0x81, 0x02, 0x09, 0x21, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x40, 0x91,
    0x02, 0xc0,
];

/// An interface whose endpoints have the number `endpoint`.
pub(super) fn interface(endpoint: u8, string: u8) -> Interface {
    Interface {
        class: HID_CLASS,
        subclass: 0,
        protocol: 0,
        string,
        hid: Some((0, &REPORT)),
        input: 0x80 | endpoint,
        output: endpoint,
    }
}
