//! Ledgers in every state, and Ledgers that lie.

use std::{collections::VecDeque, time::Duration};

use stockade::{
    device::{DeviceError, Found, Show, State, Timeouts, Wallet},
    ledger::{Apdu, DeviceInfo, Exchange, ExchangeError, Ledger, Reply},
    transport::Wait,
};
use stockade_mocks::ledger::{App, Config, Ledger as Mock, Version};

use super::person::Person;

/// A simulated Ledger, without packets; or replies in order, whatever is asked.
enum Source {
    Mock(Box<Mock>),
    Replies(VecDeque<Vec<u8>>),
}

impl Exchange for Source {
    fn exchange(&mut self, apdu: &Apdu, _wait: Wait<'_>) -> Result<Reply, ExchangeError> {
        let bytes = match self {
            Self::Mock(mock) => mock.exchange(&apdu.to_bytes()),
            Self::Replies(replies) => replies.pop_front().unwrap(),
        };
        Reply::from_bytes(bytes.into()).ok_or(ExchangeError::NoStatusWord)
    }
}

fn found(source: Source, bootloader: bool) -> Box<Ledger> {
    let mut info = DeviceInfo::simulated("ledger", "Nano X");
    info.bootloader = bootloader;
    let timeouts = Timeouts::new(Duration::from_millis(50), Duration::from_millis(100));
    Box::new(Ledger::new(Box::new(source), info, timeouts))
}

fn mock(config: Config) -> Box<Ledger> {
    found(Source::Mock(Box::new(Mock::new(config))), false)
}

fn open(found: Box<Ledger>) -> Result<Box<dyn Wallet>, DeviceError> {
    found.open(&mut Person::default())
}

fn lying(reply: &str) -> Box<dyn Wallet> {
    let replies = ["0108457468657265756d06312e32322e3001009000", "020116009000", reply];
    let replies = replies.map(|reply| hex::decode(reply).unwrap()).into();
    open(found(Source::Replies(replies), false)).unwrap()
}

#[test]
fn a_locked_ledger_says_so() {
    let config = || Config { locked: true, ..Config::default() };
    assert_eq!(mock(config()).state().unwrap(), State::Locked);
    assert_eq!(mock(config()).identify().unwrap().app, None);
    assert!(matches!(open(mock(config())), Err(DeviceError::Locked(_))));
    // Older firmware has other words for it.
    for status in [[0x69, 0x82], [0x53, 0x03]] {
        let replies = Source::Replies([status.to_vec()].into());
        assert_eq!(found(replies, false).state().unwrap(), State::Locked);
    }
}

#[test]
fn another_app_is_named() {
    let bitcoin = || Config {
        app: App::Other { name: "Bitcoin".into(), version: "2.4.1".into() },
        ..Config::default()
    };
    assert_eq!(mock(bitcoin()).state().unwrap(), State::WrongApp { open: "Bitcoin".into() });
    let error = open(mock(bitcoin())).err().unwrap();
    assert!(matches!(&error, DeviceError::WrongApp { open, .. } if open == "Bitcoin"), "{error}");
}

#[test]
fn the_dashboard_is_no_app() {
    let dashboard = || Config { app: App::Dashboard, ..Config::default() };
    let expected = State::WrongApp { open: "dashboard".into() };
    assert_eq!(mock(dashboard()).state().unwrap(), expected);
    let identity = mock(dashboard()).identify().unwrap();
    assert_eq!((identity.app, identity.firmware.as_deref()), (None, Some("1.5.1")));
    // "OLOS" and a NUL, as some firmware says it.
    let olos = b"\x01\x05OLOS\0\x051.6.0\x90\x00".to_vec();
    assert_eq!(found(Source::Replies([olos].into()), false).state().unwrap(), expected);
}

#[test]
fn a_bootloader_is_not_spoken_to() {
    let mut silent = found(Source::Replies(VecDeque::new()), true);
    assert_eq!(silent.state().unwrap(), State::Bootloader);
    assert_eq!(silent.identify().unwrap().app, None);
    assert!(matches!(open(silent), Err(DeviceError::Unsupported { .. })));
}

#[test]
fn an_app_that_does_not_know_a_command_that_it_should_know_is_not_called_too_old() {
    let mut wallet = lying("6d00");
    let path = "m/12381/3600/0/0/0".parse().unwrap();
    let keys = wallet.bls_public_keys().unwrap();
    let error = keys.bls_public_key(&path, Show::Silently, &mut Person::default()).unwrap_err();
    let expected = "the Ledger Nano X refused (6D00): the Ethereum app 1.22.0 does not know this command (introduced in 1.6.0): reinstall the app with the vendor's software";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn an_address_that_is_not_the_public_keys_is_refused() {
    let honest = "410437b0bb7a8288d38ed49a524b5dc98cff3eb5ca824c9f9dc0dfdb3d9cd600f299a6179912b7451c09896c4098eca7ce6b2e58330672795e847c4d6af44e02423028393835384566464432333242343033334534376439303030334434314543333445636145646139349000";
    let ask = |reply: &str| {
        let path = "m/44'/60'/0'/0/0".parse().unwrap();
        lying(reply).address(&path, Show::Silently, &mut Person::default())
    };
    assert!(ask(honest).is_ok());
    let lies = [
        // A digit, its case, the key, the end.
        honest.replace("28393835", "28393836"),
        honest.replace("456646", "656646"),
        honest.replace("410437", "410438"),
        honest.replace("9349000", "934ff9000"),
    ];
    for lie in lies {
        assert_ne!(lie, honest);
        assert!(matches!(ask(&lie), Err(DeviceError::Protocol { .. })), "{lie}");
    }
}

#[test]
fn status_words_keep_their_number() {
    let error = |status: &str| {
        let path = "m/44'/60'/0'/0/0".parse().unwrap();
        lying(status).sign_personal(&path, "hello", &mut Person::default()).unwrap_err()
    };
    for status in ["6985", "5501"] {
        assert!(matches!(error(status), DeviceError::Rejected(_)), "{status}");
    }
    assert!(matches!(error("5502"), DeviceError::NotInitialized(_)));
    for status in ["6A80", "6A15", "6B00", "6F42", "911C"] {
        let error = error(status);
        assert!(matches!(&error, DeviceError::Refused { code, .. } if code == status), "{error}");
    }
}

#[test]
fn signing_a_long_message_agrees_with_the_mock() {
    let app = App::Ethereum { version: Version(1, 22, 0) };
    let mut wallet = open(mock(Config { app, ..Config::default() })).unwrap();
    let (path, message) = ("m/44'/60'/83'/0/0".parse().unwrap(), "long ".repeat(200));
    let mut person = Person::default();
    let signature = wallet.sign_personal(&path, &message, &mut person).unwrap();
    let signer = stockade::eth::personal_message::recover(message.as_bytes(), &signature).unwrap();
    assert_eq!(signer, wallet.address(&path, Show::Silently, &mut person).unwrap());
    assert_eq!(person.looked_at.len(), 1);
}
