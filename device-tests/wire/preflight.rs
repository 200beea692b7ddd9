//! What is said before a prompt is what the device then does: every row of the tables, on the
//! simulated devices. Nothing that preflight refuses is taken by the mock; what is just within the
//! limits is taken by both.

use std::sync::Arc;

use stockade::{
    device::{DeviceError, Found, Refusal, Request, Show, Wallet},
    eth::{Address, Fee, Transaction},
    ledger::{self, HidExchange, Ledger},
    path::DerivationPath,
    trezor::{self, Trezor},
};
use stockade_mocks::{
    Decision, User, ledger as mock_ledger,
    trezor::{self as mock_trezor, Model},
};

use super::{
    faults::{Bench, TIMEOUTS, pairings},
    person::Person,
};

const DEPOSITS: &str = "0x00000000219ab540356cBB839Cbe05303d7705Fa";
const WITHDRAWALS: &str = "0x00000961Ef480Eb55e80D19ad83579A64c007002";
const CONSOLIDATIONS: &str = "0x0000BBdDc7CE488642fb579F8B00f3a590007251";
const SOMEBODY: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
const PATH: &str = "m/44'/60'/0'/0/0";

fn ledger(version: [u8; 3], blind_signing: bool) -> Box<dyn Wallet> {
    let [major, minor, patch] = version;
    let app = mock_ledger::App::Ethereum { version: mock_ledger::Version(major, minor, patch) };
    let settings = mock_ledger::Settings { blind_signing, ..Default::default() };
    let config = mock_ledger::Config { app, settings, ..Default::default() };
    let bench = Bench::new(mock_ledger::Ledger::new(config));
    let info = ledger::DeviceInfo::simulated("ledger", "Nano X");
    let exchange = Box::new(HidExchange::new(bench.plug()));
    Box::new(Ledger::new(exchange, info, TIMEOUTS)).open(&mut Person::default()).unwrap()
}

/// A Trezor whose safety checks are strict (0), or prompt (2).
fn trezor(model: Model, safety_checks: u8) -> Box<dyn Wallet> {
    let user = User::always(Decision::Approve);
    let mut device = mock_trezor::Trezor::new(mock_trezor::Config::new(model, user));
    if safety_checks > 0 {
        // ApplySettings, and its confirmation.
        device.message(25, &[0x48, safety_checks]);
        device.message(27, &[]);
    }
    let pairings = pairings(&device);
    let bench = Bench::new(device);
    let info = trezor::DeviceInfo::simulated("trezor");
    let found = Trezor::new(Box::new(bench.plug()), info, TIMEOUTS);
    Box::new(found.with_pairings(Arc::new(pairings))).open(&mut Person::default()).unwrap()
}

/// A request with all that it holds.
enum Asked {
    Address(&'static str),
    Message(&'static str, usize),
    Call(&'static str, Vec<u8>),
    Cipher(usize),
}

impl Asked {
    fn preflight(&self, wallet: &dyn Wallet) -> Option<Refusal> {
        let default = path(PATH);
        match self {
            Self::Address(text) => wallet.preflight(&Request::Address { path: &path(text) }),
            Self::Message(text, length) => {
                let message = "x".repeat(*length);
                wallet.preflight(&Request::Message { path: &path(text), message: &message })
            }
            Self::Call(to, data) => {
                let transaction = &call(to, data);
                wallet.preflight(&Request::Transaction { path: &default, transaction })
            }
            Self::Cipher(length) => {
                wallet.preflight(&Request::CipherKeyValue { key: &"x".repeat(*length) })
            }
        }
    }

    /// What the device does, without a look at the table.
    fn ask(&self, wallet: &mut dyn Wallet) -> Result<(), DeviceError> {
        let person = &mut Person::default();
        match self {
            Self::Address(text) => wallet.address(&path(text), Show::OnDevice, person).map(drop),
            Self::Message(text, length) => {
                wallet.sign_personal(&path(text), &"x".repeat(*length), person).map(drop)
            }
            Self::Call(to, data) => {
                let transactions = wallet.transactions().unwrap();
                transactions.sign_transaction(&path(PATH), &call(to, data), person).map(drop)
            }
            Self::Cipher(length) => {
                let cipher = wallet.cipher_key_value().unwrap();
                let key = "x".repeat(*length);
                cipher.encrypt(&path("m/0"), &key, &[0; 32], person).map(drop)
            }
        }
    }
}

fn path(text: &str) -> DerivationPath {
    text.parse().unwrap()
}

fn call(to: &str, data: &[u8]) -> Transaction {
    let (to, fee): (Address, _) = (to.parse().unwrap(), Fee::Legacy { gas_price: 1 });
    Transaction { chain_id: 1, nonce: 0, fee, gas_limit: 1, to, value: 1, data: data.to_vec() }
}

/// The data of a deposit whose credentials begin with `kind`.
fn deposit(kind: u8) -> Vec<u8> {
    let mut words = vec![[0; 32]; 13];
    for (word, value) in [(0, 0x80), (1, 0xe0), (2, 0x120), (4, 48), (7, 32), (9, 96)] {
        words[word][31] = value as u8;
        words[word][30] = (value >> 8) as u8;
    }
    words[8][0] = kind;
    [&[0x22, 0x89, 0x51, 0x18], &words.concat()[..]].concat()
}

/// Holds both to `refused`, and to each other; gives what a person would read.
fn check(wallet: &mut dyn Wallet, asked: &Asked, refused: bool, what: &str) -> Option<String> {
    let foreseen = asked.preflight(wallet);
    assert_eq!(foreseen.is_some(), refused, "preflight of {what}: {foreseen:?}");
    let done = asked.ask(wallet);
    let right =
        if refused { matches!(done, Err(DeviceError::Refused { .. })) } else { done.is_ok() };
    assert!(right, "{what}, refused {refused}: the device says {done:?}");
    foreseen.map(|refusal| refusal.why)
}

#[test]
fn a_ledger_refuses_what_it_was_said_to_refuse() {
    let (now, old) = ([1, 22, 0], [1, 20, 1]);
    let request = vec![1; 56];
    let two_keys = vec![1; 96];
    for (version, blind, asked, refused) in [
        (now, false, Asked::Address("m/44'/60'/83'/0/0"), false),
        (now, false, Asked::Address("m/45'/60/0/0/0"), false),
        (old, false, Asked::Address("m/45'/60/0/0/0"), true),
        (now, false, Asked::Address("m/44'/0'/0'/0/0"), true),
        (now, false, Asked::Address("m/44/60"), true),
        (now, false, Asked::Message("m/0", 5), true),
        (now, false, Asked::Message(PATH, 8192), false),
        (now, false, Asked::Message(PATH, 8193), true),
        (now, false, Asked::Call(SOMEBODY, vec![]), false),
        (now, false, Asked::Call(SOMEBODY, vec![1; 4]), true),
        (now, true, Asked::Call(SOMEBODY, vec![1; 4]), false),
        (now, false, Asked::Call(WITHDRAWALS, request.clone()), false),
        (old, false, Asked::Call(WITHDRAWALS, request.clone()), true),
        (old, true, Asked::Call(WITHDRAWALS, request), false),
        (now, false, Asked::Call(CONSOLIDATIONS, two_keys.clone()), false),
        (old, false, Asked::Call(CONSOLIDATIONS, two_keys), true),
        (now, false, Asked::Call(DEPOSITS, deposit(1)), true),
        (now, false, Asked::Call(DEPOSITS, deposit(2)), true),
        (old, false, Asked::Call(DEPOSITS, deposit(1)), true),
    ] {
        let what = match &asked {
            Asked::Call(to, data) => format!("{version:?} {to} {}", data.len()),
            Asked::Address(path) => format!("{version:?} {path}"),
            Asked::Message(path, length) => format!("{version:?} {path} {length}"),
            Asked::Cipher(_) => String::new(),
        };
        let said = check(&mut *ledger(version, blind), &asked, refused, &what);
        assert!(said.is_none_or(|said| said.contains("Ledger Nano X")), "{what}");
    }
}

/// What a person would learn only when the keys are made: before they are.
#[test]
fn a_deposit_that_a_ledger_will_refuse_is_foreseen() {
    for (credentials, refused) in [(0, false), (1, true), (2, true)] {
        for blind in [false, true] {
            let mut wallet = ledger([1, 22, 0], blind);
            let foreseen = wallet.preflight(&Request::Deposit { credentials });
            assert_eq!(foreseen.is_some(), refused, "{credentials}");
            if refused {
                let done = Asked::Call(DEPOSITS, deposit(credentials)).ask(&mut *wallet);
                assert!(matches!(done, Err(DeviceError::Refused { .. })), "{done:?}");
            }
        }
        let trezor = trezor(Model::Safe5, 0);
        assert_eq!(trezor.preflight(&Request::Deposit { credentials }), None);
    }
    let mut ledger = ledger([1, 22, 0], false);
    assert!(ledger.preflight(&Request::CipherKeyValue { key: "a" }).is_some());
    assert!(ledger.cipher_key_value().is_none());
    assert_eq!(ledger.preflight(&Request::BlsSignature), None);
}

/// Every shape of path with every limit, one within and one beyond.
fn paths() -> Vec<String> {
    let mut paths = Vec::new();
    for purpose in ["44'", "44", "45'", "12381", "10016'"] {
        for coin in ["60'", "60", "0'", "0", "1'"] {
            for account in ["0'", "100'", "101'", "0", "100", "101"] {
                for rest in [
                    "",
                    "/0",
                    "/100",
                    "/101",
                    "/0/0",
                    "/1/1000000",
                    "/2/0",
                    "/0/1000001",
                    "/0'/0",
                    "/0/0/0",
                ] {
                    paths.push(format!("m/{purpose}/{coin}/{account}{rest}"));
                }
            }
        }
    }
    paths
}

#[test]
fn no_path_that_a_trezor_was_said_to_refuse_is_taken_and_the_other_way_round() {
    for model in [Model::One, Model::Safe5, Model::Safe7] {
        let (mut strict, mut prompting) = (trezor(model, 0), trezor(model, 2));
        let mut refused = 0;
        for text in paths() {
            let path = path(&text);
            let request = Request::Address { path: &path };
            let foreseen = strict.preflight(&request).is_some();
            let done = strict.address(&path, Show::Silently, &mut Person::default());
            match &done {
                Ok(_) => assert!(!foreseen, "{model:?} {text}"),
                Err(DeviceError::Refused { code, .. }) => {
                    assert!(code.starts_with('3') && foreseen, "{model:?} {text}");
                }
                Err(error) => panic!("{model:?} {text}: {error}"),
            }
            refused += usize::from(foreseen);
            assert_eq!(prompting.preflight(&request), None, "{model:?} {text}");
        }
        println!("{model:?}: {refused} of {} paths refused, as said", paths().len());
        // A warning instead.
        let mut person = Person::default();
        let path = path("m/44'/60'/101'/0/0");
        prompting.address(&path, Show::Silently, &mut person).unwrap();
        assert_eq!(person.looked_at.len(), 1, "{model:?}");
    }
}

#[test]
fn a_trezor_refuses_what_it_was_said_to_refuse() {
    for (model, asked, refused) in [
        (Model::One, Asked::Message(PATH, 1024), false),
        (Model::One, Asked::Message(PATH, 1025), true),
        (Model::Safe5, Asked::Message(PATH, 1025), false),
        (Model::Safe7, Asked::Message(PATH, 1025), false),
        (Model::One, Asked::Message("m/44'/0'/0'/0/0", 5), true),
        (Model::Safe5, Asked::Message("m/44'/0'/0'/0/0", 5), true),
        (Model::One, Asked::Cipher(255), false),
        (Model::One, Asked::Cipher(256), true),
        (Model::Safe5, Asked::Cipher(256), false),
        (Model::One, Asked::Call(SOMEBODY, vec![1; 4]), false),
    ] {
        let said = check(&mut *trezor(model, 0), &asked, refused, &format!("{model:?}"));
        assert!(said.is_none_or(|said| said.contains("Trezor")));
    }
    for model in [Model::One, Model::Safe5, Model::Safe7] {
        let wallet = trezor(model, 0);
        assert!(wallet.preflight(&Request::BlsSignature).is_some());
    }
}
