//! A host of our own, which speaks USB/IP as Linux's vhci does.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use super::*;
use crate::{
    Act, Decision, Script, User,
    ledger::{App, Config, Ledger, Model},
    trezor::{self, Trezor},
};

const SET_IDLE: [u8; 8] = [0x21, 10, 0, 0, 0, 0, 0, 0];

struct Host {
    stream: TcpStream,
    sequence: u32,
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn list(address: SocketAddr) -> Vec<u8> {
    let mut stream = connect(address);
    stream.write_all(&[1, 0x11, 0x80, 5, 0, 0, 0, 0]).unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).unwrap();
    assert_eq!(reply[..8], [1, 0x11, 0, 5, 0, 0, 0, 0]);
    reply[8..].to_vec()
}

fn import(address: SocketAddr, bus_id: &str) -> Result<(Host, Vec<u8>), u32> {
    let mut stream = connect(address);
    let mut request = [&[1, 0x11, 0x80, 3, 0, 0, 0, 0], bus_id.as_bytes()].concat();
    request.resize(40, 0);
    stream.write_all(&request).unwrap();
    let mut head = [0; 8];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(head[..4], [1, 0x11, 0, 3]);
    match u32::from_be_bytes(head[4..].try_into().unwrap()) {
        0 => {
            let mut device = vec![0; 312];
            stream.read_exact(&mut device).unwrap();
            Ok((Host { stream, sequence: 0 }, device))
        }
        why => Err(why),
    }
}

/// Imports it as soon as it is free again.
fn import_again(address: SocketAddr) -> (Host, Vec<u8>) {
    for _ in 0..200 {
        if let Ok(imported) = import(address, BUS_ID) {
            return imported;
        }
        thread::sleep(Duration::from_millis(25));
    }
    panic!("never free again");
}

impl Host {
    fn send(&mut self, command: u32, endpoint: u8, seventh: u32, eighth: u32, tail: &[u8]) -> u32 {
        self.sequence += 1;
        let mut header = Vec::new();
        let direction = u32::from(endpoint >> 7);
        for word in
            [command, self.sequence, 0x10002, direction, u32::from(endpoint & 0xf), seventh, eighth]
        {
            header.extend(word.to_be_bytes());
        }
        header.resize(40, 0);
        header.extend(tail);
        header.resize(48.max(header.len()), 0);
        self.stream.write_all(&header).unwrap();
        self.sequence
    }

    /// The number, the status and the data of the next reply.
    fn reply(&mut self) -> io::Result<(u32, u32, i32, Vec<u8>)> {
        let mut header = [0; 48];
        self.stream.read_exact(&mut header)?;
        let word = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
        Ok((word(0), word(4), word(20) as i32, word(24).to_be_bytes().to_vec()))
    }

    fn control(&mut self, setup: [u8; 8]) -> Result<Vec<u8>, i32> {
        let length = u32::from(u16::from_le_bytes([setup[6], setup[7]]));
        let sequence = self.send(1, setup[0] & 0x80, 0, length, &setup);
        let (kind, answered, status, actual) = self.reply().unwrap();
        assert_eq!((kind, answered), (3, sequence));
        if status != 0 {
            return Err(status);
        }
        let mut data = vec![0; u32::from_be_bytes(actual.try_into().unwrap()) as usize];
        self.stream.read_exact(&mut data).unwrap();
        Ok(data)
    }

    fn descriptor(&mut self, kind: u8, index: u8) -> Vec<u8> {
        self.control([0x80, 6, index, kind, 0, 0, 0xff, 0]).unwrap()
    }

    fn text(&mut self, index: u8) -> String {
        let bytes = self.descriptor(3, index);
        let units = bytes[2..].chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        String::from_utf16(&units.collect::<Vec<_>>()).unwrap()
    }

    fn write(&mut self, endpoint: u8, packet: &Packet) -> io::Result<()> {
        let tail = [&[0; 8][..], packet].concat();
        let sequence = self.send(1, endpoint, 0, 64, &tail);
        assert_eq!(self.reply()?, (3, sequence, 0, vec![0, 0, 0, 64]));
        Ok(())
    }

    fn read(&mut self, endpoint: u8) -> io::Result<Packet> {
        let sequence = self.send(1, endpoint, 0, 64, &[]);
        let reply = self.reply()?;
        assert_eq!(reply, (3, sequence, 0, vec![0, 0, 0, 64]));
        let mut packet = [0; 64];
        self.stream.read_exact(&mut packet)?;
        Ok(packet)
    }

    /// A command of one packet, and the first packet of its answer.
    fn apdu(&mut self, endpoint: u8, apdu: &[u8]) -> io::Result<Vec<u8>> {
        let mut packet = [0; 64];
        packet[..7].copy_from_slice(&[1, 1, 5, 0, 0, 0, apdu.len() as u8]);
        packet[7..7 + apdu.len()].copy_from_slice(apdu);
        self.write(endpoint, &packet)?;
        let reply = self.read(0x80 | endpoint)?;
        let length = usize::from(u16::from_be_bytes([reply[5], reply[6]]));
        Ok(reply[7..7 + length.min(57)].to_vec())
    }

    fn left(&mut self) -> bool {
        let sequence = self.sequence + 1;
        let mut header = [0; 48];
        header[3] = 1;
        header[4..8].copy_from_slice(&sequence.to_be_bytes());
        header[15] = 1;
        header[19] = 2;
        header[27] = 64;
        let _maybe = self.stream.write_all(&header);
        self.reply().is_err()
    }
}

fn gadget(config: Config) -> LedgerGadget {
    LedgerGadget::new(Arc::new(Mutex::new(Ledger::new(config))))
}

fn product(device: &[u8]) -> u16 {
    u16::from_be_bytes([device[302], device[303]])
}

#[test]
fn a_ledger_is_listed_imported_and_described_as_the_vendors_own() {
    let address = spawn(gadget(Config::default())).unwrap();
    let listed = list(address);
    assert_eq!(listed[..4], [0, 0, 0, 1]);
    assert_eq!(listed[4 + 300..4 + 304], [0x2c, 0x97, 0x50, 0x15]);
    // HID, FIDO, WebUSB.
    assert_eq!(listed[4 + 312..], [3, 0, 0, 0, 3, 1, 1, 0, 0xff, 0xff, 0xff, 0]);

    assert_eq!(import(address, "1-2").err(), Some(4));
    let (mut host, _) = import(address, BUS_ID).unwrap();
    assert_eq!(import(address, BUS_ID).err(), Some(2));
    assert_eq!(list(address), [0, 0, 0, 0]);

    let device = host.descriptor(1, 0);
    assert_eq!(device, [18, 1, 0x10, 2, 0, 0, 0, 64, 0x97, 0x2c, 0x15, 0x50, 1, 2, 1, 2, 3, 1]);
    let configuration = host.descriptor(2, 0);
    assert_eq!(configuration.len(), 9 + 32 + 32 + 23);
    assert_eq!(configuration[2..5], [96, 0, 3]);
    assert_eq!((host.text(1).as_str(), host.text(2).as_str()), ("Ledger", "Nano S+"));
    let capabilities = host.descriptor(15, 0);
    assert_eq!(capabilities.len(), 5 + 24 + 28);
    assert_eq!(capabilities[4], 2);
    assert_eq!(capabilities[9..13], [0x38, 0xb6, 8, 0x34]);
    // Microsoft's set is as long as the capability says.
    let set = host.control([0xc0, 0x77, 0, 0, 7, 0, 0xff, 0]).unwrap();
    assert_eq!((set.len(), capabilities[53]), (0xb2, 0xb2));
    let properties = host.control([0xc1, 0x77, 0, 0, 5, 0, 0xff, 0]).unwrap();
    assert_eq!((properties.len(), properties[0]), (0x92, 0x92));
    assert_eq!(host.control([0x81, 6, 0, 0x22, 0, 0, 0xff, 0]).unwrap()[..3], [6, 0xa0, 0xff]);
    assert_eq!(host.control([0x81, 6, 0, 0x22, 1, 0, 0xff, 0]).unwrap()[..3], [6, 0xd0, 0xf1]);
    assert_eq!(host.control([0x81, 6, 0, 0x22, 2, 0, 0xff, 0]), Err(-32));
    assert_eq!(host.control([0x80, 6, 0, 6, 0, 0, 10, 0]), Err(-32));
    assert_eq!(host.control(SET_IDLE), Ok(Vec::new()));
    assert_eq!(host.control([0x80, 6, 0, 1, 0, 0, 8, 0]).unwrap().len(), 8);
}

#[test]
fn apdus_are_exchanged_over_hid_and_over_webusb() {
    let address = spawn(gadget(Config::default())).unwrap();
    let (mut host, _) = import(address, BUS_ID).unwrap();
    for endpoint in [2, 3] {
        let reply = host.apdu(endpoint, &[0xb0, 1, 0, 0, 0]).unwrap();
        assert!(reply.starts_with(b"\x01\x08Ethereum"), "{reply:x?}");
    }
    // No such endpoint.
    let sequence = host.send(1, 0x84, 0, 64, &[]);
    assert_eq!(host.reply().unwrap(), (3, sequence, -32, vec![0; 4]));
}

#[test]
fn a_transfer_that_is_taken_back_gets_no_packet() {
    let address = spawn(gadget(Config::default())).unwrap();
    let (mut host, _) = import(address, BUS_ID).unwrap();
    let waiting = host.send(1, 0x82, 0, 64, &[]);
    let unlink = host.send(2, 0, waiting, 0, &[]);
    assert_eq!(host.reply().unwrap(), (4, unlink, -104, vec![0; 4]));
    let again = host.send(2, 0, waiting, 0, &[]);
    assert_eq!(host.reply().unwrap(), (4, again, 0, vec![0; 4]));
    assert!(host.apdu(2, &[0xe0, 6, 0, 0, 0]).unwrap().ends_with(&[0x90, 0]));
}

#[test]
fn a_ledger_comes_back_with_another_product_id_when_an_app_opens_or_closes() {
    for (model, high) in [
        (Model::NanoX, 0x4000),
        (Model::NanoSPlus, 0x5000),
        (Model::Stax, 0x6000),
        (Model::Flex, 0x7000),
        (Model::NanoGen5, 0x8000),
    ] {
        let config = Config { model, app: App::Dashboard, ..Config::default() };
        let address = spawn(gadget(config)).unwrap();
        let (mut host, device) = import(address, BUS_ID).unwrap();
        assert_eq!(product(&device), high | 0x11);
        assert_eq!(host.apdu(2, b"\xe0\xd8\0\0\x08Ethereum").unwrap(), [0x90, 0]);
        assert!(host.left());
        let (mut host, device) = import_again(address);
        assert_eq!(product(&device), high | 0x15);
        assert_eq!(host.apdu(2, &[0xb0, 0xa7, 0, 0, 0]).unwrap(), [0x90, 0]);
        assert!(host.left());
        // Unplugging it leaves it on its dashboard as well.
        let (host, device) = import_again(address);
        assert_eq!(product(&device), high | 0x11);
        drop(host);
        assert_eq!(product(&import_again(address).1), high | 0x11);
    }
    let ledger = Arc::new(Mutex::new(Ledger::new(Config::default())));
    let address = spawn(LedgerGadget::in_bootloader(ledger)).unwrap();
    assert_eq!(product(&import(address, BUS_ID).unwrap().1), 0x0005);
}

#[test]
fn what_a_script_unplugs_leaves_the_bus() {
    let script = r#"{"steps": [{"at": "command", "do": "unlock"}, {"at": "command", "do": "unplug"}], "rest": "approve"}"#;
    let script = Script::parse(script, Ledger::can).unwrap();
    let config = Config { user: User::of_script(&script), ..Config::default() };
    let address = spawn(gadget(config)).unwrap();
    let (mut host, _) = import(address, BUS_ID).unwrap();
    assert!(host.apdu(2, &[0xe0, 6, 0, 0, 0]).is_ok());
    assert!(host.apdu(2, &[0xe0, 6, 0, 0, 0]).is_err());
    let (mut host, _) = import_again(address);
    assert!(host.apdu(2, &[0xb0, 1, 0, 0, 0]).unwrap().starts_with(b"\x01\x05BOLOS"));
}

#[test]
fn a_trezor_is_described_as_the_vendors_own_and_answers() {
    for (model, name, serial_is_id) in [
        (trezor::Model::One, "TREZOR", true),
        (trezor::Model::T, "TREZOR", false),
        (trezor::Model::Safe3, "Trezor Safe 3", false),
        (trezor::Model::Safe5, "Trezor Safe 5", false),
        (trezor::Model::Safe7, "Trezor Safe 7", false),
    ] {
        let user = User::always(Decision::Approve);
        let trezor = Trezor::new(trezor::Config::new(model, user));
        let id = trezor.device_id().to_owned();
        let address = spawn(TrezorGadget::new(trezor)).unwrap();
        let (mut host, device) = import(address, BUS_ID).unwrap();
        assert_eq!(device[300..304], [0x12, 9, 0x53, 0xc1]);
        assert_eq!(host.text(2), name);
        assert_eq!(host.text(3) == id, serial_is_id);
        assert_eq!(host.descriptor(15, 0).len(), 29);
        let configuration = host.descriptor(2, 0);
        assert_eq!(configuration[9..18], [9, 4, 0, 0, 2, 0xff, 0, 0, configuration[17]]);
        assert_eq!((configuration[20], configuration[27]), (0x81, 0x01));
        let page = host.control([0xc0, 1, 1, 0, 2, 0, 0xff, 0]).unwrap();
        assert_eq!(page[3..], *b"trezor.io/start");
        // Initialize is answered by Features, or over THP by a failure.
        let mut initialize = [0; 64];
        initialize[..3].copy_from_slice(b"?##");
        host.write(1, &initialize).unwrap();
        assert!(host.read(0x81).unwrap().starts_with(b"?##\0"));
    }
}

#[test]
fn a_trezor_in_its_bootloader_has_its_id() {
    let user = User::always(Decision::Approve);
    let mut trezor = Trezor::new(trezor::Config::new(trezor::Model::Safe5, user));
    trezor.happen(Act::Bootloader);
    let address = spawn(TrezorGadget::new(trezor)).unwrap();
    assert_eq!(product(&import(address, BUS_ID).unwrap().1), 0x53c0);
}

#[test]
fn what_no_host_says_ends_only_its_own_connection() {
    let address = spawn(gadget(Config::default())).unwrap();
    for nonsense in [
        &b"GET / HTTP/1.1\r\n\r\n"[..],
        &[1, 0x11, 0x80, 9, 0, 0, 0, 0],
        &[1, 0x10, 0x80, 5, 0, 0, 0, 0],
    ] {
        let mut stream = connect(address);
        stream.write_all(nonsense).unwrap();
        assert_eq!(stream.read(&mut [0; 8]).unwrap_or(0), 0);
    }
    let (mut host, _) = import(address, BUS_ID).unwrap();
    host.send(1, 2, 0, u32::MAX, &[]);
    assert!(host.reply().is_err());
    let (mut host, _) = import_again(address);
    host.send(9, 0, 0, 0, &[]);
    assert!(host.reply().is_err());
    import_again(address);
}
