//! Our client against recorded Trezors: every recorded conversation that Stockade can have is had
//! word for word, and its end is read as what it is.

use std::{
    collections::{BTreeMap, VecDeque},
    panic::AssertUnwindSafe,
};

use protobuf::Message as _;
use serde::Deserialize;
use stockade::{
    device::{DeviceError, Found, Show, Wallet},
    eth::{Fee, Transaction},
    path::DerivationPath,
};
use stockade_mocks::{Decision, User, trezor as mock};
use trezor_client::protos;

use super::{
    person::Person,
    trezor_device::{Message, Scripted, id},
};

#[derive(Clone, Deserialize)]
struct Line {
    name: String,
    mnemonic: Option<String>,
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
    Transaction(DerivationPath, Transaction),
}

impl Request {
    fn parse(line: &Line) -> Option<Self> {
        let (kind, payload) = &line.host_messages()[0];
        match kind {
            58 => {
                let request = protos::EthereumSignTx::parse_from_bytes(payload).ok()?;
                let fee = Fee::Legacy { gas_price: number(request.gas_price())? };
                let transaction = Transaction {
                    chain_id: request.chain_id(),
                    // A zero before a number makes another transaction, unless none is made.
                    nonce: match line.last().0 {
                        id::FAILURE => number(&minimal(request.nonce()))?,
                        _ => number(request.nonce())?,
                    }
                    .try_into()
                    .ok()?,
                    fee,
                    gas_limit: number(request.gas_limit())?.try_into().ok()?,
                    to: request.to().parse().ok()?,
                    value: number(request.value())?,
                    data: data(line, request.data_initial_chunk()),
                };
                Some(Self::Transaction(path(&request.address_n)?, transaction))
            }
            452 => {
                let request = protos::EthereumSignTxEIP1559::parse_from_bytes(payload).ok()?;
                let fee = Fee::Eip1559 {
                    max_fee_per_gas: number(request.max_gas_fee())?,
                    max_priority_fee_per_gas: number(request.max_priority_fee())?,
                };
                let transaction = Transaction {
                    chain_id: request.chain_id(),
                    nonce: number(request.nonce())?.try_into().ok()?,
                    fee,
                    gas_limit: number(request.gas_limit())?.try_into().ok()?,
                    to: request.to().parse().ok()?,
                    value: number(request.value())?,
                    data: data(line, request.data_initial_chunk()),
                };
                Some(Self::Transaction(path(&request.address_n)?, transaction))
            }
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
            Self::Transaction(path, transaction) => wallet
                .transactions()
                .unwrap()
                .sign_transaction(path, transaction, person)
                .map(|signature| Answer::Signature(signature.to_bytes().to_vec())),
        }
    }
}

#[derive(Debug, PartialEq)]
enum Answer {
    Address(String),
    Signature(Vec<u8>),
    Cipher(Vec<u8>),
}

/// A number as a device is sent it; `None` where our client would not write it so.
fn number(bytes: &[u8]) -> Option<u128> {
    let leading_zero = bytes.first() == Some(&0);
    (!leading_zero).then(|| bytes.iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte)))
}

/// The data of a recorded transaction: what went along, and what followed.
fn data(line: &Line, first: &[u8]) -> Vec<u8> {
    let mut data = first.to_vec();
    for (kind, payload) in line.host_messages() {
        if kind == TX_ACK {
            let ack = protos::EthereumTxAck::parse_from_bytes(&payload).unwrap();
            data.extend_from_slice(ack.data_chunk());
        }
    }
    data
}

const GET_ADDRESS: u16 = 56;
const TX_ACK: u16 = 60;

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

/// A device with the words of the recorded one.
fn signer(line: &Line) -> mock::Trezor {
    let user = User::always(Decision::Approve);
    let mnemonic = line.mnemonic.clone();
    let mut signer =
        mock::Trezor::new(mock::Config { mnemonic, ..mock::Config::new(mock::Model::One, user) });
    signer.message(id::INITIALIZE, &[]);
    signer
}

/// A message in hex. Of a transaction's there are several spellings: Stockade writes the address in
/// mixed case, its fields in the order of their numbers, and no chunk where there is no data.
fn normal((kind, payload): &Message) -> (u16, String) {
    let bytes = match kind {
        58 => {
            let mut request = protos::EthereumSignTx::parse_from_bytes(payload).unwrap();
            request.set_to(request.to().to_lowercase());
            request.set_nonce(minimal(request.nonce()));
            request.set_data_initial_chunk(request.data_initial_chunk().to_vec());
            request.write_to_bytes().unwrap()
        }
        452 => {
            let mut request = protos::EthereumSignTxEIP1559::parse_from_bytes(payload).unwrap();
            request.set_to(request.to().to_lowercase());
            request.write_to_bytes().unwrap()
        }
        _ => payload.clone(),
    };
    (*kind, hex::encode(bytes))
}

fn minimal(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}

/// A device that has the conversation of `line` once, after any number of Initialize.
fn device(line: &Line, features: Vec<u8>) -> Scripted {
    let mut due: VecDeque<(bool, Message)> = line.messages().collect();
    let is_transaction = matches!(line.host_messages()[0].0, 58 | 452);
    let mut signer = signer(line);
    Scripted::new(move |got| {
        if got.0 == id::INITIALIZE {
            return vec![(id::FEATURES, features.clone())];
        }
        // Our client asks who will sign; the recorded host did not.
        if is_transaction && got.0 == GET_ADDRESS {
            return signer.message(got.0, &got.1);
        }
        let (from_host, expected) = due.pop_front().expect("nothing more was recorded");
        assert!(from_host);
        assert_eq!(normal(got), normal(&expected));
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
                TX_ACK => answers == Some(59),
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
        59 => {
            let answer = protos::EthereumTxRequest::parse_from_bytes(&payload).unwrap();
            let Ok(Answer::Signature(made)) = result else { panic!("{name}: no signature") };
            assert_eq!(made[..32], *answer.signature_r(), "{name}");
            assert_eq!(made[32..64], *answer.signature_s(), "{name}");
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

/// The requests that Stockade makes, by the names of the recordings.
const OURS: [&str; 5] = [
    "CipherKeyValue",
    "EthereumGetAddress",
    "EthereumSignMessage",
    "EthereumSignTx",
    "EthereumSignTxEIP1559",
];

/// Recorded conversations of [`OURS`] that Stockade cannot have, by why.
fn why_not(line: &Line) -> &'static str {
    let (kind, payload) = &line.host_messages()[0];
    let parsed = Request::parse(line).is_some();
    match kind {
        _ if parsed => "the host answers or gives up where Stockade does not",
        23 => "a value that is not 32 bytes, an iv, or a flag that does not ask",
        56 if payload.ends_with(&[0x10, 0]) => "`show_display: false`, which Stockade leaves out",
        64 => "a text that is not UTF-8",
        58 | 452 => "a number with a zero before it",
        _ => "a path of no levels or of more than ten",
    }
}

#[test]
fn recorded_conversations() {
    let mut counts = Vec::new();
    for (model, lines) in recordings() {
        let ready = lines.iter().find(|line| line.name == "Initialize (new session)").unwrap();
        let (_, features) = ready.last();
        let (mut had, mut all) = (BTreeMap::new(), BTreeMap::new());
        let mut not_ours: BTreeMap<_, usize> = BTreeMap::new();
        for line in lines.iter().filter(|line| OURS.contains(&&*line.exchange[0].2)) {
            let name = line.exchange[0].2.clone();
            *all.entry(name.clone()).or_insert(0) += 1;
            let Some(request) = Request::parse(line).filter(|_| is_ours(line)) else {
                *not_ours.entry((name, why_not(line))).or_default() += 1;
                continue;
            };
            let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| {
                check(line, &request, &features);
            }));
            assert!(outcome.is_ok(), "{model}: {}", line.name);
            *had.entry(name).or_insert(0) += 1;
        }
        for (name, all) in &all {
            let had = had.get(name).copied().unwrap_or(0);
            let others: usize =
                not_ours.iter().filter(|((of, _), _)| of == name).map(|(_, count)| count).sum();
            println!("client and recorded {model}, {name}: {had} matching / {}", all - others);
        }
        for ((name, why), count) in &not_ours {
            println!("  never made by Stockade, {name}: {count}, {why}");
        }
        let sum = |of: &BTreeMap<String, usize>| of.values().sum::<usize>();
        let others: usize = not_ours.values().sum();
        println!("client and recorded {model}: {} matching / {}", sum(&had), sum(&all) - others);
        counts.push((model, sum(&had), sum(&all) - others, others));
    }
    assert_eq!(counts, [("One", 82, 82, 67), ("Safe 5", 82, 82, 67)]);
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
