//! Transactions on a Ledger: recorded ones are sent as they were recorded, none is signed for every
//! chain by a mishap of chunks, and a signature over anything else is not taken.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use sha3::Digest as _;
use stockade::{
    device::{DeviceError, Found, Show, Timeouts, Wallet},
    eth::{Address, Fee, Signature, Transaction},
    ledger::{Apdu, DeviceInfo, Exchange, ExchangeError, Ledger, Reply},
    transport::{Stopped, Wait},
};
use stockade_mocks::ledger::{App, Config, Ledger as Mock, Settings, Version};

use super::person::Person;

/// Answers as the simulated device does, and remembers what it was sent; or as it is told to.
struct Source {
    mock: Mock,
    told: VecDeque<Vec<u8>>,
    due: Option<VecDeque<(Vec<u8>, Vec<u8>)>>,
}

impl Exchange for Source {
    fn exchange(&mut self, apdu: &Apdu, _wait: Wait<'_>) -> Result<Reply, ExchangeError> {
        let apdu = apdu.to_bytes();
        let signs = apdu[1] == 0x04;
        let bytes = match (&mut self.due, signs) {
            (Some(due), true) => {
                let (request, reply) = due.pop_front().expect("nothing more was recorded");
                assert_eq!(hex::encode(&apdu), hex::encode(request));
                reply
            }
            (_, true) if !self.told.is_empty() => self.told.pop_front().unwrap(),
            _ => self.mock.exchange(&apdu),
        };
        Reply::from_bytes(bytes.into()).ok_or(ExchangeError::NoStatusWord)
    }
}

fn open(source: Source) -> Box<dyn Wallet> {
    let info = DeviceInfo::simulated("ledger", "Nano X");
    Box::new(Ledger::new(Box::new(source), info, Timeouts::default()))
        .open(&mut Person::default())
        .unwrap()
}

fn mock(settings: Settings) -> Source {
    let mock = Mock::new(Config { settings, ..Config::default() });
    Source { mock, told: VecDeque::new(), due: None }
}

fn sign(
    wallet: &mut dyn Wallet,
    transaction: &Transaction,
) -> Result<stockade::eth::Signature, DeviceError> {
    let path = "m/44'/60'/0'/0/0".parse().unwrap();
    wallet.transactions().unwrap().sign_transaction(&path, transaction, &mut Person::default())
}

/// The items of an RLP list, all of which are shorter than 64 KiB.
fn items(rlp: &[u8]) -> Vec<Vec<u8>> {
    fn item(rest: &[u8]) -> (&[u8], &[u8]) {
        let (skip, length) = match rest[0] {
            0x00..=0x7f => (0, 1),
            short @ (0x80..=0xb7 | 0xc0..=0xf7) => (1, usize::from(short & 0x3f)),
            0xb8 | 0xf8 => (2, usize::from(rest[1])),
            0xb9 | 0xf9 => (3, usize::from(u16::from_be_bytes([rest[1], rest[2]]))),
            other => panic!("{other:x}"),
        };
        rest[skip..].split_at(length)
    }
    let (mut rest, after) = item(rlp);
    assert!(after.is_empty());
    let mut items = Vec::new();
    while !rest.is_empty() {
        let (bytes, after) = item(rest);
        items.push(bytes.to_vec());
        rest = after;
    }
    items
}

fn number(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

fn decode(raw: &[u8]) -> Transaction {
    let (fee, at) = match raw[0] {
        2 => {
            let fields = items(&raw[1..]);
            let fee = Fee::Eip1559 {
                max_priority_fee_per_gas: number(&fields[2]),
                max_fee_per_gas: number(&fields[3]),
            };
            (fee, [0, 1, 4, 5, 6, 7])
        }
        _ => (Fee::Legacy { gas_price: number(&items(raw)[1]) }, [6, 0, 2, 3, 4, 5]),
    };
    let fields = items(if raw[0] == 2 { &raw[1..] } else { raw });
    let field = |n: usize| &fields[at[n]];
    Transaction {
        chain_id: number(field(0)) as u64,
        nonce: number(field(1)) as u64,
        fee,
        gas_limit: number(field(2)) as u64,
        to: Address::from_bytes(field(3).clone().try_into().unwrap()),
        value: number(field(4)),
        data: field(5).clone(),
    }
}

/// A request and its reply, as they were recorded.
type Recorded = (Vec<u8>, Vec<u8>);

/// The exchanges of every recorded transaction that a client could have meant.
fn recorded() -> Vec<(String, Vec<Recorded>)> {
    let text = include_str!("../transcripts/ledger.jsonl");
    let mut all: Vec<(String, Vec<Recorded>)> = Vec::new();
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let name = line["name"].as_str().unwrap();
        let bytes = |field: &str| hex::decode(line[field].as_str().unwrap()).unwrap();
        let (request, reply) = (bytes("request"), bytes("response"));
        let made_wrong = name.contains("without start") || name.contains("type 3");
        match request[..3] {
            _ if made_wrong => {}
            [0xe0, 0x04, 0x00] => all.push((name.into(), vec![(request, reply)])),
            [0xe0, 0x04, 0x80] => all.last_mut().unwrap().1.push((request, reply)),
            _ => {}
        }
    }
    all
}

#[test]
fn recorded_transactions() {
    let recorded = recorded();
    for (name, exchanges) in &recorded {
        let data: Vec<u8> =
            exchanges.iter().flat_map(|(request, _)| &request[5..]).copied().collect();
        let transaction = decode(&data[21..]);
        assert_eq!(transaction.unsigned(), data[21..], "{name}");
        let due = Some(exchanges.iter().cloned().collect());
        let mut wallet = open(Source { due, ..mock(Settings::default()) });
        let signature = sign(&mut *wallet, &transaction);
        let (_, reply) = exchanges.last().unwrap();
        match &reply[..] {
            [0x69, 0x85] => assert!(matches!(signature, Err(DeviceError::Rejected(_))), "{name}"),
            [0x6a, 0x80] => {
                assert!(matches!(signature, Err(DeviceError::Refused { .. })), "{name}")
            }
            reply => {
                let made = signature.unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(made.to_bytes()[..64], reply[1..65], "{name}");
            }
        }
    }
    assert_eq!(recorded.len(), 13);
}

fn call(length: usize, fee: Fee) -> Transaction {
    let to = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed".parse().unwrap();
    let data = vec![0xab; length];
    Transaction { chain_id: 560_048, nonce: 300, fee, gas_limit: 90_000, to, value: 1, data }
}

#[test]
fn transactions_of_every_length_are_signed_for_their_chain_alone() {
    let fees = [
        Fee::Legacy { gas_price: 20_000_000_000 },
        Fee::Eip1559 { max_fee_per_gas: 30_000_000_000, max_priority_fee_per_gas: 1 },
    ];
    let mut wallet = open(mock(Settings { blind_signing: true, ..Settings::default() }));
    for fee in fees {
        for length in 0..600 {
            let signature = sign(&mut *wallet, &call(length, fee));
            assert!(signature.is_ok(), "{length}: {:?}", signature.err());
        }
    }
}

/// The device does what makes the rule of chunks necessary: what ends before the chain's number is
/// signed for all chains.
#[test]
fn a_chunk_that_ends_before_the_chain_is_signed_for_every_chain() {
    let transaction = call(0, Fee::Legacy { gas_price: 1 });
    let unsigned = transaction.unsigned();
    let path = [5, 0x80, 0, 0, 44, 0x80, 0, 0, 60, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    // Number of the chain: four bytes; two empty fields.
    let cut = &unsigned[..unsigned.len() - 6];
    let data = [&path[..], cut].concat();
    let mut device = Mock::new(Config::default());
    let reply = device.exchange(&[&[0xe0, 4, 0, 0, data.len() as u8], &data[..]].concat());
    assert_eq!(reply.len(), 67);
    assert!(matches!(reply[0], 27 | 28), "v is {}", reply[0]);
}

#[test]
fn a_signature_over_anything_else_is_not_taken() {
    let fee = Fee::Eip1559 { max_fee_per_gas: 3, max_priority_fee_per_gas: 1 };
    let (asked, other) = (call(0, fee), Transaction { value: 2, ..call(0, fee) });
    let signed = sign(&mut *open(mock(Settings::default())), &other).unwrap();
    let vrs = |v: u8, bytes: &[u8; 65]| [&[v], &bytes[..64], &[0x90, 0]].concat();
    let bytes = signed.to_bytes();
    let mut lies: Vec<Vec<u8>> = vec![
        vrs(bytes[64] - 27, &bytes),
        vrs(bytes[64], &bytes),
        vrs(2, &bytes),
        [0x90, 0].into(),
        [&[0][..], &[0; 64], &[0x90, 0]].concat(),
        [&[0][..], &[0xff; 64], &[0x90, 0]].concat(),
    ];
    lies.push([&lies[0][..65], &[0, 0x90, 0]].concat());
    for lie in lies {
        let told = [lie.clone()].into();
        let error = sign(&mut *open(Source { told, ..mock(Settings::default()) }), &asked);
        assert!(matches!(error, Err(DeviceError::Protocol { .. })), "{}", hex::encode(lie));
    }
}

/// A call of the contract of EIP-7002.
fn exit_request() -> Transaction {
    let to = "0x00000961Ef480Eb55e80D19ad83579A64c007002".parse().unwrap();
    let fee = Fee::Eip1559 { max_fee_per_gas: 3, max_priority_fee_per_gas: 1 };
    Transaction { to, data: vec![0xab; 56], ..call(0, fee) }
}

#[test]
fn a_request_that_debug_contracts_keeps_from_being_explained_says_so() {
    let refused = [0x6a, 0x80].to_vec();
    let told = VecDeque::from([refused.clone(), refused]);
    let mut wallet = open(Source { told, ..mock(Settings::default()) });
    let error = sign(&mut *wallet, &exit_request()).unwrap_err();
    assert!(matches!(error, DeviceError::Refused { .. }), "{error}");
    assert!(error.to_string().contains("switch off Debug contracts"), "{error}");
    let fee = Fee::Eip1559 { max_fee_per_gas: 3, max_priority_fee_per_gas: 1 };
    let error = sign(&mut *wallet, &call(0, fee)).unwrap_err();
    assert!(!error.to_string().contains("Debug contracts"), "{error}");
}

#[test]
fn what_is_signed_blind_is_said_to_be_with_the_hash_that_is_shown() {
    let settings = Settings { blind_signing: true, ..Settings::default() };
    for (version, is_blind) in [(Version(1, 20, 1), true), (Version(1, 21, 0), false)] {
        let config = Config { settings, app: App::Ethereum { version }, ..Config::default() };
        let source = Source { mock: Mock::new(config), told: VecDeque::new(), due: None };
        let (mut wallet, mut person) = (open(source), Person::default());
        let (path, transaction) = ("m/44'/60'/0'/0/0".parse().unwrap(), exit_request());
        let transactions = wallet.transactions().unwrap();
        transactions.sign_transaction(&path, &transaction, &mut person).unwrap();
        let hash = format!("0x{}", hex::encode(transaction.signing_hash()));
        let said = person.notes.iter().any(|note| note.contains("blind") && note.contains(&hash));
        assert_eq!(said, is_blind, "{:?}", person.notes);
    }
}

/// A device on which something was shown, and nobody answered.
struct Unanswered {
    mock: Mock,
    sent: Arc<Mutex<Vec<[u8; 2]>>>,
}

impl Exchange for Unanswered {
    fn exchange(&mut self, apdu: &Apdu, _wait: Wait<'_>) -> Result<Reply, ExchangeError> {
        let apdu = apdu.to_bytes();
        self.sent.lock().unwrap().push([apdu[0], apdu[1]]);
        match apdu[1] {
            0x08 => Err(ExchangeError::Stopped(Stopped::Cancelled)),
            _ => Reply::from_bytes(self.mock.exchange(&apdu).into())
                .ok_or(ExchangeError::NoStatusWord),
        }
    }
}

#[test]
fn a_prompt_that_nobody_answered_is_taken_away_before_a_silent_question() {
    let sent = Arc::default();
    let source = Unanswered { mock: Mock::new(Config::default()), sent: Arc::clone(&sent) };
    let info = DeviceInfo::simulated("ledger", "Nano X");
    let mut person = Person::default();
    let mut wallet = Box::new(Ledger::new(Box::new(source), info, Timeouts::default()))
        .open(&mut person)
        .unwrap();
    let path = "m/44'/60'/0'/0/0".parse().unwrap();
    wallet.sign_personal(&path, "hello", &mut person).unwrap_err();
    wallet.address(&path, Show::Silently, &mut person).unwrap();
    wallet.address(&path, Show::Silently, &mut person).unwrap();
    let sent = sent.lock().unwrap();
    let (name, message, address) = ([0xb0, 0x01], [0xe0, 0x08], [0xe0, 0x02]);
    assert!(sent.ends_with(&[message, name, address, address]), "{sent:02x?}");
}

/// A transaction of EIP-7702 with no authorization in it, byte by byte: only other programs make them.
#[test]
fn the_simulated_app_signs_a_transaction_of_type_4_since_1_17() {
    let mut fields = vec![0x01, 0x80, 0x01, 0x02, 0x82, 0x52, 0x08, 0x94];
    fields.extend([0x11; 20]);
    fields.extend([0x80, 0x80, 0xc0, 0xc0]);
    let length = 0xc0 + u8::try_from(fields.len()).unwrap();
    let transaction = [&[0x04, length][..], &fields].concat();
    let path = [0x8000_002c_u32, 0x8000_003c, 0x8000_0000, 0, 0];
    let path: Vec<u8> = path.iter().flat_map(|level| level.to_be_bytes()).collect();
    let data = [&[5][..], &path, &transaction].concat();
    let head = [0xe0, 0x04, 0, 0, u8::try_from(data.len()).unwrap()];
    let apdu = [&head[..], &data].concat();
    let app = |version| App::Ethereum { version };
    let answer =
        |version| Mock::new(Config { app: app(version), ..Config::default() }).exchange(&apdu);

    let signed = answer(Version(1, 22, 0));
    assert_eq!((signed.len(), &signed[65..]), (67, &[0x90, 0x00][..]), "{signed:x?}");
    let part = |at: usize| signed[at..at + 32].try_into().unwrap();
    let signature = Signature::from_parts(part(1), part(33), 27 + signed[0]).unwrap();
    let digest: [u8; 32] = sha3::Keccak256::digest(&transaction).into();
    let signer = signature.recover(&digest).unwrap().to_string();
    assert_eq!(signer, "0x9858EfFD232B4033E47d90003D41EC34EcaEda94");
    assert_eq!(answer(Version(1, 16, 0)), [0x65, 0x01]);
}
