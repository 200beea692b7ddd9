//! What Windows asks a device for to give its first vendor interface to WinUSB: Microsoft's OS
//! descriptors 1.0 and 2.0.

use super::descriptors::{VendorAnswer, capability, utf16};

/// The index of the string that says which request to use.
pub(super) const STRING_INDEX: u8 = 0xee;

const COMPATIBLE_ID: u16 = 4;
const PROPERTIES: u16 = 5;
const DESCRIPTOR_SET: u16 = 7;

const WINDOWS_8_1: [u8; 4] = [0, 0, 3, 6];

/// The string that names `request`.
pub(super) fn string(request: u8) -> Vec<u8> {
    utf16(&format!("MSFT100{}", char::from(request)))
}

/// Version 1.0: interface `interface` is WinUSB's, and programs find it by `guid`.
pub(super) fn version_1(request: u8, interface: u8, guid: &str) -> [VendorAnswer; 2] {
    let mut section = vec![interface, 1];
    section.extend(winusb());
    section.extend([0; 6]);
    let compatible = [&[0x28, 0, 0, 0, 0, 1, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0][..], &section].concat();
    let (name, data) = (property_name(), property_data(guid));
    let length = 14 + name.len() + data.len();
    let properties = [
        &(10 + length as u32).to_le_bytes()[..],
        &[0, 1, 5, 0, 1, 0],
        &(length as u32).to_le_bytes(),
        &[7, 0, 0, 0],
        &(name.len() as u16).to_le_bytes(),
        &name,
        &(data.len() as u32).to_le_bytes(),
        &data,
    ]
    .concat();
    [
        VendorAnswer { request, index: COMPATIBLE_ID, bytes: compatible },
        VendorAnswer { request, index: PROPERTIES, bytes: properties },
    ]
}

/// Version 2.0, whose capability is in the BOS descriptor: the same of interface `interface`.
pub(super) fn version_2(request: u8, interface: u8, guid: &str) -> (Vec<u8>, VendorAnswer) {
    const UUID: [u8; 16] = [
        0xd8, 0xdd, 0x60, 0xdf, 0x45, 0x89, 0x4c, 0xc7, 0x9c, 0xd2, 0x65, 0x9d, 0x9e, 0x64, 0x8a,
        0x9f,
    ];
    let (name, data) = (property_name(), property_data(guid));
    let property = [
        &(10 + name.len() as u16 + data.len() as u16).to_le_bytes()[..],
        &[4, 0, 7, 0],
        &(name.len() as u16).to_le_bytes(),
        &name,
        &(data.len() as u16).to_le_bytes(),
        &data,
    ]
    .concat();
    let features = [&[20, 0, 3, 0][..], &winusb(), &property].concat();
    let function = subset(2, interface, &features);
    let configuration = subset(1, 0, &function);
    let total = (10 + configuration.len() as u16).to_le_bytes();
    let bytes = [&[10, 0, 0, 0][..], &WINDOWS_8_1, &total, &configuration].concat();
    let [low, high] = total;
    let [a, b, c, d] = WINDOWS_8_1;
    let capability = capability(UUID, &[a, b, c, d, low, high, request, 0]);
    (capability, VendorAnswer { request, index: DESCRIPTOR_SET, bytes })
}

fn subset(kind: u16, number: u8, content: &[u8]) -> Vec<u8> {
    let length = (8 + content.len() as u16).to_le_bytes();
    [&[8, 0][..], &kind.to_le_bytes(), &[number, 0], &length, content].concat()
}

/// The compatible id, and no id below it.
fn winusb() -> [u8; 16] {
    *b"WINUSB\0\0\0\0\0\0\0\0\0\0"
}

fn property_name() -> Vec<u8> {
    utf16("DeviceInterfaceGUIDs\0")
}

/// A list of one text.
fn property_data(guid: &str) -> Vec<u8> {
    utf16(&format!("{guid}\0\0"))
}
