//! Devices by name, from the library's front door: simulated ones in this process, and the same
//! behind the sockets of the emulators.

use stockade::{
    device::{DeviceError, Found, PassphraseUse, Show, State, Timeouts, Wallet},
    discovery::{self, MockSetup},
    eth::personal_message,
    path::DerivationPath,
};
use stockade_mocks::{Decision, User, ledger, server, trezor};

use super::person::Person;

const ALL: [&str; 6] = [
    "mock-ledger",
    "mock-trezor:one",
    "mock-trezor:t",
    "mock-trezor:safe3",
    "mock-trezor:safe5",
    "mock-trezor:safe7",
];

/// The check address of abandon..info, as `transcripts/ledger.jsonl` has it.
const CHECK_ADDRESS: &str = "0x5C81Eade04A009301586bF5421F18F3EB5C52df4";

fn find(spec: &str, setup: &MockSetup) -> Result<Box<dyn Found>, DeviceError> {
    discovery::find(&spec.parse().unwrap(), Timeouts::default(), setup)
}

fn open(spec: &str, setup: &MockSetup) -> Box<dyn Wallet> {
    find(spec, setup).unwrap().open(&mut Person::default()).unwrap()
}

fn address(wallet: &mut dyn Wallet, show: Show) -> Result<String, DeviceError> {
    let path = DerivationPath::check_address();
    wallet.address(&path, show, &mut Person::default()).map(|address| address.to_string())
}

/// Does what every device can do.
fn use_it(mut wallet: Box<dyn Wallet>) {
    assert!(wallet.identity().simulated);
    assert_eq!(address(&mut *wallet, Show::OnDevice).unwrap(), CHECK_ADDRESS);
    let (path, message) = (DerivationPath::check_address(), "Stockade: tried");
    let signature = wallet.sign_personal(&path, message, &mut Person::default()).unwrap();
    let signer = personal_message::recover(message.as_bytes(), &signature).unwrap();
    assert_eq!(signer.to_string(), CHECK_ADDRESS);
}

#[test]
fn every_simulated_device_holds_the_same_words() {
    for spec in ALL {
        let mut found = find(spec, &MockSetup::default()).unwrap();
        assert_eq!(found.state().unwrap(), State::Ready);
        assert_eq!(found.spec(), spec);
        let identity = found.identify().unwrap();
        let wallet = found.open(&mut Person::default()).unwrap();
        assert_eq!(wallet.identity(), &identity);
        use_it(wallet);
    }
}

#[test]
fn a_device_tells_what_it_is_and_what_it_can_do() {
    let tell = |spec| {
        let mut wallet = open(spec, &MockSetup::default());
        let can = (
            wallet.bls_public_keys().is_some(),
            wallet.cipher_key_value().is_some(),
            wallet.sessions().is_some(),
        );
        (wallet.identity().name(), wallet.identity().passphrase, can)
    };
    let ledger = (true, false, false);
    let trezor = (false, true, true);
    assert_eq!(tell("mock-ledger"), ("Ledger Nano S Plus".into(), PassphraseUse::Unknown, ledger));
    assert_eq!(tell("mock-trezor"), ("Trezor One".into(), PassphraseUse::Off, trezor));
    assert_eq!(tell("mock-trezor:t"), ("Trezor Model T".into(), PassphraseUse::Off, trezor));
    assert_eq!(tell("mock-trezor:safe3"), ("Trezor Safe 3".into(), PassphraseUse::Off, trezor));
}

#[test]
fn a_simulated_user_who_rejects_is_one_who_rejects() {
    let setup = MockSetup::default().rejecting();
    for spec in ALL {
        let mut wallet = open(spec, &setup);
        let error = address(&mut *wallet, Show::OnDevice).unwrap_err();
        assert!(matches!(error, DeviceError::Rejected(_)), "{spec}: {error}");
        // What nobody is asked about works on.
        assert_eq!(address(&mut *wallet, Show::Silently).unwrap(), CHECK_ADDRESS, "{spec}");
    }
}

#[test]
fn other_words_are_another_wallet() {
    let setup = MockSetup::default().with_mnemonic(["all"; 12].join(" "));
    for spec in ALL {
        assert_ne!(address(&mut *open(spec, &setup), Show::Silently).unwrap(), CHECK_ADDRESS);
    }
}

#[test]
fn a_session_that_was_renewed_is_usable() {
    let mut wallet = open("mock-trezor:safe5", &MockSetup::default());
    wallet.sessions().unwrap().renew(&mut Person::default()).unwrap();
    use_it(wallet);
}

#[test]
fn a_ledger_behind_the_socket_of_speculos() {
    let device = ledger::Ledger::new(ledger::Config::default());
    let at = server::speculos::spawn(device).unwrap();
    let spec = format!("speculos:{at}");
    for _ in 0..2 {
        let wallet = open(&spec, &MockSetup::default());
        assert_eq!(wallet.identity().name(), "Ledger Speculos");
        use_it(wallet);
    }
}

#[test]
fn a_trezor_behind_the_socket_of_its_emulator() {
    let user = User::always(Decision::Approve);
    let device = trezor::Trezor::new(trezor::Config::new(trezor::Model::Safe3, user));
    let at = server::trezor_udp::spawn(device).unwrap();
    for _ in 0..2 {
        use_it(open(&format!("trezor-udp:{at}"), &MockSetup::default()));
    }
}

#[test]
fn a_pin_and_a_passphrase_are_asked_for_when_the_device_is_opened() {
    let user = User::always(Decision::Approve);
    let device = trezor::Trezor::new(trezor::Config {
        passphrase_protection: true,
        pin: Some("1234".into()),
        ..trezor::Config::new(trezor::Model::Safe5, user)
    });
    let at = server::trezor_udp::spawn(device).unwrap();
    let mut found = find(&format!("trezor-udp:{at}"), &MockSetup::default()).unwrap();
    assert_eq!(found.state().unwrap(), State::Locked);
    assert_eq!(found.identify().unwrap().passphrase, PassphraseUse::Unknown);

    let mut person = Person { passphrase: Some("TREZOR".into()), ..Person::default() };
    let mut wallet = found.open(&mut person).unwrap();
    let sent = ["Trezor Safe 5: Pin", "Trezor Safe 5: Passphrase", "Trezor Safe 5: Passphrase"];
    assert_eq!(person.looked_at, sent);
    assert_eq!(wallet.identity().passphrase, PassphraseUse::On);

    // From here on nobody is asked again, but for a new session.
    let path = "m/44'/60'/0'/0/0".parse().unwrap();
    let nobody = &mut Person::default();
    let address = wallet.address(&path, Show::Silently, nobody).unwrap();
    assert_eq!(address.to_string(), "0x9c32F71D4DB8Fb9e1A58B0a80dF79935e7256FA6");
    wallet.sessions().unwrap().renew(nobody).unwrap();
    assert!(matches!(wallet.address(&path, Show::Silently, nobody), Err(DeviceError::Declined(_))));
}
