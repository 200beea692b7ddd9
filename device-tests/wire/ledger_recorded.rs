//! Our client against the recorded Ethereum app: every recorded request that Stockade makes is
//! encoded as it was recorded, and every recorded reply to one is read as what it is.

use std::{collections::VecDeque, time::Duration};

use serde::Deserialize;
use stockade::{
    device::{DeviceError, Found, Show, Timeouts, Wallet},
    ledger::{DeviceInfo, HidExchange, Ledger},
    path::DerivationPath,
    transport::{Link, Packet, TransportError},
};
use stockade_mocks::Seed;

use super::person::Person;

#[derive(Deserialize)]
struct Line {
    app: String,
    name: String,
    mnemonic: String,
    request: String,
    response: String,
}

fn lines() -> Vec<Line> {
    let text = include_str!("../transcripts/ledger.jsonl");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Plays back recorded replies, each to the recorded request that is due; anything else fails.
struct Playback {
    due: VecDeque<(Vec<u8>, Vec<u8>)>,
    incoming: Vec<u8>,
    answers: VecDeque<Packet>,
}

impl Playback {
    fn new(exchanges: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>) -> Self {
        let due = exchanges.into_iter().collect();
        Self { due, incoming: Vec::new(), answers: VecDeque::new() }
    }

    fn answer(&mut self, channel: [u8; 2], reply: &[u8]) {
        let mut data = (reply.len() as u16).to_be_bytes().to_vec();
        data.extend_from_slice(reply);
        for (n, chunk) in data.chunks(59).enumerate() {
            let mut packet = [0; 64];
            packet[..2].copy_from_slice(&channel);
            packet[2..5].copy_from_slice(&[5, 0, n as u8]);
            packet[5..5 + chunk.len()].copy_from_slice(chunk);
            self.answers.push_back(packet);
        }
    }
}

impl Link for Playback {
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError> {
        self.incoming.extend_from_slice(&packet[5..]);
        let length = usize::from(u16::from_be_bytes([self.incoming[0], self.incoming[1]]));
        if self.incoming.len() >= 2 + length {
            let apdu = std::mem::take(&mut self.incoming)[2..2 + length].to_vec();
            let (request, reply) = self.due.pop_front().expect("no request was due");
            assert_eq!(hex::encode(&apdu), hex::encode(request));
            self.answer([packet[0], packet[1]], &reply);
        }
        Ok(())
    }

    fn receive(&mut self, _wait: Duration) -> Result<Option<Packet>, TransportError> {
        Ok(self.answers.pop_front())
    }
}

fn found(link: Playback) -> Ledger {
    let info = DeviceInfo::simulated("ledger", "Nano S Plus");
    let timeouts = Timeouts::new(Duration::from_millis(50), Duration::from_millis(200));
    Ledger::new(Box::new(HidExchange::new(link)), info, timeouts)
}

fn open(exchanges: Vec<(Vec<u8>, Vec<u8>)>) -> Box<dyn Wallet> {
    let app = hex::decode("0108457468657265756d06312e32322e3001009000").unwrap();
    let configuration = hex::decode("020116009000").unwrap();
    let mut all = vec![(vec![0xb0, 1, 0, 0, 0], app), (vec![0xe0, 6, 0, 0, 0], configuration)];
    all.extend(exchanges);
    Box::new(found(Playback::new(all))).open(&mut Person::default()).unwrap()
}

/// The path at the front of an APDU's data, and what follows it; `None` where Stockade would not
/// send this.
fn split_path(data: &[u8]) -> Option<(DerivationPath, &[u8])> {
    let (count, rest) = data.split_first()?;
    let (levels, rest) = rest.split_at_checked(4 * usize::from(*count))?;
    let levels = levels.chunks(4).map(|level| u32::from_be_bytes(level.try_into().unwrap()));
    let eip2334 = levels.clone().next() == Some(12381);
    let text: String = levels
        .map(|level| match level >> 31 {
            1 if !eip2334 => format!("/{}'", level & 0x7fff_ffff),
            _ => format!("/{level}"),
        })
        .collect();
    Some((format!("m{text}").parse().ok()?, rest))
}

/// The instruction, display flag, path and remaining data of a well-formed APDU.
fn split(request: &[u8]) -> Option<(u8, bool, DerivationPath, Vec<u8>)> {
    let (&[0xe0, instruction, p1, 0, length], data) = request.split_first_chunk()? else {
        return None;
    };
    if p1 > 1 || usize::from(length) != data.len() {
        return None;
    }
    let (path, rest) = split_path(data)?;
    Some((instruction, p1 == 1, path, rest.to_vec()))
}

fn assert_refused<T>(result: Result<T, DeviceError>, status: &[u8], name: &str) {
    let error = result.err().unwrap_or_else(|| panic!("{name}: no error"));
    let expected = match status {
        [0x69, 0x85] => matches!(error, DeviceError::Rejected(_)),
        [0x55, 0x15] => matches!(error, DeviceError::Locked(_)),
        _ => {
            let expected = hex::encode_upper(status);
            matches!(&error, DeviceError::Refused { code, .. } if *code == expected)
        }
    };
    assert!(expected, "{name}: {error}");
}

#[test]
fn recorded_addresses() {
    let mut seen = 0;
    for line in lines() {
        let (request, reply) = bytes(&line);
        let Some((0x02, display, path, rest)) = split(&request) else { continue };
        if !rest.is_empty() {
            continue;
        }
        seen += 1;
        let show = if display { Show::OnDevice } else { Show::Silently };
        let mut person = Person::default();
        let mut wallet = open(vec![(request, reply.clone())]);
        let address = wallet.address(&path, show, &mut person);
        match reply.split_last_chunk::<2>() {
            Some((_, [0x90, 0])) => {
                let seed = Seed::from_mnemonic(&line.mnemonic, "");
                let expected = format!("0x{}", seed.node(path.levels()).unwrap().address());
                assert_eq!(address.unwrap().to_string(), expected, "{}", line.name);
            }
            _ => assert_refused(address, &reply, &line.name),
        }
        assert_eq!(person.looked_at.len(), usize::from(display), "{}", line.name);
    }
    assert_eq!(seen, 9);
}

#[test]
fn recorded_bls_public_keys() {
    let mut seen = 0;
    for line in lines() {
        let (request, reply) = bytes(&line);
        let Some((0x0e, display, path, _)) = split(&request) else { continue };
        seen += 1;
        let show = if display { Show::OnDevice } else { Show::Silently };
        let mut wallet = open(vec![(request, reply.clone())]);
        let keys = wallet.bls_public_keys().unwrap();
        let key = keys.bls_public_key(&path, show, &mut Person::default());
        match reply.split_last_chunk::<2>() {
            Some((_, [0x90, 0])) => {
                let seed = Seed::from_mnemonic(&line.mnemonic, "");
                let expected = seed.bls_public_key(path.levels()).unwrap();
                assert_eq!(key.unwrap().as_bytes(), &expected, "{}", line.name);
            }
            _ => assert_refused(key, &reply, &line.name),
        }
    }
    assert_eq!(seen, 15);
}

/// A message that was recorded, with all the exchanges that carried it.
struct Signing {
    line: Line,
    path: DerivationPath,
    message: String,
    exchanges: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Joins the chunks of recorded messages.
fn signings() -> Vec<Signing> {
    let mut signings = Vec::new();
    let mut lines = lines().into_iter();
    while let Some(mut line) = lines.next() {
        let (request, reply) = bytes(&line);
        let Some((0x08, false, path, rest)) = split(&request) else { continue };
        let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        let mut message = rest[4..].to_vec();
        let mut exchanges = vec![(request, reply)];
        while message.len() < length {
            line = lines.next().unwrap();
            let (request, reply) = bytes(&line);
            message.extend_from_slice(&request[5..]);
            exchanges.push((request, reply));
        }
        // The recordings also hold a message longer than it says, which Stockade cannot make.
        if message.len() == length
            && let Ok(message) = String::from_utf8(message)
        {
            signings.push(Signing { line, path, message, exchanges });
        }
    }
    signings
}

#[test]
fn recorded_signatures() {
    let signings = signings();
    for Signing { line, path, message, exchanges } in &signings {
        let (_, reply) = exchanges.last().unwrap().clone();
        let mut person = Person::default();
        let signature = open(exchanges.clone()).sign_personal(path, message, &mut person);
        match reply.split_last_chunk::<2>() {
            Some((vrs, [0x90, 0])) => {
                let expected = [&vrs[1..], &vrs[..1]].concat();
                assert_eq!(signature.unwrap().to_bytes().to_vec(), expected, "{}", line.name);
            }
            _ => assert_refused(signature, &reply, &line.name),
        }
        assert_eq!(person.looked_at.len(), 1, "{}", line.name);
    }
    assert!(signings.iter().any(|signing| signing.exchanges.len() == 3));
    assert_eq!(signings.len(), 14);
}

#[test]
fn recorded_names_of_apps() {
    for (app, version) in [("Ethereum 1.22.0", "1.22.0"), ("Ethereum 1.17.0 (BAGL UI)", "1.17.0")] {
        let line = lines()
            .into_iter()
            .find(|line| line.app == app && line.request == "b001000000")
            .unwrap();
        let identity = found(Playback::new([bytes(&line)])).identify().unwrap();
        assert_eq!(identity.app, Some(("Ethereum".into(), version.into())));
        assert_eq!(identity.name(), "Ledger Nano S Plus");
    }
}

fn bytes(line: &Line) -> (Vec<u8>, Vec<u8>) {
    (hex::decode(&line.request).unwrap(), hex::decode(&line.response).unwrap())
}
