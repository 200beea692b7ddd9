//! Any one packet lost, damaged or doubled, in either direction: a typed error within the
//! time-out or the right answer, and a device that is usable afterwards.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use stockade::{
    device::{DeviceError, Found, Show, Timeouts, Wallet},
    eth::{Address, Fee, Transaction},
    ledger::{self, HidExchange, Ledger},
    path::DerivationPath,
    secret::SecretBytes,
    transport::{Link, Packet, TransportError},
    trezor::{self, Pairing, Pairings, PairingsError, Trezor},
};
use stockade_mocks::{
    Decision, Device, User, ledger as mock_ledger,
    trezor::{self as mock_trezor, Model},
};

use super::person::Person;

const TIMEOUTS: Timeouts =
    Timeouts { reply: Duration::from_millis(30), user: Duration::from_millis(60) };

/// What is lost over THP is sent again within these.
const THP_TIMEOUTS: Timeouts =
    Timeouts { reply: Duration::from_millis(200), user: Duration::from_millis(400) };

/// Longer than any wait above, and the waits that follow from them.
const LIMIT: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Damage {
    Lost,
    Truncated,
    Garbage,
    Doubled,
    Held,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Direction {
    ToDevice,
    ToHost,
}

/// What happens to the packet that comes next but `after` ones.
#[derive(Debug, Clone, Copy)]
struct Fault {
    direction: Direction,
    after: usize,
    damage: Damage,
}

/// A link to a simulated device, on which one thing goes wrong.
struct Faulty<D> {
    device: D,
    fault: Arc<Mutex<Option<Fault>>>,
    held: Option<Packet>,
    answers: VecDeque<Packet>,
}

impl<D: Device> Faulty<D> {
    fn new(device: D, fault: Arc<Mutex<Option<Fault>>>) -> Self {
        Self { device, fault, held: None, answers: VecDeque::new() }
    }

    /// The packets that arrive for one that was sent.
    fn pass(&mut self, direction: Direction, packet: &Packet) -> Vec<Packet> {
        let held = self.held.take();
        let mut slot = self.fault.lock().unwrap();
        let due = match slot.as_mut() {
            Some(fault) if fault.direction == direction && fault.after == 0 => slot.take(),
            Some(fault) if fault.direction == direction => {
                fault.after -= 1;
                None
            }
            _ => None,
        };
        let mut arriving = match due.map(|fault| fault.damage) {
            None => vec![*packet],
            Some(Damage::Lost) => Vec::new(),
            Some(Damage::Truncated) => {
                let mut cut = *packet;
                cut[32..].fill(0);
                vec![cut]
            }
            Some(Damage::Garbage) => vec![[0xa5; 64]],
            Some(Damage::Doubled) => vec![*packet, *packet],
            // It arrives behind the next one.
            Some(Damage::Held) => {
                self.held = Some(*packet);
                Vec::new()
            }
        };
        arriving.extend(held);
        arriving
    }
}

impl<D: Device> Link for Faulty<D> {
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError> {
        for arriving in self.pass(Direction::ToDevice, packet) {
            for answer in self.device.receive(&arriving) {
                let answers = self.pass(Direction::ToHost, &answer);
                self.answers.extend(answers);
            }
        }
        Ok(())
    }

    fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, TransportError> {
        let packet = self.answers.pop_front();
        if packet.is_none() {
            std::thread::sleep(wait);
            for answer in self.device.tick() {
                let answers = self.pass(Direction::ToHost, &answer);
                self.answers.extend(answers);
            }
        }
        Ok(packet)
    }
}

/// An operation that is tried, and what it must give if it gives anything.
type Operation = fn(&mut dyn Wallet) -> Result<String, DeviceError>;

fn sign(wallet: &mut dyn Wallet) -> Result<String, DeviceError> {
    // Long enough for three APDUs to a Ledger, and for two messages of several packets.
    let message = "Stockade signs this long text. ".repeat(16);
    let signature =
        wallet.sign_personal(&path("m/44'/60'/83'/0/0"), &message, &mut Person::default())?;
    Ok(signature.to_string())
}

fn address(wallet: &mut dyn Wallet) -> Result<String, DeviceError> {
    let path = path("m/44'/60'/83'/0/0");
    wallet.address(&path, Show::OnDevice, &mut Person::default()).map(|a| a.to_string())
}

fn path(text: &str) -> DerivationPath {
    text.parse().unwrap()
}

/// Tries `operation` with every fault of `damages`, until the faulty packet is beyond the last.
/// Gives how many faults were tried.
fn try_all(
    open: impl Fn(Arc<Mutex<Option<Fault>>>) -> Box<dyn Wallet>,
    operation: Operation,
    directions: &[Direction],
    damages: &[Damage],
) -> usize {
    let right = operation(&mut *open(Arc::default())).unwrap();
    let mut tried = 0;
    for &direction in directions {
        for &damage in damages {
            for after in 0.. {
                let slot = Arc::new(Mutex::new(None));
                let mut wallet = open(slot.clone());
                let fault = Fault { direction, after, damage };
                *slot.lock().unwrap() = Some(fault);
                let started = Instant::now();
                let result = operation(&mut *wallet);
                assert!(started.elapsed() < LIMIT, "{fault:?}: {:?}", started.elapsed());
                if slot.lock().unwrap().take().is_some() {
                    assert_eq!(result.unwrap(), right);
                    break;
                }
                tried += 1;
                if let Ok(answer) = result {
                    assert_eq!(answer, right, "{fault:?}");
                }
                match operation(&mut *wallet) {
                    Ok(again) => assert_eq!(again, right, "after {fault:?}"),
                    Err(error) => panic!("after {fault:?}: {error}"),
                }
            }
        }
    }
    tried
}

fn open_ledger(fault: Arc<Mutex<Option<Fault>>>) -> Box<dyn Wallet> {
    let settings = mock_ledger::Settings { blind_signing: true, ..Default::default() };
    let config = mock_ledger::Config { settings, ..Default::default() };
    let device = mock_ledger::Ledger::new(config);
    let about = ledger::About {
        spec: "ledger".into(),
        model: "Nano X".into(),
        simulated: true,
        bootloader: false,
    };
    let exchange = HidExchange::new(Faulty::new(device, fault));
    let found = Box::new(Ledger::new(Box::new(exchange), about, TIMEOUTS));
    found.open(&mut Person::default()).unwrap()
}

const BOTH: &[Direction] = &[Direction::ToDevice, Direction::ToHost];
const IN_ORDER: &[Damage] = &[Damage::Lost, Damage::Garbage, Damage::Doubled, Damage::Held];

#[test]
fn a_ledger_signing_a_long_message() {
    assert_eq!(try_all(open_ledger, sign, BOTH, IN_ORDER), 60);
}

#[test]
fn a_ledger_giving_its_address() {
    // The reply's address is checked against its key, so that damage within it shows as well.
    let damages = &[Damage::Lost, Damage::Truncated, Damage::Garbage, Damage::Doubled];
    assert_eq!(try_all(open_ledger, address, &[Direction::ToHost], damages), 8);
}

fn transact(wallet: &mut dyn Wallet) -> Result<String, DeviceError> {
    // More data than goes along with the request: the device asks for the rest.
    let transaction = Transaction {
        chain_id: 560_048,
        nonce: 0,
        fee: Fee::Eip1559 { max_fee_per_gas: 2_000_000_000, max_priority_fee_per_gas: 1 },
        gas_limit: 100_000,
        to: Address::from_bytes([7; 20]),
        value: 1,
        data: vec![0x5a; 1100],
    };
    let path = path("m/44'/60'/0'/0/0");
    let signer = wallet.transactions().unwrap();
    let signature = signer.sign_transaction(&path, &transaction, &mut Person::default())?;
    Ok(signature.to_string())
}

#[test]
fn a_ledger_signing_a_transaction() {
    let tried = try_all(open_ledger, transact, BOTH, IN_ORDER);
    // Of packets that were cut, some make another transaction: its signature is not taken.
    let cut = try_all(open_ledger, transact, BOTH, &[Damage::Truncated]);
    println!("Ledger, a transaction: {} faults", tried + cut);
    assert_eq!((tried, cut), (128, 32));
}

fn open_trezor(model: Model) -> impl Fn(Arc<Mutex<Option<Fault>>>) -> Box<dyn Wallet> {
    move |fault| {
        let user = User::always(Decision::Approve);
        let mut device = mock_trezor::Trezor::new(mock_trezor::Config::new(model, user));
        device.set_patience(Duration::from_millis(10));
        let timeouts = if model == Model::Safe7 { THP_TIMEOUTS } else { TIMEOUTS };
        let about = trezor::About { spec: "trezor".into(), simulated: true };
        let pairings = Arc::new(Paired(device.paired_host("lab-host", "Stockade")));
        let link = Box::new(Faulty::new(device, fault));
        let found = Box::new(Trezor::new(link, about, timeouts).with_pairings(pairings));
        found.open(&mut Person::default()).unwrap()
    }
}

#[test]
fn a_trezor_one_signing_a_long_message() {
    assert_eq!(try_all(open_trezor(Model::One), sign, BOTH, IN_ORDER), 108);
}

#[test]
fn a_trezor_safe_5_signing_a_long_message() {
    assert_eq!(try_all(open_trezor(Model::Safe5), sign, BOTH, IN_ORDER), 60);
}

#[test]
fn a_trezor_one_signing_a_transaction() {
    let tried = try_all(open_trezor(Model::One), transact, BOTH, IN_ORDER);
    println!("Trezor One, a transaction: {tried} faults");
    assert_eq!(tried, 180);
}

#[test]
fn a_trezor_safe_5_signing_a_transaction() {
    let tried = try_all(open_trezor(Model::Safe5), transact, BOTH, IN_ORDER);
    println!("Trezor Safe 5, a transaction: {tried} faults");
    assert_eq!(tried, 128);
}

/// What the simulated Safe 7 was paired with.
struct Paired(Option<mock_trezor::HostCredential>);

impl Pairings for Paired {
    fn load(&self) -> (Vec<Pairing>, Vec<PairingsError>) {
        let pairing = |host: &mock_trezor::HostCredential| Pairing {
            device_public_key: host.device_public_key,
            host_private_key: SecretBytes::new(|key| *key = host.host_private_key),
            credential: host.credential.clone().into(),
        };
        (self.0.iter().map(pairing).collect(), Vec::new())
    }

    fn keep(&self, _pairing: &Pairing) -> Result<(), PairingsError> {
        Ok(())
    }

    fn host_name(&self) -> String {
        "lab-host".into()
    }
}

/// Over THP a packet that is damaged on its way comes again, so that the answer may be right.
#[test]
fn a_trezor_safe_7_over_thp() {
    let damages =
        &[Damage::Lost, Damage::Truncated, Damage::Garbage, Damage::Doubled, Damage::Held];
    for (name, operation, faults) in
        [("a message", sign as Operation, 110), ("a transaction", transact, 225)]
    {
        let tried = try_all(open_trezor(Model::Safe7), operation, BOTH, damages);
        println!("Trezor Safe 7, {name}: {tried} faults");
        assert_eq!(tried, faults, "{name}");
    }
}
