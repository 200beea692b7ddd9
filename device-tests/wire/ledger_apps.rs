//! From whatever is open on a Ledger to the app that is needed; and what the BTEC app signs.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use stockade::{
    device::{DeviceError, Found, Show, Timeouts},
    ledger::{DeviceInfo, HidExchange, Ledger},
    transport::{Link, Packet, TransportError},
};
use stockade_mocks::{
    Decision, Device, User,
    ledger::{App, Config, Ledger as Mock},
};

use super::person::Person;

/// A Ledger on a USB port: whoever was connected to it when it restarts has to connect anew, and
/// cannot before it is back.
#[derive(Clone)]
struct Port {
    device: Arc<Mutex<Mock>>,
    back: Arc<Mutex<Instant>>,
    /// It is gone before its answer was read.
    loses_reply: bool,
}

impl Port {
    fn new(config: Config) -> Self {
        let device = Arc::new(Mutex::new(Mock::new(config)));
        Self { device, back: Arc::new(Mutex::new(Instant::now())), loses_reply: false }
    }

    fn plug(&self) -> Plugged {
        Plugged { port: self.clone(), answers: VecDeque::new(), gone: false }
    }

    fn found(&self) -> Box<Ledger> {
        let info = DeviceInfo::simulated("ledger", "Nano X");
        let timeouts = Timeouts::new(Duration::from_millis(100), Duration::from_millis(200));
        let port = self.clone();
        let ledger = Ledger::new(Box::new(HidExchange::new(self.plug())), info, timeouts);
        Box::new(ledger.reconnecting(Box::new(move || {
            if *port.back.lock().unwrap() <= Instant::now() {
                Ok(Box::new(HidExchange::new(port.plug())) as _)
            } else {
                Err(DeviceError::NotFound("ledger".into()))
            }
        })))
    }

    fn open(&self) -> Result<Box<dyn stockade::device::Wallet>, DeviceError> {
        self.found().open(&mut Person::default())
    }
}

struct Plugged {
    port: Port,
    answers: VecDeque<Packet>,
    gone: bool,
}

impl Link for Plugged {
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError> {
        if self.gone {
            return Err(TransportError::Disconnected);
        }
        let mut device = self.port.device.lock().unwrap();
        self.answers.extend(device.receive(packet));
        if device.take_restart() {
            self.gone = true;
            if self.port.loses_reply {
                self.answers.clear();
            }
            *self.port.back.lock().unwrap() = Instant::now() + Duration::from_millis(120);
        }
        Ok(())
    }

    fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, TransportError> {
        match self.answers.pop_front() {
            Some(packet) => Ok(Some(packet)),
            None if self.gone => Err(TransportError::Disconnected),
            None => {
                std::thread::sleep(wait);
                Ok(None)
            }
        }
    }
}

fn bitcoin() -> App {
    App::Other { name: "Bitcoin".into(), version: "2.4.1".into() }
}

fn with(app: App) -> Config {
    Config { app, ..Config::default() }
}

const PATH: &str = "m/44'/60'/0'/0/0";
const ADDRESS: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";

#[test]
fn the_dashboard_opens_the_app_and_the_restart_is_waited_for() {
    let mut person = Person::default();
    let mut wallet = Port::new(with(App::Dashboard)).found().open(&mut person).unwrap();
    assert_eq!(person.looked_at, [r#"Ledger Nano X: OpenApp("Ethereum")"#]);
    assert_eq!(wallet.identity().app, Some(("Ethereum".into(), "1.22.0".into())));
    let address = wallet.address(&PATH.parse().unwrap(), Show::Silently, &mut person);
    assert_eq!(address.unwrap().to_string(), ADDRESS);
}

#[test]
fn what_the_dashboard_does_not_open_is_said_as_it_is() {
    let rejects = User::always(Decision::Reject);
    let error = Port::new(Config { user: rejects, ..with(App::Dashboard) }).open().err().unwrap();
    assert!(matches!(error, DeviceError::Rejected(_)), "{error}");

    let error = Port::new(Config { installed: vec![], ..with(App::Dashboard) }).open();
    let error = error.err().unwrap();
    assert!(matches!(&error, DeviceError::Unsupported { what, .. } if what.contains("installed")));

    // It never comes back: the wait ends.
    let port = Port::new(with(App::Dashboard));
    let found = port.found().reconnecting(Box::new(|| Err(DeviceError::NotFound("x".into()))));
    let started = Instant::now();
    let error = Box::new(found).open(&mut Person::default()).err().unwrap();
    assert!(matches!(error, DeviceError::Disconnected(_)), "{error}");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[test]
fn another_app_is_closed_only_when_its_user_says_so() {
    for answer in [None, Some("no"), Some("")] {
        let port = Port::new(with(bitcoin()));
        let mut person = Person { answer: answer.map(str::to_owned), ..Person::default() };
        let error = port.found().open(&mut person).err().unwrap();
        assert!(matches!(&error, DeviceError::WrongApp { open, .. } if open == "Bitcoin"));
        let app = port.found().identify().unwrap().app;
        assert_eq!(app, Some(("Bitcoin".into(), "2.4.1".into())), "it was closed");
    }
    for loses_reply in [false, true] {
        let mut person = Person { answer: Some("yes".into()), ..Person::default() };
        let port = Port { loses_reply, ..Port::new(with(bitcoin())) };
        let wallet = port.found().open(&mut person).unwrap();
        assert_eq!(wallet.identity().app.as_ref().unwrap().0, "Ethereum");
    }
}

#[test]
fn a_dashboard_says_what_the_device_is() {
    let identity = Port::new(with(App::Dashboard)).found().identify().unwrap();
    // The dashboard knows better than whoever thought it was a Nano X.
    assert_eq!(identity.model, "Nano S Plus");
    assert_eq!((identity.app, identity.firmware.as_deref()), (None, Some("1.5.1")));
}

/// What a credential change of validator 123456 on hoodi, from the withdrawal key of abandon..about
/// to its first address, is signed over; and the signature in `bls_to_execution_change-hoodi.json`.
const CHANGE_ROOT: &str = "07f8f738953703ec1f83b8f209262c14a71047dba9be0f35787d3490e3863ae5";

#[test]
fn the_btec_app_signs_a_credential_change_as_the_deposit_tool_did() {
    let vector = include_str!("../vectors/deposits/bls_to_execution_change-hoodi.json");
    let vector: serde_json::Value = serde_json::from_str(vector).unwrap();
    let root = hex::decode(CHANGE_ROOT).unwrap().try_into().unwrap();
    for app in [App::Btec, App::Dashboard] {
        let mut person = Person::default();
        let mut signer = Port::new(with(app)).found().open_bls_signer(&mut person).unwrap();
        let key = signer.withdrawal_public_key(0, &mut person).unwrap();
        assert_eq!(vector[0]["message"]["from_bls_pubkey"], format!("0x{key}"));
        person.looked_at.clear();
        let signature = signer.sign_root(0, &root, &mut person).unwrap();
        assert_eq!(vector[0]["signature"], format!("0x{signature}"));
        assert_eq!(person.looked_at.len(), 1);
    }
}

#[test]
fn a_btec_user_who_says_no_and_one_whose_app_is_not_there() {
    let config = Config { user: User::always(Decision::Reject), ..with(App::Btec) };
    let mut signer = Port::new(config).found().open_bls_signer(&mut Person::default()).unwrap();
    let error = signer.sign_root(0, &[7; 32], &mut Person::default()).unwrap_err();
    assert!(matches!(error, DeviceError::Rejected(_)), "{error}");

    let config = Config { installed: vec![App::default()], ..with(App::Dashboard) };
    let error = Port::new(config).found().open_bls_signer(&mut Person::default()).err().unwrap();
    assert!(error.to_string().contains("BTEC"), "{error}");
}
