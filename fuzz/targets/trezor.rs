//! A Trezor that answers whatever the input says, in codec v1 and over THP; and a Safe 7 whose packets
//! are changed on their way.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use stockade::{
    device::{Found as _, Show, Timeouts},
    path::DerivationPath,
    secret::SecretBytes,
    transport::{Link, Packet, TransportError},
    trezor::{DeviceInfo, Pairing, Pairings, PairingsError, Trezor},
};
use stockade_mocks::{
    Decision, Device, User,
    trezor::{Config, HostCredential, Model, Trezor as Mock},
};

use super::{Pieces, ledger::everything, words::Person};

/// A scripted device never keeps anybody waiting; a simulated one whose packets are lost does.
const TIMEOUTS: Timeouts = Timeouts::new(Duration::from_secs(2), Duration::from_secs(2));
const OF_LOST_PACKETS: Timeouts =
    Timeouts::new(Duration::from_millis(200), Duration::from_millis(200));

/// After this many empty answers, the device speaks without being asked, or is gone.
const PATIENCE: usize = 8;

/// Answers with groups of packets, one group for each message that arrives.
struct Scripted {
    groups: VecDeque<Vec<Packet>>,
    due: VecDeque<Packet>,
    idle: usize,
    /// What is done to a packet before it is sent, and to what arrives: answers repeat it.
    adapt: fn(&mut Packet, &Packet),
    asked: Packet,
}

impl Scripted {
    fn next_group(&mut self) -> bool {
        self.idle = 0;
        let group = self.groups.pop_front();
        let there = group.is_some();
        self.due.extend(group.into_iter().flatten());
        there
    }
}

impl Link for Scripted {
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError> {
        // Later packets of a message are no request of their own.
        if packet[1] == b'#' || packet[0] & 0x80 == 0 && packet[0] != b'?' {
            self.asked = *packet;
            self.next_group();
        }
        Ok(())
    }

    fn receive(&mut self, _wait: Duration) -> Result<Option<Packet>, TransportError> {
        if self.due.is_empty() {
            self.idle += 1;
            if self.idle > PATIENCE && !self.next_group() {
                return Err(TransportError::Disconnected);
            }
            return Ok(None);
        }
        let mut packet = self.due.pop_front();
        if let Some(packet) = &mut packet {
            (self.adapt)(packet, &self.asked);
        }
        Ok(packet)
    }
}

fn scripted(groups: VecDeque<Vec<Packet>>, adapt: fn(&mut Packet, &Packet)) -> Box<Trezor> {
    let link = Scripted { groups, due: VecDeque::new(), idle: 0, adapt, asked: [0; 64] };
    Box::new(Trezor::new(Box::new(link), DeviceInfo::new("trezor"), TIMEOUTS))
}

fn codec_v1(kind: u16, payload: &[u8]) -> Vec<Packet> {
    let length = (payload.len() as u32).to_be_bytes();
    let all = [&b"##"[..], &kind.to_be_bytes(), &length, payload].concat();
    let packet = |chunk: &[u8]| {
        let mut packet = [0; 64];
        packet[0] = b'?';
        packet[1..=chunk.len()].copy_from_slice(chunk);
        packet
    };
    all.chunks(63).map(packet).collect()
}

/// Messages in codec v1: their protobuf is the input's. Each is its type, its length and its bytes.
pub(super) fn trezor_messages(data: &[u8]) {
    let once = || {
        let (mut pieces, mut groups) = (Pieces(data), VecDeque::new());
        while let (Some(kind), Some(length)) = (pieces.u16(), pieces.u16()) {
            groups.push_back(codec_v1(kind, pieces.bytes(length.into())));
        }
        everything(scripted(groups, |_, _| {}))
    };
    super::same(once().len() > 1, true);
}

/// Packets in codec v1 or of THP, as they are.
pub(super) fn trezor_packets(data: &[u8]) {
    let groups = super::framing::in_packets(data).into_iter().map(|packet| vec![packet]);
    everything(scripted(groups.collect(), |_, _| {}));
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

/// A THP message with the right checksum.
fn thp(control: u8, channel: u16, payload: &[u8]) -> Vec<Packet> {
    let channel = channel.to_be_bytes();
    let length = (payload.len() as u16 + 4).to_be_bytes();
    let mut bytes = [&[control][..], &channel, &length, payload].concat();
    bytes.extend(crc32(&bytes).to_be_bytes());
    let (first, rest) = bytes.split_at(bytes.len().min(64));
    let later = rest.chunks(61).map(|chunk| [&[0x80], &channel[..], chunk].concat());
    let padded = |bytes: Vec<u8>| {
        let mut packet = [0; 64];
        packet[..bytes.len()].copy_from_slice(&bytes);
        packet
    };
    std::iter::once(first.to_vec()).chain(later).map(padded).collect()
}

/// Repeats the nonce of a request for a channel, which no input could know.
fn with_nonce(packet: &mut Packet, asked: &Packet) {
    if packet[0] == 0x41 && asked[0] == 0x40 {
        packet[5..13].copy_from_slice(&asked[5..13]);
        let end = 5 + usize::from(u16::from_be_bytes([packet[3], packet[4]])) - 4;
        if let Some((content, rest)) = packet.split_at_mut_checked(end)
            && let Some(crc) = rest.first_chunk_mut::<4>()
        {
            *crc = crc32(content).to_be_bytes();
        }
    }
}

/// THP messages with right checksums: control byte, channel, length, bytes.
pub(super) fn thp_packets(data: &[u8]) {
    let (mut pieces, mut groups) = (Pieces(data), VecDeque::new());
    // "It speaks another protocol", so that THP is tried.
    groups.push_back(codec_v1(3, &[8, 17]));
    while let (Some(control), Some(channel), Some(length)) =
        (pieces.byte(), pieces.u16(), pieces.byte())
    {
        groups.push_back(thp(control, channel, pieces.bytes(length.into())));
    }
    let said = everything(scripted(groups, with_nonce));
    let _ = said[0].starts_with("Ok").then(super::understood);
}

/// A simulated Safe 7. Packets to the host are changed as the input says.
struct Changed {
    device: Mock,
    due: VecDeque<Packet>,
    changes: Arc<Mutex<Changes>>,
}

struct Changes {
    edits: VecDeque<[u8; 4]>,
    passed: u8,
    made: bool,
}

impl Changed {
    fn take(&mut self, packets: Vec<Packet>) {
        let Ok(mut changes) = self.changes.lock() else { return };
        for mut packet in packets {
            let at = changes.passed;
            changes.passed = changes.passed.wrapping_add(1);
            let mut copies = 1;
            while let Some([_, place, value, how]) =
                changes.edits.pop_front_if(|edit| edit[0] <= at)
            {
                changes.made = true;
                match how % 4 {
                    0 => packet[usize::from(place % 64)] ^= value,
                    1 => packet[usize::from(place % 64)] = value,
                    2 => copies = usize::from(value % 3),
                    _ => {
                        packet[usize::from(place % 64)] ^= value;
                        with_checksum(&mut packet);
                    }
                }
            }
            (0..copies).for_each(|_| self.due.push_back(packet));
        }
    }
}

/// The right checksum again, if the message is in one packet.
fn with_checksum(packet: &mut Packet) {
    let length = usize::from(u16::from_be_bytes([packet[3], packet[4]]));
    if packet[0] & 0x80 == 0 && (4..=59).contains(&length) {
        let (content, rest) = packet.split_at_mut(5 + length - 4);
        rest[..4].copy_from_slice(&crc32(content).to_be_bytes());
    }
}

impl Link for Changed {
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError> {
        let answers = self.device.receive(packet);
        self.take(answers);
        Ok(())
    }

    fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, TransportError> {
        if self.due.is_empty() {
            std::thread::sleep(wait.min(Duration::from_millis(2)));
            let answers = self.device.tick();
            self.take(answers);
        }
        Ok(self.due.pop_front())
    }
}

struct Paired(Option<HostCredential>);

impl Pairings for Paired {
    fn load(&self) -> (Vec<Pairing>, Vec<PairingsError>) {
        let pairing = |host: &HostCredential| {
            let private_key = SecretBytes::new(|key| *key = host.host_private_key);
            Pairing::new(host.device_public_key, private_key, host.credential.clone())
        };
        (self.0.iter().map(pairing).collect(), Vec::new())
    }

    fn keep(&self, _pairing: &Pairing) -> Result<(), PairingsError> {
        Ok(())
    }

    fn host_name(&self) -> String {
        "lab-host".to_owned()
    }
}

/// A Safe 7 that this computer knows. Whatever becomes of its packets, an address is the right one:
/// THP is encrypted.
pub(super) fn thp_changed(data: &[u8]) {
    let (mut pieces, mut edits) = (Pieces(data), VecDeque::new());
    while let [packet, place, value, how] = *pieces.bytes(4) {
        edits.push_back([packet % 40, place, value, how]);
    }
    let mut device = Mock::new(Config::new(Model::Safe7, User::always(Decision::Approve)));
    device.set_patience(Duration::from_millis(10));
    let paired = Arc::new(Paired(device.paired_host("lab-host", "Stockade")));
    let changes = Arc::new(Mutex::new(Changes { edits, passed: 0, made: false }));
    let link = Changed { device, due: VecDeque::new(), changes: changes.clone() };
    let info = DeviceInfo::simulated("trezor");
    let trezor = Trezor::new(Box::new(link), info, OF_LOST_PACKETS).with_pairings(paired);
    let mut user = Person;
    let address = Box::new(trezor).open(&mut user).and_then(|mut wallet| {
        wallet.address(&DerivationPath::check_address(), Show::OnDevice, &mut user)
    });
    if let Ok(address) = &address {
        super::understood();
        super::same(address.to_string().as_str(), "0x5C81Eade04A009301586bF5421F18F3EB5C52df4");
    }
}

/// What this computer keeps of a pairing.
pub(super) fn trezor_pairing(data: &[u8]) {
    if let Ok(pairing) = Pairing::parse(data) {
        super::understood();
        let text = pairing.to_text();
        assert!(Pairing::parse(text.as_bytes()).is_ok_and(|again| again.to_text() == text));
    }
}
