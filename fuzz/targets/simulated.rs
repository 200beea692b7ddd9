//! Our client's codecs against those of the mocks, which share nothing with them; and the mocks on
//! their own.

use stockade::{
    ledger::framing,
    transport::Packet,
    trezor::codec_v1::{self, Message},
};
use stockade_mocks::{
    Decision, Device as _, Script, User,
    ledger::{self, Ledger},
    trezor::{self, Model, Trezor},
};

use super::Pieces;

fn a_ledger() -> Ledger {
    Ledger::new(ledger::Config::default())
}

fn a_trezor(model: Model) -> Trezor {
    let mut config = trezor::Config::new(model, User::always(Decision::Approve));
    config.device_id = Some("0123456789ABCDEF01234567".to_owned());
    Trezor::new(config)
}

/// Instructions of the Ethereum app whose answers are random.
const CHALLENGE: u8 = 0x20;

/// The same APDUs to two simulated Ledgers: in packets that we make and whose answers we put together,
/// and without packets.
pub(super) fn ledger_both_sides(data: &[u8]) {
    let (mut in_packets, mut directly) = (a_ledger(), a_ledger());
    let mut pieces = Pieces(data);
    let channel = pieces.u16().unwrap_or(0x0101);
    for _ in 0..16 {
        let Some(length) = pieces.byte() else { return };
        let apdu = pieces.bytes(length.into());
        if apdu.is_empty() {
            continue;
        }
        let Ok(packets) = framing::packets(channel, apdu) else { return };
        let answers: Vec<Packet> = packets.iter().flat_map(|p| in_packets.receive(p)).collect();
        let mut assembler = framing::Assembler::new(channel);
        let mut reply = None;
        for packet in &answers {
            let pushed = assembler.push(packet);
            assert!(pushed.is_ok(), "our client refuses a packet of the mock: {pushed:?}");
            reply = pushed.ok().flatten().map(|reply| reply.to_vec());
        }
        super::understood();
        let expected = directly.exchange(apdu);
        if apdu.get(1) == Some(&CHALLENGE) {
            super::same(reply.map(|reply| reply.len()), Some(expected.len()));
        } else {
            super::same(reply, Some(expected));
        }
    }
}

/// The same messages to two simulated Trezors.
pub(super) fn trezor_both_sides(data: &[u8]) {
    let mut pieces = Pieces(data);
    let model = match pieces.byte() {
        Some(0..128) => Model::One,
        _ => Model::Safe5,
    };
    let (mut in_packets, mut directly) = (a_trezor(model), a_trezor(model));
    for _ in 0..16 {
        let (Some(kind), Some(length)) = (pieces.u16(), pieces.u16()) else { return };
        let payload = pieces.bytes(usize::from(length) % 2048);
        let message = Message { kind, payload: payload.to_vec().into() };
        let Ok(packets) = codec_v1::packets(&message) else { return };
        let answers: Vec<Packet> = packets.iter().flat_map(|p| in_packets.receive(p)).collect();
        let mut assembler = codec_v1::Assembler::default();
        let mut replies = Vec::new();
        for packet in &answers {
            let pushed = assembler.push(packet);
            assert!(pushed.is_ok(), "our client refuses a packet of the mock");
            replies.extend(pushed.ok().flatten());
        }
        // Sessions and nonces are random: types and lengths are compared.
        let seen: Vec<_> = replies.iter().map(|reply| (reply.kind, reply.payload.len())).collect();
        super::understood();
        let expected = directly.message(kind, payload);
        let expected: Vec<_> = expected.iter().map(|(kind, bytes)| (*kind, bytes.len())).collect();
        super::same(seen, expected);
    }
}

/// What any host may send to a mock.
pub(super) fn mock_packets(data: &[u8]) {
    let packets = super::framing::in_packets(data);
    let mut ledger = a_ledger();
    let mut trezors = [Model::One, Model::Safe5, Model::Safe7].map(a_trezor);
    for packet in packets.iter().take(64) {
        let mut answers = ledger.receive(packet).len();
        for trezor in &mut trezors {
            answers += trezor.receive(packet).len();
        }
        let _ = (answers > 0).then(super::understood);
    }
}

/// The script of a simulated wallet's user.
pub(super) fn mock_script(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let parsed = |can: bool| Script::parse(text, |_| can).map(|script| format!("{script:?}"));
    super::same(parsed(true), parsed(true));
    // What only some devices can do is refused for others, and nothing becomes possible by that.
    let _ = parsed(true).is_ok().then(super::understood);
    assert!(parsed(true).is_ok() || parsed(false).is_err());
}
