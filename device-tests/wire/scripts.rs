//! Whatever befalls a wallet, as a script says it: our client says which of it happened.

use std::sync::Arc;

use stockade::{
    device::{DeviceError, Found, Show, State},
    ledger::{self, HidExchange, Ledger},
    path::DerivationPath,
    trezor::{self, Trezor},
};
use stockade_mocks::{
    Act, Script, User, ledger as mock_ledger,
    trezor::{self as mock_trezor, Model},
};

use super::{
    faults::{Bench, TIMEOUTS, pairings},
    person::Person,
};

const ADDRESS: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";
const OTHER_WORDS: &str =
    "legal winner thank year wave sausage worth useful legal winner thank yellow";

/// A script: what happens at the start, the steps, and `rest`.
fn script(text: &str, can: impl Fn(&Act) -> bool) -> Script {
    Script::parse(text, can).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn ledger(text: &str) -> Bench<mock_ledger::Ledger> {
    let script = script(text, mock_ledger::Ledger::can);
    let user = User::of_script(&script);
    let mut device = mock_ledger::Ledger::new(mock_ledger::Config { user, ..Default::default() });
    script.start.into_iter().for_each(|act| device.happen(act));
    // Nobody was connected yet.
    device.take_restart();
    Bench::new(device)
}

fn found_ledger(bench: &Bench<mock_ledger::Ledger>) -> Box<dyn Found> {
    let info = ledger::DeviceInfo::simulated("ledger", "Nano X");
    Box::new(Ledger::new(Box::new(HidExchange::new(bench.plug())), info, TIMEOUTS))
}

/// A Trezor with the PIN 1234.
fn trezor(model: Model, text: &str) -> (Bench<mock_trezor::Trezor>, Box<dyn Found>) {
    let script = script(text, mock_trezor::Trezor::can);
    let config = mock_trezor::Config {
        pin: Some("1234".into()),
        ..mock_trezor::Config::new(model, User::of_script(&script))
    };
    let mut device = mock_trezor::Trezor::new(config);
    device.happen(Act::Unlock);
    script.start.into_iter().for_each(|act| device.happen(act));
    let pairings = Arc::new(pairings(&device));
    let bench = Bench::new(device);
    let info = trezor::DeviceInfo::simulated("trezor");
    let found = Trezor::new(Box::new(bench.plug()), info, TIMEOUTS).with_pairings(pairings);
    (bench, Box::new(found))
}

/// The address, shown; and what it is silently afterwards.
fn address(found: Box<dyn Found>) -> [Result<String, DeviceError>; 2] {
    let path: DerivationPath = "m/44'/60'/0'/0/0".parse().unwrap();
    let person = &mut Person::default();
    let mut wallet = match found.open(person) {
        Ok(wallet) => wallet,
        Err(error) => return [Err(error), Ok(String::new())],
    };
    let shown = wallet.address(&path, Show::OnDevice, person).map(|a| a.to_string());
    let again = wallet.address(&path, Show::Silently, person).map(|a| a.to_string());
    [shown, again]
}

#[test]
fn what_befalls_a_ledger() {
    let mut wrong = Vec::new();
    let words = format!(r#"{{"start": [{{"words": "{OTHER_WORDS}"}}], "rest": "approve"}}"#);
    let steps = |steps: &str| format!(r#"{{"steps": [{steps}], "rest": "approve"}}"#);
    for (text, right) in [
        (r#"{"start": ["lock"], "rest": "approve"}"#.to_owned(), "Locked"),
        (r#"{"start": ["wipe"], "rest": "approve"}"#.to_owned(), "NotInitialized"),
        // The dashboard, from which its user opens the app.
        (r#"{"start": ["close-app"], "rest": "reject"}"#.to_owned(), "Rejected"),
        (steps(r#"{"do": "reject"}"#), "Rejected"),
        (steps(r#"{"do": "approve", "after_seconds": 0.1}"#), ADDRESS),
        (steps(r#"{"shows": "Review", "do": "reject"}"#), ADDRESS),
        (steps(r#"{"do": "away"}"#), "Timeout"),
        (steps(r#"{"do": "unplug"}"#), "Disconnected"),
        (steps(r#"{"do": "lock"}"#), "Locked"),
        (steps(r#"{"do": "close-app"}"#), "Disconnected"),
        (steps(r#"{"at": "command", "do": "lock"}"#), "Locked"),
        (steps(r#"{"at": "command", "do": "unplug"}"#), "Disconnected"),
    ] {
        let bench = ledger(&text);
        let [shown, again] = address(found_ledger(&bench));
        wrong.extend(check(&text, &shown, right));
        if shown.is_ok() || ["Rejected", "Timeout"].contains(&right) && !text.contains("start") {
            wrong.extend(check(&format!("after {text}"), &again, ADDRESS));
        }
    }
    assert_eq!(wrong, [""; 0]);
    let bench = ledger(&words);
    assert!(matches!(found_ledger(&bench).state().unwrap(), State::WrongApp { .. }));
}

#[test]
fn what_befalls_a_trezor() {
    let mut wrong = Vec::new();
    let steps = |steps: &str| format!(r#"{{"steps": [{steps}], "rest": "approve"}}"#);
    for model in [Model::One, Model::Safe5, Model::Safe7] {
        for (text, right) in [
            (r#"{"start": ["wipe"], "rest": "approve"}"#.to_owned(), "NotInitialized"),
            (r#"{"start": ["bootloader"], "rest": "approve"}"#.to_owned(), "Unsupported"),
            (steps(r#"{"do": "reject"}, {"do": "reject"}"#), "Rejected"),
            (steps(r#"{"do": "approve", "after_seconds": 0.1}"#), ADDRESS),
            (steps(r#"{"do": "away"}"#), "Timeout"),
            (steps(r#"{"do": "unplug"}"#), "Disconnected"),
            (steps(r#"{"do": "lock"}"#), "Rejected"),
        ] {
            // A One asks again instead of taking a no.
            if model == Model::One && right == "Rejected" && text.contains("reject") {
                continue;
            }
            let (_bench, found) = trezor(model, &text);
            let [shown, again] = address(found);
            wrong.extend(check(&format!("{model:?} {text}"), &shown, right));
            if shown.is_ok() || right == "Timeout" {
                wrong.extend(check(&format!("{model:?}, after {text}"), &again, ADDRESS));
            }
        }
        let words = format!(r#"{{"start": [{{"words": "{OTHER_WORDS}"}}], "rest": "approve"}}"#);
        let [shown, _] = address(trezor(model, &words).1);
        assert_ne!(shown.unwrap(), ADDRESS, "{model:?}");
        let (_bench, mut found) = trezor(model, r#"{"start": ["bootloader"], "rest": "approve"}"#);
        assert_eq!(found.state().unwrap(), State::Bootloader, "{model:?}");
    }
    for model in [Model::One, Model::Safe5] {
        let busy = r#"{"start": [{"busy": 9}], "rest": "approve"}"#;
        let [is_busy, _] = address(trezor(model, busy).1);
        wrong.extend(check(&format!("{model:?} {busy}"), &is_busy, "Busy"));
        let short = r#"{"start": [{"busy": 2}], "rest": "approve"}"#;
        let [ready, _] = address(trezor(model, short).1);
        wrong.extend(check(&format!("{model:?} {short}"), &ready, ADDRESS));
    }
    assert_eq!(wrong, [""; 0]);
}

fn check(text: &str, result: &Result<String, DeviceError>, right: &str) -> Option<String> {
    let is = match result {
        Ok(address) => address.clone(),
        Err(error) => format!("{error:?}"),
    };
    (!is.starts_with(right)).then(|| format!("{text}: {is}, not {right}"))
}
