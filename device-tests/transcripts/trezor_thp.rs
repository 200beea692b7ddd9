//! The recording of a Safe 7 over THP: pairing by code, the credential, a session, and coming back.
//! Nobody has the keys by which its packets were encrypted, so that what is random differs; all
//! else is compared: marks, channels, lengths, checksums, who sends when, and every message whole.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use stockade_mocks::{
    Decision, Device, Packet, User,
    trezor::{Config, Model, Trezor},
};
use trezor_noise_rust_crypto::{Aes256Gcm, Sha256 as NoiseSha256, X25519};
use trezor_thp::{
    Backend, ChannelIO,
    channel::host::{Channel, Mux},
    credential::{CredentialStore, FoundCredential},
};

const RECORDING: &str = include_str!("trezor-safe7-thp.jsonl");

/// What the recorded device called itself; the mock is given the same.
const DEVICE_ID: &str = "375A35D32A727507817BFC8E";

/// A line that counts: a packet, or a message before it is encrypted or after it is decrypted.
enum Line {
    Packet { to_device: bool, packet: Packet },
    Message { to_device: bool, kind: u16, payload: Vec<u8> },
}

fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for text in RECORDING.lines() {
        let line: Value = serde_json::from_str(text).unwrap();
        if let Some(packet) = line["packet"].as_str() {
            let packet = hex::decode(packet).unwrap().try_into().unwrap();
            lines.push(Line::Packet { to_device: line["dir"] == "host->device", packet });
        }
        let Some(note) = line["note"].as_str() else { continue };
        let to_device = note.starts_with("encoded as type ");
        if to_device || note.starts_with("received type ") {
            let (_, rest) = note.split_once("type ").unwrap();
            let (kind, rest) = rest.split_once(' ').unwrap();
            let payload = hex::decode(rest.split_once(": ").unwrap().1).unwrap();
            lines.push(Line::Message { to_device, kind: kind.parse().unwrap(), payload });
        }
    }
    lines
}

fn packets() -> Vec<(bool, Packet)> {
    let packet = |line| match line {
        Line::Packet { to_device, packet } => Some((to_device, packet)),
        Line::Message { .. } => None,
    };
    lines().into_iter().filter_map(packet).collect()
}

/// CRC-32 as IEEE 802.3 has it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    })
}

/// Puts the packets of each direction together: mark, channel and payload, of every message whose
/// checksum is right.
fn assemble(packets: &[(bool, Packet)]) -> Vec<(bool, u8, u16, Vec<u8>)> {
    let mut messages = Vec::new();
    let mut partial: Option<(bool, Vec<u8>)> = None;
    for (to_device, packet) in packets {
        if packet[0] & 0x80 == 0 {
            assert!(partial.is_none(), "a message that was not ended");
            partial = Some((*to_device, packet.to_vec()));
        } else {
            let (direction, begun) = partial.as_mut().unwrap();
            assert_eq!((*direction, &begun[1..3]), (*to_device, &packet[1..3]));
            begun.extend_from_slice(&packet[3..]);
        }
        let (_, begun) = partial.as_ref().unwrap();
        let end = 5 + usize::from(u16::from_be_bytes([begun[3], begun[4]]));
        if begun.len() < end {
            continue;
        }
        let (to_device, begun) = partial.take().unwrap();
        assert!(begun[end..].iter().all(|byte| *byte == 0), "padding");
        let (body, checksum) = begun[..end].split_at(end - 4);
        assert_eq!(crc32(body).to_be_bytes(), checksum);
        let channel = u16::from_be_bytes([body[1], body[2]]);
        messages.push((to_device, body[0], channel, body[5..].to_vec()));
    }
    assert!(partial.is_none());
    messages
}

#[test]
fn every_packet_is_framed_as_the_specification_says() {
    let packets = packets();
    let messages = assemble(&packets);
    println!(
        "Safe 7: {} packets make {} messages, all checksums right",
        packets.len(),
        messages.len()
    );
    assert_eq!((packets.len(), messages.len()), (104, 86));
}

/// The hash of the recorded handshake, which covers only what was seen on the wire.
fn handshake_hash() -> [u8; 32] {
    let messages = assemble(&packets());
    let properties = &messages[1].3[10..];
    let of = |kind: u8| &messages.iter().find(|message| message.1 & 0xe7 == kind).unwrap().3;
    let mut hash = *b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0";
    let (first, second, third) = (of(0), of(1), of(2));
    let parts = [
        properties,
        &first[..32],
        &first[32..],
        &second[..32],
        &second[32..80],
        &second[80..],
        &third[..48],
        &third[48..],
    ];
    for part in parts {
        hash = Sha256::new().chain_update(hash).chain_update(part).finalize().into();
    }
    hash
}

/// The six digits on the recorded screen are those of the recorded handshake and secrets.
#[test]
fn the_recorded_code_is_that_of_the_recorded_handshake() {
    let payload = |wanted: u16| {
        lines().into_iter().find_map(|line| match line {
            Line::Message { kind, payload, .. } if kind == wanted => Some(payload[2..].to_vec()),
            _ => None,
        })
    };
    let (challenge, secret) = (payload(1025).unwrap(), payload(1028).unwrap());
    let commitment = payload(1024).unwrap();
    assert_eq!(Sha256::digest(&secret).as_slice(), commitment);
    let digest = Sha256::new()
        .chain_update([2])
        .chain_update(handshake_hash())
        .chain_update(secret)
        .chain_update(challenge)
        .finalize();
    let code = digest.iter().fold(0, |rest, byte| (rest * 256 + u64::from(*byte)) % 1_000_000);
    assert_eq!(code, 61_616);
    assert!(RECORDING.contains("061 616"), "what the screen showed");
}

struct Primitives;

impl Backend for Primitives {
    type Cipher = Aes256Gcm;
    type DH = X25519;
    type Hash = NoiseSha256;

    fn random_bytes(dest: &mut [u8]) {
        getrandom::fill(dest).unwrap();
    }
}

/// What the host shows in the handshake, as the recorded one did.
#[derive(Clone)]
struct Shown {
    private_key: [u8; 32],
    payload: Vec<u8>,
}

impl CredentialStore for Shown {
    fn lookup<'a>(&self, _: &[u8], _: &[u8], dest: &'a mut [u8]) -> Option<FoundCredential<'a>> {
        let (key, rest) = dest.split_first_chunk_mut::<32>()?;
        *key = self.private_key;
        let credential = &mut rest[..self.payload.len()];
        credential.copy_from_slice(&self.payload);
        Some(FoundCredential { local_static_privkey: key, auth_credential: credential })
    }
}

/// The recorded host, which talks to the mock.
struct Host {
    device: Trezor,
    channel: Option<Channel<Primitives>>,
    shown: Shown,
    device_key: [u8; 32],
    handshake_hash: [u8; 32],
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    played: Vec<(bool, Packet)>,
    replies: Vec<(u16, Vec<u8>)>,
}

impl Host {
    fn new() -> Self {
        let config = Config {
            device_id: Some(DEVICE_ID.to_owned()),
            label: Some("lab".to_owned()),
            ..Config::new(Model::Safe7, User::always(Decision::Approve))
        };
        Self {
            device: Trezor::new(config),
            channel: None,
            shown: Shown { private_key: [0x41; 32], payload: Vec::new() },
            device_key: [0; 32],
            handshake_hash: [0; 32],
            incoming: vec![0; 4096],
            outgoing: Vec::new(),
            played: Vec::new(),
            replies: Vec::new(),
        }
    }

    /// Sends what `io` has, and gives it what the device answers.
    fn exchange(
        io: &mut impl ChannelIO,
        device: &mut Trezor,
        played: &mut Vec<(bool, Packet)>,
        (incoming, outgoing): (&mut [u8], &[u8]),
        most: usize,
    ) {
        for _ in 0..most {
            if !io.packet_out_ready() {
                return;
            }
            let mut packet = [0; 64];
            io.packet_out(&mut packet, outgoing).unwrap();
            played.push((true, packet));
            for answer in device.receive(&packet) {
                played.push((false, answer));
                io.packet_in(&answer, incoming);
            }
        }
    }

    fn connect(&mut self) {
        let mut mux = Mux::<Primitives>::new();
        mux.request_channel(false);
        Self::exchange(&mut mux, &mut self.device, &mut self.played, (&mut [], &[]), 1);
        let mut open = mux.complete(self.shown.clone()).unwrap();
        open.set_device_protocol_version(2, 1);
        // Initiation, its acknowledgement, completion in as many packets as it takes, and the same.
        Self::exchange(&mut open, &mut self.device, &mut self.played, (&mut [], &[]), 16);
        assert!(open.handshake_done());
        let channel = open.complete().unwrap();
        self.handshake_hash = *channel.handshake_hash();
        self.channel = Some(channel);
    }

    fn send(&mut self, kind: u16, payload: &[u8], session: u8) {
        let channel = self.channel.as_mut().unwrap();
        self.outgoing = vec![0; payload.len() + 19];
        channel.message_in_from(session, kind, payload, &mut self.outgoing).unwrap();
        let buffers = (self.incoming.as_mut_slice(), self.outgoing.as_slice());
        Self::exchange(channel, &mut self.device, &mut self.played, buffers, 16);
        self.receive();
    }

    fn receive(&mut self) {
        let channel = self.channel.as_mut().unwrap();
        if channel.message_out_ready() {
            let (_, kind, payload) = channel.message_out(&mut self.incoming).unwrap();
            let reply = (kind, payload.to_vec());
            self.replies.push(reply);
        }
    }

    fn public_key(&self) -> [u8; 32] {
        x25519_dalek::x25519(self.shown.private_key, x25519_dalek::X25519_BASEPOINT_BYTES)
    }

    /// Takes what the device gave for later.
    fn learn(&mut self, kind: u16, payload: &[u8]) {
        match kind {
            1026 => self.device_key = payload[2..].try_into().unwrap(),
            1017 => self.shown.payload = [&[0x0a, 58][..], &payload[36..]].concat(),
            _ => {}
        }
    }

    /// The recorded proof was of another code: one is made as the mock's own tests make it.
    fn proof(&self) -> Vec<u8> {
        let code = self.device.pairing_code().digits().unwrap();
        let (key, tag) = prove(&code, &self.handshake_hash, &self.device_key);
        [&[0x0a, 32][..], &key, &[0x12, 32], &tag].concat()
    }

    /// Acknowledges what came, if the recorded host did so before its next message.
    fn acknowledge(&mut self) {
        let channel = self.channel.as_mut().unwrap();
        let buffers = (self.incoming.as_mut_slice(), self.outgoing.as_slice());
        Self::exchange(channel, &mut self.device, &mut self.played, buffers, 1);
        self.receive();
    }

    fn retransmit(&mut self) {
        let channel = self.channel.as_mut().unwrap();
        channel.message_retransmit().unwrap();
        let buffers = (self.incoming.as_mut_slice(), self.outgoing.as_slice());
        Self::exchange(channel, &mut self.device, &mut self.played, buffers, 16);
        self.receive();
    }
}

/// CPace from the host's side, by the vendor's own steps: the generator of
/// draft-irtf-cfrg-cpace, which `curve25519-dalek` gives eightfold, times a scalar, which clamping
/// makes a multiple of eight.
fn prove(code: &str, channel: &[u8; 32], device_key: &[u8; 32]) -> ([u8; 32], [u8; 32]) {
    let zeros = [0; 111];
    let mut string = Vec::new();
    for part in [&b"CPace255"[..], code.as_bytes(), &zeros, channel, &[]] {
        string.push(part.len() as u8);
        string.extend_from_slice(part);
    }
    #[allow(deprecated, reason = "it is Elligator 2")]
    let eightfold = curve25519_dalek::EdwardsPoint::nonspec_map_to_curve::<sha2::Sha512>(&string);
    // 2^254: the smallest clamped scalar; an eighth of it is 2^251.
    let mut scalar = [0; 32];
    scalar[31] = 0x40;
    let mut eighth = [0; 32];
    eighth[31] = 0x08;
    let bits = (0..256).rev().map(|bit| eighth[bit / 8] >> (bit % 8) & 1 == 1);
    let key = eightfold.to_montgomery().mul_bits_be(bits).to_bytes();
    let shared = x25519_dalek::x25519(scalar, *device_key);
    (key, Sha256::digest(shared).into())
}

/// What a message is compared by: all of it, but for what is random.
fn comparable(kind: u16, payload: &[u8]) -> Vec<u8> {
    match kind {
        // Commitment, key, secret, nonce: their length.
        1024 | 1026 | 1028 | 33 => payload[..2].to_vec(),
        // The device's key and the credential's MAC; the names in between.
        1017 => [&payload[..2], &payload[34..62]].concat(),
        _ => payload.to_vec(),
    }
}

/// What a packet is compared by: who sent it, its mark, its channel by number, and its length where
/// it begins a message; and all that is not encrypted. Acknowledgements of their own are left out:
/// whether one comes, or goes along with the next message, is a matter of moments.
fn shapes(packets: &[(bool, Packet)]) -> Vec<String> {
    let mut channels = Vec::new();
    let shape = |(to_device, packet): &(bool, Packet)| {
        let channel = u16::from_be_bytes([packet[1], packet[2]]);
        let number = channels.iter().position(|known| *known == channel).unwrap_or_else(|| {
            channels.push(channel);
            channels.len() - 1
        });
        let length = if packet[0] & 0x80 == 0 { hex::encode(&packet[3..5]) } else { String::new() };
        // Of an allocation what the device says of itself; of an error its code.
        let open = match packet[0] {
            0x41 => hex::encode(&packet[15..35]),
            0x42 => hex::encode(&packet[5..6]),
            _ => String::new(),
        };
        format!("{to_device} {:02x} {number} {length} {open}", packet[0])
    };
    packets.iter().filter(|(_, packet)| packet[0] & 0xe7 != 0x20).map(shape).collect()
}

#[test]
fn the_recorded_host_gets_along_with_the_mock() {
    let mut host = Host::new();
    let (mut compared, mut matching) = (0, 0);
    let (mut session, mut last_sent) = (0, None);
    let mut handshake = false;
    for line in lines() {
        match line {
            Line::Message { to_device: true, kind, payload } => {
                let payload = match kind {
                    1027 => host.proof(),
                    1016 => [&[0x0a, 32][..], &host.public_key(), &[0x10, 0]].concat(),
                    _ => payload,
                };
                match kind {
                    1000 => session = 1,
                    1018 => session = 0,
                    _ => {}
                }
                let session = if kind == 55 { 0 } else { session };
                host.send(kind, &payload, session);
                (last_sent, handshake) = (None, false);
            }
            Line::Message { to_device: false, kind, payload } => {
                compared += 1;
                let (mine_kind, mine) = host.replies.remove(0);
                host.learn(mine_kind, &mine);
                let same = comparable(kind, &payload) == comparable(mine_kind, &mine);
                assert!(
                    same && kind == mine_kind,
                    "{kind}: {} {}",
                    hex::encode(payload),
                    hex::encode(mine)
                );
                matching += 1;
            }
            Line::Packet { to_device: true, packet } => match packet[0] {
                0x40 => {
                    host.connect();
                    // The recorded device had another channel in hand, and said so four times.
                    let again =
                        host.played.iter().filter(|(_, packet)| packet[0] == 0x40).count() > 1;
                    host.device.set_busy(if again { 4 } else { 0 });
                    handshake = true;
                }
                mark if mark & 0xe7 == 0x20 && !handshake => host.acknowledge(),
                mark if mark & 0xe7 == 0x04 && last_sent == Some(packet) => host.retransmit(),
                mark if mark & 0xe7 == 0x04 => last_sent = Some(packet),
                _ => {}
            },
            Line::Packet { .. } => {}
        }
    }
    let (mine, recorded) = (shapes(&host.played), shapes(&packets()));
    let same = mine.iter().zip(&recorded).take_while(|(mine, recorded)| mine == recorded).count();
    println!("Safe 7: {matching} / {compared} messages, {same} / {} packets", recorded.len());
    assert_eq!(mine, recorded, "the first {same} are alike");
    assert_eq!((matching, compared, same), (18, 18, 74));
}
