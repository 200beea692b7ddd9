//! Our client against recorded Trezors: every recorded conversation that Stockade can have is had
//! word for word, and its end is read as what it is.

use std::{collections::VecDeque, panic::AssertUnwindSafe};

use protobuf::Message as _;
use serde::Deserialize;
use stockade::{
    device::{DeviceError, Found, Show, Wallet},
    path::DerivationPath,
};
use trezor_client::protos;

use super::{
    person::Person,
    trezor_device::{Message, Scripted, id},
};

#[derive(Clone, Deserialize)]
struct Line {
    name: String,
    exchange: Vec<(String, u16, String, String)>,
}

impl Line {
    fn messages(&self) -> impl Iterator<Item = (bool, Message)> + '_ {
        self.exchange.iter().map(|(direction, kind, _, payload)| {
            (direction == ">", (*kind, hex::decode(payload).unwrap()))
        })
    }

    fn host_messages(&self) -> Vec<Message> {
        self.messages().filter(|(host, _)| *host).map(|(_, message)| message).collect()
    }

    fn last(&self) -> Message {
        self.messages().last().unwrap().1
    }
}

fn recordings() -> [(&'static str, Vec<Line>); 2] {
    let parse = |text: &str| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    [
        ("One", parse(include_str!("../transcripts/trezor-one.jsonl"))),
        ("Safe 5", parse(include_str!("../transcripts/trezor-safe5.jsonl"))),
    ]
}

/// What Stockade calls a recorded request, if it can make it.
enum Request {
    Address(DerivationPath, Show),
    Sign(DerivationPath, String),
    Cipher(DerivationPath, String, [u8; 32]),
}

impl Request {
    fn parse((kind, payload): &Message) -> Option<Self> {
        match kind {
            56 => {
                let request = protos::EthereumGetAddress::parse_from_bytes(payload).ok()?;
                let show = match request.show_display {
                    None => Show::Silently,
                    Some(true) => Show::OnDevice,
                    // It means the same as none, which is what Stockade sends.
                    Some(false) => return None,
                };
                Some(Self::Address(path(&request.address_n)?, show))
            }
            64 => {
                let request = protos::EthereumSignMessage::parse_from_bytes(payload).ok()?;
                let text = String::from_utf8(request.message().to_vec()).ok()?;
                Some(Self::Sign(path(&request.address_n)?, text))
            }
            23 => {
                let request = protos::CipherKeyValue::parse_from_bytes(payload).ok()?;
                let asks = request.ask_on_encrypt() && request.ask_on_decrypt();
                if !request.encrypt() || !asks || request.iv.is_some() {
                    return None;
                }
                let value = request.value().try_into().ok()?;
                Some(Self::Cipher(path(&request.address_n)?, request.key().to_owned(), value))
            }
            _ => None,
        }
    }

    fn make(&self, wallet: &mut dyn Wallet, person: &mut Person) -> Result<Answer, DeviceError> {
        match self {
            Self::Address(path, show) => {
                wallet.address(path, *show, person).map(|a| Answer::Address(a.to_string()))
            }
            Self::Sign(path, message) => wallet
                .sign_personal(path, message, person)
                .map(|signature| Answer::Signature(signature.to_bytes().to_vec())),
            Self::Cipher(path, key, value) => wallet
                .cipher_key_value()
                .unwrap()
                .encrypt(path, key, value, person)
                .map(|secret| Answer::Cipher(secret.expose().to_vec())),
        }
    }
}

#[derive(Debug, PartialEq)]
enum Answer {
    Address(String),
    Signature(Vec<u8>),
    Cipher(Vec<u8>),
}

fn path(levels: &[u32]) -> Option<DerivationPath> {
    let level = |level: &u32| match level >> 31 {
        1 => format!("/{}'", level & 0x7fff_ffff),
        _ => format!("/{level}"),
    };
    format!("m{}", levels.iter().map(level).collect::<String>()).parse().ok()
}

/// The person who answers as the recorded one did.
fn person(line: &Line) -> Person {
    let mut person = Person::default();
    let mut shown = 0;
    for (kind, payload) in line.host_messages() {
        match kind {
            27 => shown += 1,
            19 => {
                let ack = protos::PinMatrixAck::parse_from_bytes(&payload).unwrap();
                person.pin = Some(ack.pin().to_owned());
            }
            42 => {
                let ack = protos::PassphraseAck::parse_from_bytes(&payload).unwrap();
                person.passphrase = Some(ack.passphrase().to_owned());
            }
            20 if shown > 0 => person.gives_up_after = Some(shown),
            _ => {}
        }
    }
    person
}

/// A device that has the conversation of `line` once, after any number of Initialize.
fn device(line: &Line, features: Vec<u8>) -> Scripted {
    let mut due: VecDeque<(bool, Message)> = line.messages().collect();
    Scripted::new(move |got| {
        if got.0 == id::INITIALIZE {
            return vec![(id::FEATURES, features.clone())];
        }
        let (from_host, expected) = due.pop_front().expect("nothing more was recorded");
        assert!(from_host);
        assert_eq!((got.0, hex::encode(&got.1)), (expected.0, hex::encode(expected.1)));
        let mut answers = Vec::new();
        while due.front().is_some_and(|(from_host, _)| !from_host) {
            answers.extend(due.pop_front().map(|(_, message)| message));
        }
        answers
    })
}

/// Whether every word of the host's is one that Stockade would say there.
fn is_ours(line: &Line) -> bool {
    let mut before = None;
    line.messages().enumerate().all(|(n, (host, (kind, payload)))| {
        let answers = before.replace(kind);
        !host
            || n == 0
            || match kind {
                27 => answers == Some(26),
                19 => answers == Some(18),
                // Longer than any device takes: it is refused before it is sent.
                42 => answers == Some(41) && payload.len() <= 52,
                // Where a person gives up after ButtonAck, not before.
                20 => answers != Some(26),
                _ => false,
            }
    })
}

fn check(line: &Line, request: &Request, features: &[u8]) {
    let name = &line.name;
    let mut person = person(line);
    let device = device(line, features.to_vec());
    let mut wallet = device.found().open(&mut Person::default()).unwrap();
    let result = request.make(&mut *wallet, &mut person);
    let cancelled = line.host_messages().iter().any(|(kind, _)| *kind == id::CANCEL);
    let (kind, payload) = line.last();
    match kind {
        _ if cancelled => assert!(matches!(result, Err(DeviceError::Declined(_))), "{name}"),
        3 => {
            let failure = protos::Failure::parse_from_bytes(&payload).unwrap();
            let error = result.err().unwrap_or_else(|| panic!("{name}: no error"));
            let right = match failure.code.unwrap().value() {
                4 => matches!(error, DeviceError::Rejected(_)),
                11 => matches!(error, DeviceError::NotInitialized(_)),
                code => matches!(
                    &error,
                    DeviceError::Refused { code: raw, .. } if raw.starts_with(&format!("{code} "))
                ),
            };
            assert!(right, "{name}: {error}");
        }
        57 => {
            let answer = protos::EthereumAddress::parse_from_bytes(&payload).unwrap();
            assert_eq!(result.unwrap(), Answer::Address(answer.address().to_owned()), "{name}");
        }
        66 => {
            let answer = protos::EthereumMessageSignature::parse_from_bytes(&payload).unwrap();
            assert_eq!(result.unwrap(), Answer::Signature(answer.signature().into()), "{name}");
        }
        48 => {
            let answer = protos::CipheredKeyValue::parse_from_bytes(&payload).unwrap();
            assert_eq!(result.unwrap(), Answer::Cipher(answer.value().to_vec()), "{name}");
        }
        other => panic!("{name}: ends with {other}"),
    }
    let acknowledged = line.host_messages().iter().filter(|(kind, _)| *kind == 27).count();
    assert_eq!(person.looked_at.len(), acknowledged, "{name}");
}

#[test]
fn recorded_conversations() {
    let mut counts = Vec::new();
    for (model, lines) in recordings() {
        let ready = lines.iter().find(|line| line.name == "Initialize (new session)").unwrap();
        let (_, features) = ready.last();
        let mut had = 0;
        for line in &lines {
            let first = &line.host_messages()[0];
            let Some(request) = Request::parse(first).filter(|_| is_ours(line)) else { continue };
            had += 1;
            let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
                check(line, &request, &features);
            }));
            assert!(outcome.is_ok(), "{model}: {}", line.name);
        }
        counts.push((model, had));
    }
    assert_eq!(counts, [("One", 73), ("Safe 5", 73)]);
}

#[test]
fn recorded_features() {
    use stockade::device::{PassphraseUse, State};
    for (model, lines) in recordings() {
        let tell = |name: &str| {
            let line = lines.iter().find(|line| line.name == name).unwrap();
            let mut found = device(line, line.last().1).found();
            (found.identify().unwrap(), found.state().unwrap())
        };
        let (identity, state) = tell("Initialize (new session)");
        assert_eq!(identity.model, model);
        assert_eq!(identity.label.as_deref(), Some("lab"));
        assert_eq!((identity.passphrase, state), (PassphraseUse::Off, State::Ready));
        let firmware = if model == "One" { "1.14.1" } else { "2.12.5" };
        assert_eq!(identity.firmware.as_deref(), Some(firmware));

        assert_eq!(tell("uninitialized: Initialize").1, State::Uninitialized);
        assert_eq!(tell("pin set: Initialize (locked)").1, State::Locked);
        let (identity, state) = tell("passphrase on: Initialize");
        assert_eq!((identity.passphrase, state), (PassphraseUse::On, State::Ready));
    }
}
