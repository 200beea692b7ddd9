//! The messages of USB/IP, version 1.1.1. All numbers are big-endian.

use std::io::{self, Read};

use super::{BUS_ID, Descriptors, invalid};

const VERSION: u16 = 0x0111;
const REQUEST_LIST: u16 = 0x8005;
const REPLY_LIST: u16 = 0x0005;
const REQUEST_IMPORT: u16 = 0x8003;
const REPLY_IMPORT: u16 = 0x0003;

/// Why a device is not exported: a host has it.
pub(super) const BUSY: u32 = 2;
/// Why a device is not exported: there is none with this bus id.
pub(super) const NO_DEVICE: u32 = 4;

const BUS: u32 = 1;
const DEVICE: u32 = 2;
const FULL_SPEED: u32 = 2;

const SUBMIT: u32 = 1;
const UNLINK: u32 = 2;
const SUBMIT_REPLY: u32 = 3;
const UNLINK_REPLY: u32 = 4;

/// The length of a command's and a reply's header.
const HEADER: usize = 48;

/// More than any transfer of a wallet has.
const MOST_DATA: u32 = 64 * 1024;

/// What a host asks before it has a device.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// For the devices that it can have.
    List,
    /// For the device with this bus id.
    Import(String),
}

/// What a host that has the device asks of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    Submit(Submit),
    /// Takes the transfer `unlinked` back.
    Unlink {
        sequence: u32,
        unlinked: u32,
    },
}

/// A transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Submit {
    pub(super) sequence: u32,
    /// The endpoint's address: bit 7 is set for IN.
    pub(super) endpoint: u8,
    /// How many bytes the host takes, or sends.
    pub(super) length: usize,
    /// Of a control transfer.
    pub(super) setup: [u8; 8],
    /// What the host sends.
    pub(super) data: Vec<u8>,
}

/// Reads what a host wants.
pub(super) fn read_operation(from: &mut impl Read) -> io::Result<Operation> {
    let [version, code, _, _] = numbers(from)?;
    if version != VERSION {
        return Err(invalid("another version of USB/IP"));
    }
    match code {
        REQUEST_LIST => Ok(Operation::List),
        REQUEST_IMPORT => {
            let mut bus_id = [0; 32];
            from.read_exact(&mut bus_id)?;
            let text = bus_id.split(|byte| *byte == 0).next().unwrap_or_default();
            Ok(Operation::Import(String::from_utf8_lossy(text).into_owned()))
        }
        _ => Err(invalid("an unknown operation")),
    }
}

fn numbers<const N: usize>(from: &mut impl Read) -> io::Result<[u16; N]> {
    let mut numbers = [0; N];
    for number in &mut numbers {
        let mut bytes = [0; 2];
        from.read_exact(&mut bytes)?;
        *number = u16::from_be_bytes(bytes);
    }
    Ok(numbers)
}

/// The answer to a list: the device, where it is free.
pub(super) fn device_list(device: Option<&Descriptors>) -> Vec<u8> {
    let mut reply = operation_reply(REPLY_LIST, 0);
    reply.extend(u32::from(device.is_some()).to_be_bytes());
    if let Some(device) = device {
        reply.extend(summary(device));
        for interface in &device.interfaces {
            reply.extend([interface.class, interface.subclass, interface.protocol, 0]);
        }
    }
    reply
}

/// The answer to an import: the host has the device.
pub(super) fn imported(device: &Descriptors) -> Vec<u8> {
    [operation_reply(REPLY_IMPORT, 0), summary(device)].concat()
}

/// The answer to an import of a device that the host cannot have.
pub(super) fn import_refused(why: u32) -> Vec<u8> {
    operation_reply(REPLY_IMPORT, why)
}

fn operation_reply(code: u16, status: u32) -> Vec<u8> {
    [&VERSION.to_be_bytes()[..], &code.to_be_bytes(), &status.to_be_bytes()].concat()
}

fn summary(device: &Descriptors) -> Vec<u8> {
    let mut bytes = padded::<256>(&format!("/sys/devices/simulated/usb{BUS}/{BUS_ID}"));
    bytes.extend(padded::<32>(BUS_ID));
    for number in [BUS, DEVICE, FULL_SPEED] {
        bytes.extend(number.to_be_bytes());
    }
    for number in [device.vendor, device.product, device.version] {
        bytes.extend(number.to_be_bytes());
    }
    let interfaces = device.interfaces.len() as u8;
    bytes.extend([0, 0, 0, 1, 1, interfaces]);
    bytes
}

fn padded<const N: usize>(text: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = text.bytes().take(N - 1).collect();
    bytes.resize(N, 0);
    bytes
}

/// Reads the next command.
pub(super) fn read_command(from: &mut impl Read) -> io::Result<Command> {
    let mut header = [0; HEADER];
    from.read_exact(&mut header)?;
    let mut words = header
        .chunks_exact(4)
        .map(|word| word.first_chunk::<4>().map_or(0, |word| u32::from_be_bytes(*word)));
    let [command, sequence, _device, direction, endpoint] =
        [(); 5].map(|()| words.next().unwrap_or(0));
    let [fifth, length] = [(); 2].map(|()| words.next().unwrap_or(0));
    match command {
        UNLINK => Ok(Command::Unlink { sequence, unlinked: fifth }),
        SUBMIT if length > MOST_DATA || endpoint > 15 => {
            Err(invalid("a transfer that no wallet makes"))
        }
        SUBMIT => {
            let is_in = direction == 1;
            let mut data = vec![0; if is_in { 0 } else { length as usize }];
            from.read_exact(&mut data)?;
            let setup = header.last_chunk::<8>().copied().unwrap_or_default();
            let endpoint = endpoint as u8 | if is_in { 0x80 } else { 0 };
            Ok(Command::Submit(Submit { sequence, endpoint, length: length as usize, setup, data }))
        }
        _ => Err(invalid("an unknown command")),
    }
}

/// The answer to a transfer: `status` is 0 or a negative error number, `actual` how many bytes went
/// over the wire, `data` those that the host receives.
pub(super) fn submitted(sequence: u32, status: i32, actual: usize, data: &[u8]) -> Vec<u8> {
    let mut reply = reply(SUBMIT_REPLY, sequence, status);
    reply.extend((actual as u32).to_be_bytes());
    reply.resize(HEADER, 0);
    reply.extend(data);
    reply
}

/// The answer to an unlink.
pub(super) fn unlinked(sequence: u32, status: i32) -> Vec<u8> {
    let mut reply = reply(UNLINK_REPLY, sequence, status);
    reply.resize(HEADER, 0);
    reply
}

fn reply(kind: u32, sequence: u32, status: i32) -> Vec<u8> {
    let mut reply = [kind.to_be_bytes(), sequence.to_be_bytes()].concat();
    reply.resize(20, 0);
    reply.extend(status.to_be_bytes());
    reply
}
