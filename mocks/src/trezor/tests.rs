//! Behaviour that is not in the recordings.

use super::{
    protobuf::{Message, Writer},
    *,
};
use crate::Decision;

const BUTTON: u16 = kind::BUTTON_REQUEST;
const H: u64 = 1 << 31;

fn device(model: Model, change: impl FnOnce(&mut Config)) -> Trezor {
    let mut config = Config::new(model, User::always(Decision::Approve));
    change(&mut config);
    let mut trezor = Trezor::new(config);
    trezor.message(kind::INITIALIZE, &[]);
    trezor
}

fn address_request(show: bool) -> Vec<u8> {
    Writer::default().numbers(1, &[44 | H, 60 | H, H, 0, 0]).flag(2, show).finish()
}

/// Sends a message that has one reply.
fn send(trezor: &mut Trezor, kind: u16, payload: &[u8]) -> (u16, Vec<u8>) {
    let mut replies = trezor.message(kind, payload);
    assert_eq!(replies.len(), 1, "{replies:?}");
    replies.remove(0)
}

fn address_of(reply: (u16, Vec<u8>)) -> String {
    assert_eq!(reply.0, kind::ETHEREUM_ADDRESS);
    Message::read(&reply.1).0.text(2).unwrap()
}

fn failure_of(reply: (u16, Vec<u8>)) -> u64 {
    assert_eq!(reply.0, kind::FAILURE);
    Message::read(&reply.1).0.number(1).unwrap()
}

#[test]
fn every_model_gives_the_same_address() {
    for model in [Model::One, Model::T, Model::Safe3, Model::Safe5] {
        let mut trezor = device(model, |_| {});
        let reply = send(&mut trezor, kind::ETHEREUM_GET_ADDRESS, &address_request(false));
        assert_eq!(address_of(reply), "0x9858EfFD232B4033E47d90003D41EC34EcaEda94", "{model:?}");
    }
}

#[test]
fn core_models_report_their_identity() {
    let said = [
        (Model::T, "T", "T2T1", 240, true),
        (Model::Safe3, "Safe 3", "T3B1", 128, false),
        (Model::Safe5, "Safe 5", "T3T1", 240, true),
    ];
    for (model, name, internal_name, width, brightness) in said {
        let mut trezor = device(model, |config| config.label = Some("spare".to_owned()));
        let (kind, features) = send(&mut trezor, kind::GET_FEATURES, &[]);
        assert_eq!(kind, kind::FEATURES);
        let (features, _) = Message::read(&features);
        assert_eq!(features.text(21).as_deref(), Some(name));
        assert_eq!(features.text(44).as_deref(), Some(internal_name));
        assert_eq!(features.number(47), Some(width));
        assert_eq!(features.numbers(30).contains(&20), brightness);
        assert_eq!(features.text(10).as_deref(), Some("spare"));
    }
}

#[test]
fn on_a_core_model_the_passphrase_can_be_typed() {
    let mut trezor = device(Model::Safe5, |config| {
        config.passphrase_protection = true;
        config.typed_passphrase = "TREZOR".to_owned();
    });
    let request = send(&mut trezor, kind::ETHEREUM_GET_ADDRESS, &address_request(false));
    assert_eq!(request, (kind::PASSPHRASE_REQUEST, Vec::new()));
    let on_device = Writer::default().flag(3, true).finish();
    assert_eq!(send(&mut trezor, kind::PASSPHRASE_ACK, &on_device).0, BUTTON);
    let reply = send(&mut trezor, kind::BUTTON_ACK, &[]);
    assert_eq!(address_of(reply), "0x9c32F71D4DB8Fb9e1A58B0a80dF79935e7256FA6");
}

#[test]
fn on_a_one_the_passphrase_cannot_be_typed() {
    let mut trezor = device(Model::One, |config| config.passphrase_protection = true);
    send(&mut trezor, kind::ETHEREUM_GET_ADDRESS, &address_request(false));
    let on_device = Writer::default().flag(3, true).finish();
    assert_eq!(failure_of(send(&mut trezor, kind::PASSPHRASE_ACK, &on_device)), 3);
}

#[test]
fn after_an_unreadable_passphrase_a_one_still_waits_for_one() {
    let mut trezor = device(Model::One, |config| config.passphrase_protection = true);
    send(&mut trezor, kind::ETHEREUM_GET_ADDRESS, &address_request(false));
    let too_long = Writer::default().text(1, &"x".repeat(51)).finish();
    assert_eq!(failure_of(send(&mut trezor, kind::PASSPHRASE_ACK, &too_long)), 3);
    let empty = Writer::default().text(1, "").finish();
    address_of(send(&mut trezor, kind::PASSPHRASE_ACK, &empty));
}

#[test]
fn no_to_an_address_makes_a_one_ask_again() {
    let mut trezor = device(Model::One, |config| {
        config.user = User::scripted([Decision::Reject], Decision::Approve);
    });
    let shown = send(&mut trezor, kind::ETHEREUM_GET_ADDRESS, &address_request(true));
    assert_eq!(shown.0, BUTTON);
    assert_eq!(send(&mut trezor, kind::BUTTON_ACK, &[]), shown);
    address_of(send(&mut trezor, kind::BUTTON_ACK, &[]));
}

#[test]
fn no_to_an_address_cancels_on_core_models() {
    let mut trezor = device(Model::Safe5, |config| config.user = User::always(Decision::Reject));
    send(&mut trezor, kind::ETHEREUM_GET_ADDRESS, &address_request(true));
    assert_eq!(failure_of(send(&mut trezor, kind::BUTTON_ACK, &[])), 4);
}

#[test]
fn a_user_who_does_nothing_keeps_the_host_waiting() {
    let mut trezor = device(Model::Safe5, |_| {});
    trezor.set_away(true);
    send(&mut trezor, kind::ETHEREUM_GET_ADDRESS, &address_request(true));
    assert_eq!(trezor.message(kind::BUTTON_ACK, &[]), []);
    trezor.set_away(false);
    address_of(send(&mut trezor, kind::BUTTON_ACK, &[]));

    trezor.set_away(true);
    send(&mut trezor, kind::ETHEREUM_GET_ADDRESS, &address_request(true));
    assert_eq!(trezor.message(kind::BUTTON_ACK, &[]), []);
    assert_eq!(failure_of(send(&mut trezor, kind::CANCEL, &[])), 4);
}

#[test]
fn a_pin_opens_a_one_by_the_places_of_its_digits() {
    let mut trezor = device(Model::One, |config| config.pin = Some("9317".to_owned()));
    let asked = send(&mut trezor, kind::ETHEREUM_GET_ADDRESS, &address_request(false));
    assert_eq!(asked.0, kind::PIN_MATRIX_REQUEST);
    let places = trezor.pin_matrix().places("9317").unwrap();
    let ack = Writer::default().text(1, &places).finish();
    address_of(send(&mut trezor, kind::PIN_MATRIX_ACK, &ack));
    assert_eq!(trezor.pin_matrix().digits(), None);
}

#[test]
fn a_user_can_refuse_to_type_the_pin() {
    let mut trezor = device(Model::Safe5, |config| {
        config.pin = Some("1234".to_owned());
        config.user = User::always(Decision::Reject);
    });
    assert_eq!(send(&mut trezor, kind::ETHEREUM_GET_ADDRESS, &address_request(false)).0, BUTTON);
    assert_eq!(failure_of(send(&mut trezor, kind::BUTTON_ACK, &[])), 6);
}

/// Measured on emulators.
#[test]
fn core_models_answer_every_stray_packet_and_a_one_answers_none() {
    let mut stray = [0; 64];
    stray[0] = b'?';
    let invalid_magic = codec_v1::packets(3, b"\x08\x63\x12\x0dInvalid magic");
    for packet in [stray, [b'x'; 64]] {
        for model in [Model::T, Model::Safe3, Model::Safe5] {
            assert_eq!(device(model, |_| {}).receive(&packet), invalid_magic, "{model:?}");
        }
        assert!(device(Model::One, |_| {}).receive(&packet).is_empty());
    }
}

#[test]
fn messages_of_any_declared_length_are_answered_or_dropped() {
    let mut packet = [0; 64];
    packet[..9].copy_from_slice(b"?##\0\0\xff\xff\xff\xff");
    let mut one = device(Model::One, |_| {});
    assert_eq!(
        one.receive(&packet),
        codec_v1::packets(3, b"\x08\x03\x12\x1emessages.c:262:Message too big")
    );
    let mut safe5 = device(Model::Safe5, |_| {});
    assert!(safe5.receive(&packet).is_empty());
    let features = safe5.receive(&codec_v1::packets(kind::GET_FEATURES, &[])[0]);
    assert!(features[0].starts_with(b"?##\0\x11"));
}

fn transaction(change: impl FnOnce(Writer) -> Writer) -> Vec<u8> {
    let path = [44 | H, 60 | H, H, 0, 0];
    let writer = Writer::default().numbers(1, &path).bytes(2, &[5]);
    change(writer.bytes(6, &[1])).finish()
}

/// The text without the place that the debug build puts before it.
fn refusal(model: Model, payload: &[u8]) -> String {
    let (kind, failure) = send(&mut device(model, |_| {}), kind::ETHEREUM_SIGN_TX, payload);
    assert_eq!(kind, kind::FAILURE);
    let text = Message::read(&failure).0.text(2).unwrap();
    text.rsplit(':').next().unwrap_or_default().to_owned()
}

/// In the words of both firmwares.
#[test]
fn transactions_that_firmware_refuses_are_refused() {
    let to = "52".repeat(20);
    let plain = |w: Writer| w.bytes(3, &[4]).bytes(4, &[6]);
    let with_to = |w: Writer| plain(w).text(11, &to);
    let fee = [9; 15];
    for (payload, one, core) in [
        (
            transaction(|w| with_to(w).number(9, 0)),
            "Chain ID out of bounds",
            "Chain ID out of bounds",
        ),
        (
            transaction(|w| plain(w).number(9, 1)),
            "Safety check failed",
            "Contract creation without data",
        ),
        (
            transaction(|w| plain(w).text(11, "5252").number(9, 1)),
            "Safety check failed",
            "Invalid recipient address",
        ),
        (
            transaction(|w| w.bytes(3, &fee).bytes(4, &[9; 16]).text(11, &to).number(9, 1)),
            "Safety check failed",
            "Fee overflow",
        ),
        (
            transaction(|w| with_to(w).number(9, 1).number(10, 7)),
            "Txtype out of bounds",
            "tx_type out of bounds",
        ),
        (
            transaction(|w| with_to(w).number(9, 1).number(8, 9)),
            "Data length provided, but no initial chunk",
            "Data length provided, but no initial chunk",
        ),
        (
            transaction(|w| with_to(w).number(9, 1).bytes(7, &[1, 2]).number(8, 1)),
            "Invalid size of initial chunk",
            "Invalid size of initial chunk",
        ),
    ] {
        assert_eq!(refusal(Model::One, &payload), one);
        assert_eq!(refusal(Model::Safe5, &payload), core);
    }
    let fits = transaction(|w| w.bytes(3, &fee).bytes(4, &fee).text(11, &to).number(9, 1));
    assert_eq!(send(&mut device(Model::Safe5, |_| {}), kind::ETHEREUM_SIGN_TX, &fits).0, BUTTON);
}

/// Which Trezor Connect asks for before every call. Bitcoin's own libraries give the same address.
#[test]
fn an_address_of_testnet_is_given_and_no_other_of_bitcoin() {
    let request =
        |coin: &str| Writer::default().numbers(1, &[44 | H, 1 | H, H, 0, 0]).text(2, coin).finish();
    for model in [Model::One, Model::T, Model::Safe3, Model::Safe5] {
        let (kind, address) =
            send(&mut device(model, |_| {}), kind::GET_ADDRESS, &request("Testnet"));
        assert_eq!(kind, kind::ADDRESS);
        let address = Message::read(&address).0.text(1).unwrap();
        assert_eq!(address, "mkpZhYtJu2r87Js3pDiWJDmPte2NRZ8bJV", "{model:?}");
        let refused = send(&mut device(model, |_| {}), kind::GET_ADDRESS, &request("Bitcoin"));
        assert_eq!(failure_of(refused), 99);
    }
}

#[test]
fn a_label_is_kept_and_what_is_not_simulated_is_refused() {
    for model in [Model::One, Model::Safe5] {
        let mut trezor = device(model, |_| {});
        let label = Writer::default().text(2, "spare").finish();
        assert_eq!(send(&mut trezor, kind::APPLY_SETTINGS, &label).0, BUTTON);
        assert_eq!(send(&mut trezor, kind::BUTTON_ACK, &[]).0, kind::SUCCESS);
        let (_, features) = send(&mut trezor, kind::GET_FEATURES, &[]);
        assert_eq!(Message::read(&features).0.text(10).as_deref(), Some("spare"));
        let homescreen = Writer::default().text(2, "other").bytes(4, b"picture").finish();
        assert_eq!(failure_of(send(&mut trezor, kind::APPLY_SETTINGS, &homescreen)), 99);
    }
}

#[test]
fn no_to_a_text_goes_back_to_the_address_on_a_safe_3() {
    let mut trezor = device(Model::Safe3, |config| {
        let decisions = [Decision::Approve, Decision::Reject];
        config.user = User::scripted(decisions, Decision::Reject);
    });
    let path = [44 | H, 60 | H, H, 0, 0];
    let message = Writer::default().numbers(1, &path).bytes(2, b"hello").finish();
    let address = send(&mut trezor, kind::ETHEREUM_SIGN_MESSAGE, &message);
    let text = send(&mut trezor, kind::BUTTON_ACK, &[]);
    assert_ne!(text, address);
    assert_eq!(send(&mut trezor, kind::BUTTON_ACK, &[]), address);
    assert_eq!(failure_of(send(&mut trezor, kind::BUTTON_ACK, &[])), 4);
}
