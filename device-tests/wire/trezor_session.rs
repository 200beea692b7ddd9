//! Conversations with a Trezor that go another way: somebody gives up, or the device lies.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use protobuf::Message as _;
use stockade::device::{DeviceError, Found, Show, Wallet};
use trezor_client::protos;

use super::{
    person::Person,
    trezor_device::{Message, Scripted, id, kinds, packets},
};

const ADDRESS: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";

fn features(session: u8, passphrase: bool) -> Message {
    let mut features = protos::Features::new();
    features.set_major_version(1);
    features.set_minor_version(14);
    features.set_patch_version(1);
    features.set_model("1".into());
    features.set_initialized(true);
    features.set_unlocked(true);
    features.set_passphrase_protection(passphrase);
    features.set_session_id(vec![session; 32]);
    (id::FEATURES, features.write_to_bytes().unwrap())
}

fn address() -> Message {
    let mut answer = protos::EthereumAddress::new();
    answer.set_address(ADDRESS.into());
    (id::ADDRESS, answer.write_to_bytes().unwrap())
}

fn button() -> Message {
    (id::BUTTON_REQUEST, Vec::new())
}

fn failure(code: u8) -> Message {
    (id::FAILURE, vec![8, code])
}

/// A One in session 1 that answers everything but Initialize with `answer`.
fn one(
    passphrase: bool,
    mut answer: impl FnMut(&Message) -> Vec<Message> + Send + 'static,
) -> Scripted {
    Scripted::new(move |message| match message.0 {
        id::INITIALIZE => vec![features(1, passphrase)],
        _ => answer(message),
    })
}

fn open(device: &Scripted) -> Box<dyn Wallet> {
    device.clone().found().open(&mut Person::default()).unwrap()
}

fn ask(wallet: &mut dyn Wallet, person: &mut Person) -> Result<String, DeviceError> {
    let path = "m/44'/60'/0'/0/0".parse().unwrap();
    wallet.address(&path, Show::OnDevice, person).map(|address| address.to_string())
}

/// Shows a confirmation and waits for ever, until it is told to cancel; then it answers at once.
fn waits_for_its_user() -> Scripted {
    let mut cancelled = false;
    one(false, move |(kind, _)| match *kind {
        id::CANCEL => {
            cancelled = true;
            vec![failure(4)]
        }
        56 if cancelled => vec![address()],
        56 => vec![button()],
        _ => Vec::new(),
    })
}

#[test]
fn who_gives_up_during_a_prompt_is_heard_at_once_and_the_device_is_usable_afterwards() {
    let device = waits_for_its_user();
    let mut wallet = open(&device);
    let mut person = Person { gives_up_after: Some(1), ..Person::default() };
    let error = ask(&mut *wallet, &mut person).unwrap_err();
    assert!(matches!(error, DeviceError::Declined(_)), "{error}");
    assert_eq!(person.looked_at, ["Trezor One: Address"]);
    assert_eq!(kinds(&device.got).last(), Some(&id::CANCEL));
    assert_eq!(ask(&mut *wallet, &mut Person::default()).unwrap(), ADDRESS);
}

#[test]
fn a_prompt_that_nobody_answers_ends_with_the_time_and_the_device_is_usable_afterwards() {
    let device = waits_for_its_user();
    let mut wallet = open(&device);
    let started = Instant::now();
    let error = ask(&mut *wallet, &mut Person::default()).unwrap_err();
    assert!(matches!(error, DeviceError::Timeout { .. }), "{error}");
    // Longer than the time-out for answers that need nobody.
    assert!(started.elapsed() >= Duration::from_millis(300));
    assert_eq!(kinds(&device.got).last(), Some(&id::CANCEL));
    assert_eq!(ask(&mut *wallet, &mut Person::default()).unwrap(), ADDRESS);
}

#[test]
fn an_answer_that_comes_too_late_is_not_taken_for_the_next() {
    let mut asked = 0;
    let device = one(false, move |(kind, _)| match *kind {
        56 if asked == 0 => {
            asked += 1;
            Vec::new()
        }
        56 => vec![address()],
        // The first answer comes when nobody waits for it any more, and it is another's.
        id::CANCEL => {
            let mut late = protos::EthereumAddress::new();
            late.set_address("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed".into());
            vec![failure(4), (id::ADDRESS, late.write_to_bytes().unwrap())]
        }
        _ => Vec::new(),
    });
    let mut wallet = open(&device);
    let error = ask(&mut *wallet, &mut Person::default()).unwrap_err();
    assert!(matches!(error, DeviceError::Timeout { .. }), "{error}");
    assert_eq!(ask(&mut *wallet, &mut Person::default()).unwrap(), ADDRESS);
}

#[test]
fn packets_left_by_somebody_before_are_thrown_away() {
    let mut device = one(false, |_| vec![address()]);
    let stale = packets(&(id::ADDRESS, vec![0; 200]));
    device.outgoing.extend(&stale[1..]);
    let mut wallet = open(&device);
    assert_eq!(ask(&mut *wallet, &mut Person::default()).unwrap(), ADDRESS);
}

#[test]
fn a_device_that_asks_without_end_is_given_up() {
    let device = one(false, |_| vec![button()]);
    let path = "m/44'/60'/0'/0/0".parse().unwrap();
    let error = open(&device).sign_personal(&path, "hello", &mut Person::default()).unwrap_err();
    assert!(matches!(error, DeviceError::Protocol { .. }), "{error}");
}

#[test]
fn who_never_says_yes_to_an_address_says_no() {
    // A One cannot be told no: it shows the address another way, again and again.
    let device = one(false, |_| vec![button()]);
    let error = ask(&mut *open(&device), &mut Person::default()).unwrap_err();
    assert!(matches!(error, DeviceError::Rejected(_)), "{error}");
    assert_eq!(kinds(&device.got).last(), Some(&id::CANCEL));
}

#[test]
fn a_device_that_has_forgotten_the_session_is_not_used_on() {
    let forgets = Arc::new(Mutex::new(1));
    let session = forgets.clone();
    let device = Scripted::new(move |(kind, _)| match *kind {
        id::INITIALIZE => vec![features(*session.lock().unwrap(), false)],
        id::END_SESSION => vec![(id::SUCCESS, Vec::new())],
        56 => vec![address()],
        _ => Vec::new(),
    });
    let mut found = device.clone().found();
    assert_eq!(found.identify().unwrap().name(), "Trezor One");
    *forgets.lock().unwrap() = 2;
    for _ in 0..2 {
        let error = found.identify().unwrap_err();
        assert!(matches!(&error, DeviceError::Refused { code, .. } if code == "14 InvalidSession"));
    }
}

#[test]
fn a_renewed_session_is_a_new_one() {
    let device = one(true, |(kind, _)| match *kind {
        id::END_SESSION => vec![(id::SUCCESS, Vec::new())],
        _ => vec![address()],
    });
    let mut wallet = open(&device);
    wallet.sessions().unwrap().renew(&mut Person::default()).unwrap();
    let got = device.got.lock().unwrap();
    let [.., end, begin] = got.as_slice() else { panic!() };
    assert_eq!(end.0, id::END_SESSION);
    // No session id: not the old session again.
    assert_eq!(begin, &(id::INITIALIZE, Vec::new()));
}

/// A One that asks for its passphrase whenever it is asked for an address.
fn asks_for_its_passphrase() -> Scripted {
    one(true, |(kind, _)| match *kind {
        56 => vec![(id::PASSPHRASE_REQUEST, Vec::new())],
        42 => vec![address()],
        id::CANCEL => vec![failure(4)],
        _ => Vec::new(),
    })
}

fn opened(device: &Scripted, person: &mut Person) -> Result<(), DeviceError> {
    device.clone().found().open(person).map(drop)
}

#[test]
fn a_one_takes_no_passphrase_on_the_device() {
    let device = asks_for_its_passphrase();
    let mut person = Person { wants_on_device: true, ..Person::default() };
    let error = opened(&device, &mut person).unwrap_err();
    assert!(matches!(error, DeviceError::Unsupported { .. }), "{error}");
    assert_eq!(person.could_type_on_device, Some(false));
    assert_eq!(kinds(&device.got).last(), Some(&id::CANCEL));
}

#[test]
fn who_enters_no_passphrase_has_given_up() {
    let device = asks_for_its_passphrase();
    let error = opened(&device, &mut Person::default()).unwrap_err();
    assert!(matches!(error, DeviceError::Declined(_)), "{error}");
    assert_eq!(kinds(&device.got).last(), Some(&id::CANCEL));
}

#[test]
fn a_passphrase_is_sent_in_the_form_that_bip_39_hashes_and_never_cut() {
    let device = asks_for_its_passphrase();
    // e with an acute accent, as one character; NFKD makes it two.
    let mut person = Person { passphrase: Some("\u{e9}".into()), ..Person::default() };
    opened(&device, &mut person).unwrap();
    let got = device.got.lock().unwrap().clone();
    let ack = got.iter().find(|(kind, _)| *kind == 42).unwrap();
    let ack = protos::PassphraseAck::parse_from_bytes(&ack.1).unwrap();
    assert_eq!(ack.passphrase(), "e\u{301}");

    let device = asks_for_its_passphrase();
    let mut person = Person { passphrase: Some("x".repeat(51)), ..Person::default() };
    let error = opened(&device, &mut person).unwrap_err();
    assert!(matches!(error, DeviceError::Unsupported { .. }), "{error}");
    assert!(!kinds(&device.got).contains(&42));
}

#[test]
fn a_signature_by_another_than_the_answer_names_is_refused() {
    // "hello", signed by m/44'/60'/0'/0/0 of abandon..about.
    let signature = "22f6b9cd7ff4f321e11181c4fe64adeea9469908fb514fbb6001fe022002dfda1f4ec9ea436bad14a7823806487d3aeb39b22e2556590922d6a8308971a17e991c";
    let sign = |signer: &'static str, message: &str| {
        let device = one(false, move |_| {
            let mut answer = protos::EthereumMessageSignature::new();
            answer.set_signature(hex::decode(signature).unwrap());
            answer.set_address(signer.into());
            vec![(66, answer.write_to_bytes().unwrap())]
        });
        let path = "m/44'/60'/0'/0/0".parse().unwrap();
        open(&device).sign_personal(&path, message, &mut Person::default())
    };
    assert!(sign(ADDRESS, "hello").is_ok());
    for (signer, message) in
        [("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "hello"), (ADDRESS, "hellp")]
    {
        let error = sign(signer, message).unwrap_err();
        assert!(matches!(error, DeviceError::Protocol { .. }), "{error}");
    }
}

#[test]
fn a_ciphertext_of_another_length_is_refused() {
    let device = one(false, |_| vec![(48, [&[0x0a, 16][..], &[7; 16]].concat())]);
    let mut wallet = open(&device);
    let path = "m/1398033220'/0'".parse().unwrap();
    let cipher = wallet.cipher_key_value().unwrap();
    let error = cipher.encrypt(&path, "key", &[0; 32], &mut Person::default()).unwrap_err();
    assert!(matches!(error, DeviceError::Protocol { .. }), "{error}");
}
