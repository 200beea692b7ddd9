//! Control transfers: what a host asks to find out what the device is, and how it sets it up.

use super::descriptors::{CAPABILITIES, CONFIGURATION, DEVICE, Descriptors, HID, REPORT, STRING};

// Bits 5 and 6 of a request's type, and its recipient.
const DEVICE_IN: u8 = 0x80;
const INTERFACE_IN: u8 = 0x81;
const ENDPOINT_IN: u8 = 0x82;
const STANDARD_OUT: [u8; 3] = [0x00, 0x01, 0x02];
const CLASS_OUT: u8 = 0x21;
const CLASS_IN: u8 = 0xa1;
const VENDOR_IN: [u8; 2] = [0xc0, 0xc1];

const GET_STATUS: u8 = 0;
const CLEAR_FEATURE: u8 = 1;
const SET_FEATURE: u8 = 3;
const SET_ADDRESS: u8 = 5;
const GET_DESCRIPTOR: u8 = 6;
const GET_CONFIGURATION: u8 = 8;
const SET_CONFIGURATION: u8 = 9;
const GET_INTERFACE: u8 = 10;
const SET_INTERFACE: u8 = 11;

const HID_GET_IDLE: u8 = 2;
const HID_GET_PROTOCOL: u8 = 3;
const HID_SET_IDLE: u8 = 10;
const HID_SET_PROTOCOL: u8 = 11;

/// What the device answers to `setup`; `None` where it stalls.
pub(super) fn answer(device: &Descriptors, setup: [u8; 8]) -> Option<Vec<u8>> {
    let [kind, request, value_low, value_high, index_low, index_high, length_low, length_high] =
        setup;
    let index = u16::from_le_bytes([index_low, index_high]);
    let mut answer = match (kind, request) {
        (DEVICE_IN, GET_DESCRIPTOR) => descriptor(device, value_high, value_low)?,
        (INTERFACE_IN, GET_DESCRIPTOR) => {
            let interface = device.interface(index)?;
            match value_high {
                HID => interface.hid_descriptor()?,
                REPORT => interface.hid?.1.to_vec(),
                _ => return None,
            }
        }
        (DEVICE_IN | INTERFACE_IN | ENDPOINT_IN, GET_STATUS) => vec![0, 0],
        (DEVICE_IN, GET_CONFIGURATION) => vec![1],
        (INTERFACE_IN, GET_INTERFACE) => vec![0],
        (CLASS_IN, HID_GET_IDLE | HID_GET_PROTOCOL) => vec![0],
        (CLASS_OUT, HID_SET_IDLE | HID_SET_PROTOCOL) => Vec::new(),
        (kind, CLEAR_FEATURE | SET_FEATURE | SET_ADDRESS | SET_CONFIGURATION | SET_INTERFACE)
            if STANDARD_OUT.contains(&kind) =>
        {
            Vec::new()
        }
        (kind, request) if VENDOR_IN.contains(&kind) => {
            let mut answers = device.vendor_answers.iter();
            answers.find(|answer| answer.request == request && answer.index == index)?.bytes.clone()
        }
        _ => return None,
    };
    answer.truncate(u16::from_le_bytes([length_low, length_high]).into());
    Some(answer)
}

fn descriptor(device: &Descriptors, kind: u8, index: u8) -> Option<Vec<u8>> {
    match kind {
        DEVICE => Some(device.device()),
        CONFIGURATION if index == 0 => Some(device.configuration()),
        STRING => device.string(index),
        CAPABILITIES => device.binary_object_store(),
        _ => None,
    }
}
