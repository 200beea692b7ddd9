//! A Safe 7 over THP: paired, known again, and what may go wrong in between.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use stockade::{
    device::{DeviceError, Found, PassphraseUse, Show, State, Timeouts, Wallet},
    interact::{Attention, Interact, Passphrase},
    secret::SecretText,
    transport::{Link, Packet, TransportError},
    trezor::{DeviceInfo, Pairing, Pairings, PairingsError, Trezor},
};
use stockade_mocks::{
    Decision, Device, User,
    trezor::{self as mock, Model, PairingCode},
};

const ADDRESS: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";
const TIMEOUTS: Timeouts = Timeouts::new(Duration::from_millis(600), Duration::from_millis(900));

/// A device that stays while links to it come and go.
#[derive(Clone)]
struct Safe7(Arc<Mutex<mock::Trezor>>);

struct Cable {
    device: Safe7,
    answers: VecDeque<Packet>,
}

impl Safe7 {
    fn new(change: impl FnOnce(&mut mock::Config)) -> Self {
        let mut config = mock::Config::new(Model::Safe7, User::always(Decision::Approve));
        change(&mut config);
        Self(Arc::new(Mutex::new(mock::Trezor::new(config))))
    }

    fn with<T>(&self, act: impl FnOnce(&mut mock::Trezor) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }

    fn found(&self, kept: &Arc<Kept>) -> Box<Trezor> {
        let info = DeviceInfo::simulated("trezor");
        let cable = Cable { device: self.clone(), answers: VecDeque::new() };
        Box::new(Trezor::new(Box::new(cable), info, TIMEOUTS).with_pairings(kept.clone()))
    }

    fn person(&self) -> Person {
        Person { code: Some(self.with(|device| device.pairing_code())), ..Person::default() }
    }

    fn open(&self, kept: &Arc<Kept>, person: &mut Person) -> Result<Box<dyn Wallet>, DeviceError> {
        self.found(kept).open(person)
    }
}

impl Link for Cable {
    fn send(&mut self, packet: &Packet) -> Result<(), TransportError> {
        self.answers.extend(self.device.with(|device| device.receive(packet)));
        Ok(())
    }

    fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, TransportError> {
        if self.answers.is_empty() {
            std::thread::sleep(wait.min(Duration::from_millis(10)));
            self.answers.extend(self.device.with(Device::tick));
        }
        Ok(self.answers.pop_front())
    }
}

/// Pairings that are kept as their text.
#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

impl Pairings for Kept {
    fn load(&self) -> (Vec<Pairing>, Vec<PairingsError>) {
        let texts = self.0.lock().unwrap();
        let mut read = (Vec::new(), Vec::new());
        for text in texts.iter() {
            match Pairing::parse(text.as_bytes()) {
                Ok(pairing) => read.0.push(pairing),
                Err(error) => read.1.push(error.into()),
            }
        }
        read
    }

    fn keep(&self, pairing: &Pairing) -> Result<(), PairingsError> {
        self.0.lock().unwrap().push(pairing.to_text().to_string());
        Ok(())
    }

    fn host_name(&self) -> String {
        "lab-host".into()
    }
}

/// Types the code that the device shows, or another.
#[derive(Default)]
struct Person {
    code: Option<PairingCode>,
    types_instead: Option<Option<&'static str>>,
    passphrase: Option<&'static str>,
    passphrase_on_device: bool,
    looked_at: Vec<String>,
    notes: Vec<String>,
    codes_asked: usize,
}

impl Interact for Person {
    fn look_at_device(&mut self, device: &str, attention: Attention<'_>) {
        self.looked_at.push(format!("{device}: {attention:?}"));
    }

    fn enter_pin_matrix(&mut self, _device: &str) -> Option<SecretText> {
        panic!("a Safe 7 takes its PIN itself");
    }

    fn enter_passphrase(&mut self, _device: &str, on_device: bool) -> Option<Passphrase> {
        assert!(on_device);
        if self.passphrase_on_device {
            Some(Passphrase::OnDevice)
        } else {
            self.passphrase.map(|p| Passphrase::Typed(SecretText::new(p.to_owned())))
        }
    }

    fn enter_pairing_code(&mut self, _device: &str) -> Option<String> {
        self.codes_asked += 1;
        let shown = self.code.as_ref().unwrap().digits().unwrap();
        let (first, rest) = shown.split_at(3);
        // As people type what they see.
        let shown = format!("{first} {rest}");
        self.types_instead.map_or(Some(shown), |typed| typed.map(str::to_owned))
    }

    fn ask(&mut self, _question: &str) -> Option<String> {
        None
    }

    fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }
}

fn address(wallet: &mut dyn Wallet) -> Result<String, DeviceError> {
    let path = "m/44'/60'/0'/0/0".parse().unwrap();
    wallet.address(&path, Show::Silently, &mut Person::default()).map(|a| a.to_string())
}

fn addresses_after(device: &Safe7, kept: &Arc<Kept>, person: &mut Person) -> String {
    address(&mut *device.open(kept, person).unwrap()).unwrap()
}

#[test]
fn a_code_is_typed_once_and_the_computer_is_known_again() {
    let (device, kept) = (Safe7::new(|_| {}), Arc::<Kept>::default());
    let mut found = device.found(&kept);
    assert_eq!(found.state().unwrap(), State::Unpaired);
    let identity = found.identify().unwrap();
    assert_eq!((identity.model.as_str(), identity.passphrase), ("Safe 7", PassphraseUse::Unknown));

    let mut person = device.person();
    let mut wallet = found.open(&mut person).unwrap();
    assert_eq!(address(&mut *wallet).unwrap(), ADDRESS);
    assert_eq!(wallet.identity().firmware.as_deref(), Some("2.12.5"));
    assert_eq!(person.looked_at, ["Trezor Safe 7: Pairing"]);
    drop(wallet);

    // Its channel is still there, so that its user is not asked again.
    let mut found = device.found(&kept);
    assert_eq!(found.state().unwrap(), State::Ready);
    assert_eq!(found.identify().unwrap().firmware.as_deref(), Some("2.12.5"));
    let mut person = device.person();
    assert_eq!(addresses_after(&device, &kept, &mut person), ADDRESS);
    assert_eq!((person.codes_asked, person.looked_at.len()), (0, 0));

    // After it was unplugged it asks whether this computer may connect, and for no code.
    device.with(mock::Trezor::replug);
    let mut found = device.found(&kept);
    assert_eq!(found.state().unwrap(), State::Ready);
    assert_eq!(found.identify().unwrap().firmware, None);
    let mut person = device.person();
    assert_eq!(address(&mut *found.open(&mut person).unwrap()).unwrap(), ADDRESS);
    assert_eq!(
        (person.codes_asked, person.looked_at),
        (0, vec!["Trezor Safe 7: Pairing".to_owned()])
    );
    assert_eq!(kept.0.lock().unwrap().len(), 1);
}

#[test]
fn another_devices_pairing_is_of_no_use_to_this_one() {
    let kept = Arc::<Kept>::default();
    for device in [Safe7::new(|_| {}), Safe7::new(|_| {})] {
        let mut person = device.person();
        addresses_after(&device, &kept, &mut person);
        assert_eq!(person.codes_asked, 1);
    }
    assert_eq!(kept.0.lock().unwrap().len(), 2);
}

#[test]
fn a_damaged_pairing_is_said_to_be_one_and_paired_anew() {
    let (device, kept) = (Safe7::new(|_| {}), Arc::<Kept>::default());
    addresses_after(&device, &kept, &mut device.person());
    kept.0.lock().unwrap()[0].truncate(40);
    let mut person = device.person();
    assert_eq!(addresses_after(&device, &kept, &mut person), ADDRESS);
    assert_eq!((person.codes_asked, person.notes.len()), (1, 1));

    // One whose credential the device does not take any more is replaced.
    let forged = kept.0.lock().unwrap()[1].replace("\"credential\":\"0a", "\"credential\":\"0b");
    *kept.0.lock().unwrap() = vec![forged];
    let mut person = device.person();
    assert_eq!(addresses_after(&device, &kept, &mut person), ADDRESS);
    assert_eq!(person.codes_asked, 1);
}

#[test]
fn a_code_that_is_not_the_one_on_the_screen_pairs_nothing() {
    let (device, kept) = (Safe7::new(|_| {}), Arc::<Kept>::default());
    let shown = device.with(|device| device.pairing_code());
    for typed in [Some("000000"), Some("12345"), Some("12345a"), None] {
        let mut person = Person { types_instead: Some(typed), ..device.person() };
        let error = device.open(&kept, &mut person).err().unwrap();
        match typed {
            Some("000000") => assert!(matches!(error, DeviceError::Refused { .. }), "{error}"),
            _ => assert!(matches!(error, DeviceError::Declined(_)), "{error}"),
        }
        assert_eq!(shown.digits(), None, "the code is off the screen");
        assert!(kept.0.lock().unwrap().is_empty());
    }
    // And the next try is not spoilt.
    assert_eq!(addresses_after(&device, &kept, &mut device.person()), ADDRESS);
}

#[test]
fn who_is_not_let_in_is_rejected() {
    let device = Safe7::new(|config| config.user = User::always(Decision::Reject));
    let error = device.open(&Arc::default(), &mut device.person()).err().unwrap();
    assert!(matches!(error, DeviceError::Rejected(_)), "{error}");
}

#[test]
fn a_locked_one_is_opened_by_its_pin() {
    let device = Safe7::new(|config| config.pin = Some("1234".into()));
    let kept = Arc::<Kept>::default();
    assert_eq!(device.found(&kept).state().unwrap(), State::Locked);
    assert_eq!(device.found(&kept).identify().unwrap().model, "Safe 7");
    let mut person = device.person();
    assert_eq!(addresses_after(&device, &kept, &mut person), ADDRESS);
    assert_eq!(person.looked_at, ["Trezor Safe 7: Pin", "Trezor Safe 7: Pairing"]);

    let device = Safe7::new(|config| {
        config.pin = Some("1234".into());
        config.user = User::always(Decision::Reject);
    });
    let error = device.open(&kept, &mut device.person()).err().unwrap();
    assert!(matches!(error, DeviceError::Locked(_)), "{error}");
}

#[test]
fn a_passphrase_is_sent_or_typed_on_it_and_holds_for_the_session() {
    const HIDDEN: &str = "0x9c32F71D4DB8Fb9e1A58B0a80dF79935e7256FA6";
    let device = Safe7::new(|config| {
        config.passphrase_protection = true;
        config.typed_passphrase = "TREZOR".into();
    });
    let kept = Arc::<Kept>::default();
    let mut person = Person { passphrase_on_device: true, ..device.person() };
    assert_eq!(addresses_after(&device, &kept, &mut person), HIDDEN);

    let mut person = Person { passphrase: Some("TREZOR"), ..device.person() };
    let mut wallet = device.open(&kept, &mut person).unwrap();
    assert_eq!(address(&mut *wallet).unwrap(), HIDDEN);
    assert_eq!(wallet.identity().passphrase, PassphraseUse::On);

    // A renewed session asks anew; what nobody enters opens nothing, not even the empty one.
    let mut nobody = device.person();
    let error = wallet.sessions().unwrap().renew(&mut nobody).unwrap_err();
    assert!(matches!(error, DeviceError::Declined(_)), "{error}");
    let error = address(&mut *wallet).unwrap_err();
    assert!(matches!(&error, DeviceError::Refused { code, .. } if code == "14 InvalidSession"));
    let mut other = Person { passphrase: Some(""), ..device.person() };
    wallet.sessions().unwrap().renew(&mut other).unwrap();
    assert_eq!(address(&mut *wallet).unwrap(), ADDRESS);

    // Unplugged, it is never silently another wallet.
    device.with(mock::Trezor::replug);
    for _ in 0..2 {
        let error = address(&mut *wallet).unwrap_err();
        assert!(!matches!(error, DeviceError::Rejected(_)), "{error}");
    }
    let error = address(&mut *wallet).unwrap_err();
    assert!(matches!(&error, DeviceError::Refused { code, .. } if code == "14 InvalidSession"));
}

#[test]
fn without_a_passphrase_a_lost_channel_is_made_again() {
    let (device, kept) = (Safe7::new(|_| {}), Arc::<Kept>::default());
    let mut wallet = device.open(&kept, &mut device.person()).unwrap();
    device.with(mock::Trezor::replug);
    let error = address(&mut *wallet).unwrap_err();
    assert!(matches!(error, DeviceError::Protocol { .. }), "{error}");
    assert_eq!(address(&mut *wallet).unwrap(), ADDRESS);
}

#[test]
fn one_that_is_busy_is_asked_again_until_the_time_is_up() {
    let (device, kept) = (Safe7::new(|_| {}), Arc::<Kept>::default());
    let mut wallet = device.open(&kept, &mut device.person()).unwrap();
    device.with(|device| device.set_busy(2));
    assert_eq!(address(&mut *wallet).unwrap(), ADDRESS);
    device.with(|device| device.set_busy(1000));
    let error = address(&mut *wallet).unwrap_err();
    assert!(matches!(error, DeviceError::Busy(_)), "{error}");
    device.with(|device| device.set_busy(0));
    assert_eq!(address(&mut *wallet).unwrap(), ADDRESS);
}

#[test]
fn one_without_words_says_so() {
    let device = Safe7::new(|config| config.mnemonic = None);
    let error = device.open(&Arc::default(), &mut device.person()).err().unwrap();
    assert!(matches!(error, DeviceError::NotInitialized(_)), "{error}");
}
