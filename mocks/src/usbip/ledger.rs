//! A Ledger on USB, as its system describes itself (LedgerHQ's ledger-secure-sdk, `lib_stusb`).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    Departure, Descriptors, Gadget,
    descriptors::{HID_CLASS, Interface, VENDOR_CLASS, utf16, webusb},
    fido, windows,
};
use crate::{
    Device as _, Packet,
    ledger::{Ledger, Model},
};

const VENDOR: u16 = 0x2c97;
const VERSION: u16 = 0x0201;

const PRODUCT_STRING: u8 = 2;
const HID_ENDPOINT: u8 = 2;
const FIDO_ENDPOINT: u8 = 1;
const WEBUSB_ENDPOINT: u8 = 3;

// What the low byte of the product id counts.
const HAS_HID: u16 = 0x01;
const HAS_FIDO: u16 = 0x04;
const HAS_WEBUSB: u16 = 0x10;

const WEBUSB_REQUEST: u8 = 0x1e;
const WINDOWS_REQUEST: u8 = 0x77;
const WINDOWS_1_GUID: &str = "{13d63400-2C97-0004-0000-4c6564676572}";
const WINDOWS_2_GUID: &str = "{CE809264-4B24-4E81-A8B2-57ED01D580E1}";

/// Usage page FFA0, one report of 64 bytes each way.
const REPORT: [u8; 34] = [
    0x06, 0xa0, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x09, 0x03, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08,
    0x95, 0x40, 0x81, 0x08, 0x09, 0x04, 0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08, 0x95, 0x40, 0x91,
    0x08, 0xc0,
];

/// A simulated Ledger with its USB interfaces.
pub struct LedgerGadget {
    ledger: Arc<Mutex<Ledger>>,
    bootloader: bool,
}

impl LedgerGadget {
    /// The USB side of `ledger`, which others may serve as well.
    pub fn new(ledger: Arc<Mutex<Ledger>>) -> Self {
        Self { ledger, bootloader: false }
    }

    /// A Ledger that was started in its bootloader. It answers no command there.
    pub fn in_bootloader(ledger: Arc<Mutex<Ledger>>) -> Self {
        Self { ledger, bootloader: true }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gadget for LedgerGadget {
    fn descriptors(&self) -> Descriptors {
        let ledger = self.ledger();
        let (model, in_app) = (ledger.model(), ledger.is_in_app());
        if self.bootloader {
            return describe(model, bootloader_product(model), vec![hid()]);
        }
        let interfaces = if in_app {
            vec![hid(), keyboard_like(fido::interface(FIDO_ENDPOINT, PRODUCT_STRING)), vendor()]
        } else {
            vec![hid(), vendor()]
        };
        let fido = if in_app { HAS_FIDO } else { 0 };
        describe(model, product(model) | HAS_HID | HAS_WEBUSB | fido, interfaces)
    }

    fn write(&mut self, endpoint: u8, packet: &Packet) -> Vec<(u8, Packet)> {
        if self.bootloader || endpoint == FIDO_ENDPOINT {
            return Vec::new();
        }
        let replies = self.ledger().receive(packet);
        replies.into_iter().map(|reply| (0x80 | endpoint, reply)).collect()
    }

    fn take_departure(&mut self) -> Option<Departure> {
        let mut ledger = self.ledger();
        let (restarted, unplugged) = (ledger.take_restart(), ledger.take_unplugged());
        unplugged
            .then_some(Departure::Unplugged)
            .or_else(|| restarted.then_some(Departure::Restart))
    }

    fn lose_power(&mut self) {
        self.ledger().replug();
    }
}

fn describe(model: Model, product: u16, interfaces: Vec<Interface>) -> Descriptors {
    let name = match model {
        Model::NanoX => "Nano X",
        Model::NanoSPlus => "Nano S+",
        Model::Stax => "Stax",
        Model::Flex => "Flex",
        Model::NanoGen5 => "Nano Gen5",
    };
    let webusb_interface = interfaces.iter().position(|interface| interface.class == VENDOR_CLASS);
    let mut device = Descriptors {
        vendor: VENDOR,
        product,
        version: VERSION,
        strings: vec![(1, utf16("Ledger")), (PRODUCT_STRING, utf16(name)), (3, utf16("0001"))],
        configuration_string: PRODUCT_STRING,
        attributes: 0xc0,
        interfaces,
        capabilities: Vec::new(),
        vendor_answers: Vec::new(),
    };
    if let Some(number) = webusb_interface {
        let number = number as u8;
        let (capability, set) = windows::version_2(WINDOWS_REQUEST, number, WINDOWS_2_GUID);
        device.capabilities = vec![webusb(WEBUSB_REQUEST, 0), capability];
        device.strings.push((windows::STRING_INDEX, windows::string(WINDOWS_REQUEST)));
        device.vendor_answers.extend(windows::version_1(WINDOWS_REQUEST, number, WINDOWS_1_GUID));
        device.vendor_answers.push(set);
    }
    device
}

/// The high byte of a model's product ids.
fn product(model: Model) -> u16 {
    match model {
        Model::NanoX => 0x4000,
        Model::NanoSPlus => 0x5000,
        Model::Stax => 0x6000,
        Model::Flex => 0x7000,
        Model::NanoGen5 => 0x8000,
    }
}

fn bootloader_product(model: Model) -> u16 {
    product(model) >> 12
}

fn hid() -> Interface {
    Interface {
        class: HID_CLASS,
        subclass: 0,
        protocol: 0,
        string: PRODUCT_STRING,
        hid: Some((0, &REPORT)),
        input: 0x80 | HID_ENDPOINT,
        output: HID_ENDPOINT,
    }
}

/// A Ledger's FIDO interface calls itself a boot keyboard of the United States.
fn keyboard_like(fido: Interface) -> Interface {
    let hid = fido.hid.map(|(_, report)| (0x21, report));
    Interface { subclass: 1, protocol: 1, hid, ..fido }
}

fn vendor() -> Interface {
    Interface {
        class: VENDOR_CLASS,
        subclass: 0xff,
        protocol: 0xff,
        string: PRODUCT_STRING,
        hid: None,
        input: 0x80 | WEBUSB_ENDPOINT,
        output: WEBUSB_ENDPOINT,
    }
}
