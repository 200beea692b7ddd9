//! The recordings of the Trezor One and the Safe 5, played in order against the mock. Every reply
//! is compared whole.
//!
//! What happened off the record is done again: every LoadDevice was to a wiped device; the
//! recording program began a session after it; and where a message had been ignored, it cancelled
//! what was left on the screen.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use serde::Deserialize;
use stockade_mocks::{
    Decision, Device, Packet, User,
    trezor::{Config, Model, PinMatrix, Trezor},
};

const INITIALIZE: u16 = 0;
const FAILURE: u16 = 3;
const LOAD_DEVICE: u16 = 13;
const ENTROPY: u16 = 10;
const FEATURES: u16 = 17;
const NONCE: u16 = 33;
const PIN_MATRIX_ACK: u16 = 19;
const CANCEL: u16 = 20;
const BUTTON_REQUEST: u16 = 26;
const BUTTON_ACK: u16 = 27;

#[derive(Deserialize)]
struct Line {
    name: String,
    exchange: Vec<(String, u16, String, String)>,
    reports: Option<Vec<(String, String)>>,
}

/// A recorded message.
#[derive(Clone)]
struct Recorded {
    to_device: bool,
    kind: u16,
    payload: Vec<u8>,
}

#[test]
fn trezor_one() {
    let (matching, all) = play(Model::One, include_str!("trezor-one.jsonl"));
    assert_eq!((matching, all), (252, 252));
}

#[test]
fn trezor_safe_5() {
    let (matching, all) = play(Model::Safe5, include_str!("trezor-safe5.jsonl"));
    assert_eq!((matching, all), (253, 253));
}

/// Plays a recording, prints how much matches, fails where anything does not, and gives (exchanges
/// that match, all exchanges).
fn play(model: Model, recording: &str) -> (usize, usize) {
    let mut player = Player::new(model);
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut faults = Vec::new();
    for line in recording.lines() {
        let line: Line = serde_json::from_str(line).unwrap();
        let kind = line.exchange[0].2.clone();
        let count = counts.entry(kind.clone()).or_default();
        count.1 += 1;
        match player.line(&line) {
            Ok(()) => count.0 += 1,
            Err(fault) => faults.push(format!("{}: {fault}", line.name)),
        }
    }
    for (kind, (matching, all)) in &counts {
        println!("{model:?} {kind}: {matching} / {all}");
    }
    let matching = counts.values().map(|count| count.0).sum();
    let all = counts.values().map(|count| count.1).sum();
    println!("{model:?}: {matching} / {all}");
    assert!(faults.is_empty(), "{}\n{}", faults.len(), faults.join("\n"));
    (matching, all)
}

struct Player {
    model: Model,
    trezor: Trezor,
    matrix: PinMatrix,
    decision: Arc<Mutex<Decision>>,
    /// Ids of sessions and devices: recorded, the mock's.
    ids: HashMap<Vec<u8>, Vec<u8>>,
    /// The last message was ignored.
    ignored: bool,
}

impl Player {
    fn new(model: Model) -> Self {
        let decision = Arc::new(Mutex::new(Decision::Approve));
        let asked = decision.clone();
        let user = User::asking(move |_| *asked.lock().unwrap());
        let trezor = Trezor::new(Config { mnemonic: None, ..Config::new(model, user) });
        let matrix = trezor.pin_matrix();
        Self { model, trezor, matrix, decision, ids: HashMap::new(), ignored: false }
    }

    fn line(&mut self, line: &Line) -> Result<(), String> {
        let exchange: Vec<Recorded> = line
            .exchange
            .iter()
            .map(|(direction, kind, _, payload)| Recorded {
                to_device: direction == ">",
                kind: *kind,
                payload: hex::decode(payload).unwrap(),
            })
            .collect();
        if self.ignored {
            self.trezor.message(CANCEL, &[]);
        }
        let loads = exchange[0].kind == LOAD_DEVICE;
        if loads {
            *self = Self::new(self.model);
        }
        let played = match &line.reports {
            Some(reports) => self.play_packets(&exchange, reports),
            None => self.play_messages(&exchange),
        };
        if loads {
            self.trezor.message(INITIALIZE, &[]);
        }
        played
    }

    fn play_messages(&mut self, exchange: &[Recorded]) -> Result<(), String> {
        for (index, request) in exchange.iter().enumerate().filter(|(_, m)| m.to_device) {
            let after = &exchange[index + 1..];
            let expected: Vec<_> = after.iter().take_while(|message| !message.to_device).collect();
            self.prepare_user(&exchange[..index], request, after);
            let payload = self.request(request, after);
            let replies = self.trezor.message(request.kind, &payload);
            self.ignored = replies.is_empty();
            if replies.len() != expected.len() {
                return Err(format!("{} replies, recorded {}", replies.len(), expected.len()));
            }
            for ((kind, payload), expected) in replies.iter().zip(expected) {
                let masked = self.mask(expected.kind, &expected.payload, payload)?;
                compare((*kind, payload), (expected.kind, &masked))?;
            }
        }
        Ok(())
    }

    /// Plays the packets of an exchange, of which the user approves everything.
    fn play_packets(
        &mut self,
        exchange: &[Recorded],
        reports: &[(String, String)],
    ) -> Result<(), String> {
        let packet = |hex_: &String| -> Packet { hex::decode(hex_).unwrap().try_into().unwrap() };
        self.trezor.set_away(false);
        *self.decision.lock().unwrap() = Decision::Approve;
        let mut replies = Vec::new();
        for (_, report) in reports.iter().filter(|(direction, _)| direction == ">") {
            replies.extend(self.trezor.receive(&packet(report)));
        }
        let recorded: Vec<Packet> = reports
            .iter()
            .filter(|(direction, _)| direction == "<")
            .map(|(_, r)| packet(r))
            .collect();
        let features = exchange.iter().any(|message| message.kind == FEATURES);
        let kind = if features { FEATURES } else { 0 };
        let (mine, theirs) = (bodies(&replies)?, bodies(&recorded)?);
        let masked = self.mask(kind, &theirs, &mine)?;
        compare((kind, &mine), (kind, &masked))
    }

    /// Has the user do what the recorded one did, as what followed tells.
    fn prepare_user(&mut self, before: &[Recorded], request: &Recorded, after: &[Recorded]) {
        if request.kind != BUTTON_ACK {
            return;
        }
        self.trezor.set_away(after.first().is_none_or(|next| next.to_device));
        let decision = match after.first() {
            Some(next) if is_failure(next, 4) => Decision::Reject,
            _ => Decision::Approve,
        };
        *self.decision.lock().unwrap() = decision;
        // The PIN is asked for again after a wrong one only.
        let asks_pin = |m: &Recorded| m.kind == BUTTON_REQUEST && m.payload.starts_with(&[8, 20]);
        if before.last().is_some_and(asks_pin) && after.first().is_some_and(asks_pin) {
            self.trezor.type_pin("9999");
        }
    }

    /// The request as the mock's own ids and PIN matrix make it.
    fn request(&self, request: &Recorded, after: &[Recorded]) -> Vec<u8> {
        match (request.kind, request.payload.get(2..)) {
            (INITIALIZE, Some(id)) => {
                let id = self.ids.get(id).map_or(id, Vec::as_slice);
                [&[0x0a, 0x20], id].concat()
            }
            (PIN_MATRIX_ACK, Some(_)) => {
                let wrong = is_failure(&after[0], 7);
                let places = self.matrix.places(if wrong { "4321" } else { "1234" }).unwrap();
                [&[0x0a, 4], places.as_bytes()].concat()
            }
            _ => request.payload.clone(),
        }
    }

    /// A recorded reply with what is random in it, the ids of device and session in Features, as
    /// the mock gave it; an id that was known must have been given again.
    fn mask(&mut self, kind: u16, recorded: &[u8], mine: &[u8]) -> Result<Vec<u8>, String> {
        let mut masked = recorded.to_vec();
        if matches!(kind, ENTROPY | NONCE) {
            // Random through and through.
            return Ok([&recorded[..2], mine.get(2..).unwrap_or_default()].concat());
        }
        if kind != FEATURES {
            return Ok(masked);
        }
        for (mark, length) in [(&[0x32, 24][..], 24), (&[0x9a, 0x02, 32], 32)] {
            let Some(at) = recorded.windows(mark.len()).position(|window| window == mark) else {
                continue;
            };
            let range = at + mark.len()..at + mark.len() + length;
            let (recorded, mine) = (&recorded[range.clone()], mine.get(range.clone()));
            let mine = mine.ok_or("Features are shorter than recorded")?;
            match self.ids.get(recorded) {
                Some(known) if known != mine => return Err("another id than before".to_owned()),
                Some(_) => {}
                None if self.ids.values().any(|id| id == mine) => {
                    return Err("an id of before".to_owned());
                }
                None => drop(self.ids.insert(recorded.to_vec(), mine.to_vec())),
            }
            masked[range].copy_from_slice(mine);
        }
        Ok(masked)
    }
}

/// What packets carry after their leading `?`.
fn bodies(packets: &[Packet]) -> Result<Vec<u8>, String> {
    let mut bodies = Vec::new();
    for packet in packets {
        let [b'?', body @ ..] = packet else { return Err("a packet without `?`".to_owned()) };
        bodies.extend_from_slice(body);
    }
    Ok(bodies)
}

fn is_failure(message: &Recorded, code: u8) -> bool {
    message.kind == FAILURE && message.payload.starts_with(&[8, code])
}

fn compare(mine: (u16, &[u8]), recorded: (u16, &[u8])) -> Result<(), String> {
    if mine == recorded {
        return Ok(());
    }
    let text = |(kind, bytes): (u16, &[u8])| format!("{kind} {}", hex::encode(bytes));
    Err(format!("\n  mock     {}\n  recorded {}", text(mine), text(recorded)))
}
