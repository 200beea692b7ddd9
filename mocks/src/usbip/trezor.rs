//! A Trezor on USB, as its firmware describes itself (trezor-firmware, `core/embed/io/usb` and
//! `legacy/firmware/usb.c`).

use std::time::Duration;

use super::{
    Departure, Descriptors, Gadget,
    descriptors::{Interface, VENDOR_CLASS, VendorAnswer, utf16, webusb},
    fido, windows,
};
use crate::{
    Device as _, Packet,
    trezor::{Model, Trezor},
};

const VENDOR: u16 = 0x1209;
const FIRMWARE: u16 = 0x53c1;
const BOOTLOADER: u16 = 0x53c0;

const WIRE_ENDPOINT: u8 = 1;

const WEBUSB_REQUEST: u8 = 1;
const LANDING_PAGE: u16 = 2;
const LANDING_URL: &str = "trezor.io/start";
const WINDOWS_REQUEST: u8 = b'!';
const WINDOWS_GUID: &str = "{c6c374a6-2285-4cb8-ab43-17647cea503d}";

/// A simulated Trezor with its USB interfaces.
pub struct TrezorGadget {
    trezor: Trezor,
    /// What it described itself as last.
    in_bootloader: bool,
}

impl TrezorGadget {
    /// The USB side of `trezor`.
    pub fn new(trezor: Trezor) -> Self {
        let in_bootloader = trezor.is_in_bootloader();
        Self { trezor, in_bootloader }
    }
}

impl Gadget for TrezorGadget {
    fn descriptors(&self) -> Descriptors {
        let (model, in_bootloader) = (self.trezor.model(), self.trezor.is_in_bootloader());
        let is_one = model == Model::One;
        let (manufacturer, product) = match model {
            Model::One | Model::T => ("SatoshiLabs", "TREZOR"),
            Model::Safe3 => ("Trezor Company", "Trezor Safe 3"),
            Model::Safe5 => ("Trezor Company", "Trezor Safe 5"),
            Model::Safe7 => ("Trezor Company", "Trezor Safe 7"),
        };
        let serial = match self.trezor.device_id() {
            id if is_one && !in_bootloader => id,
            _ => "000000000000000000000000",
        };
        // The One numbers its strings in their order, and its endpoints by what they are for.
        let (interface_string, fido_string, fido_endpoint) =
            if is_one { (4, 5, 3) } else { (5, 5, 2) };
        let mut strings = vec![
            (1, utf16(manufacturer)),
            (2, utf16(product)),
            (3, utf16(serial)),
            (interface_string, utf16("TREZOR Interface")),
            (windows::STRING_INDEX, windows::string(WINDOWS_REQUEST)),
        ];
        if is_one {
            strings.push((fido_string, utf16("TREZOR U2F Interface")));
        }
        let mut interfaces = vec![wire(interface_string)];
        if !in_bootloader {
            interfaces.push(fido::interface(fido_endpoint, fido_string));
        }
        let mut vendor_answers = vec![landing_page()];
        vendor_answers.extend(windows::version_1(WINDOWS_REQUEST, 0, WINDOWS_GUID));
        Descriptors {
            vendor: VENDOR,
            product: if in_bootloader { BOOTLOADER } else { FIRMWARE },
            version: if is_one { 0x0100 } else { 0x0200 },
            strings,
            configuration_string: 0,
            attributes: 0x80,
            interfaces,
            capabilities: vec![webusb(WEBUSB_REQUEST, is_one.into())],
            vendor_answers,
        }
    }

    fn write(&mut self, endpoint: u8, packet: &Packet) -> Vec<(u8, Packet)> {
        if endpoint == WIRE_ENDPOINT { outgoing(self.trezor.receive(packet)) } else { Vec::new() }
    }

    fn tick(&mut self) -> Vec<(u8, Packet)> {
        outgoing(self.trezor.tick())
    }

    fn late(&self) -> Duration {
        self.trezor.late()
    }

    fn take_departure(&mut self) -> Option<Departure> {
        let in_bootloader = self.trezor.is_in_bootloader();
        let changed = std::mem::replace(&mut self.in_bootloader, in_bootloader) != in_bootloader;
        (self.trezor.take_unplugged() || changed).then_some(Departure::Unplugged)
    }

    fn lose_power(&mut self) {
        self.trezor.replug();
    }
}

fn outgoing(packets: Vec<Packet>) -> Vec<(u8, Packet)> {
    packets.into_iter().map(|packet| (0x80 | WIRE_ENDPOINT, packet)).collect()
}

fn wire(string: u8) -> Interface {
    Interface {
        class: VENDOR_CLASS,
        subclass: 0,
        protocol: 0,
        string,
        hid: None,
        input: 0x80 | WIRE_ENDPOINT,
        output: WIRE_ENDPOINT,
    }
}

/// Where a browser may send its user.
fn landing_page() -> VendorAnswer {
    const HTTPS: u8 = 1;
    let bytes = [&[3 + LANDING_URL.len() as u8, 3, HTTPS], LANDING_URL.as_bytes()].concat();
    VendorAnswer { request: WEBUSB_REQUEST, index: LANDING_PAGE, bytes }
}
