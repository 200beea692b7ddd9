//! `ledger.jsonl`, recorded from the Ethereum app in Speculos, played in order against the mock:
//! every answer is the same to the byte, the user is asked when they were, and sees the same.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use serde::Deserialize;
use stockade_mocks::{
    Decision, User,
    ledger::{App, Config, Ledger, Model, Version},
};

/// Messages that the mock does not speak yet. They are counted, and not sent.
const NOT_IMPLEMENTED: [(&str, &str); 4] = [
    ("e004", "SIGN TX"),
    ("e00c", "SIGN EIP-712"),
    ("e01a", "EIP-712 STRUCT DEFINITION"),
    ("e01c", "EIP-712 STRUCT IMPLEMENTATION"),
];

const IMPLEMENTED: [(&str, &str); 9] = [
    ("b001", "app name and version"),
    ("b0a7", "quit app"),
    ("e002", "GET ADDRESS"),
    ("e006", "GET APP CONFIGURATION"),
    ("e008", "SIGN PERSONAL MESSAGE"),
    ("e00e", "GET ETH2 PUBLIC KEY"),
    ("e010", "SET ETH2 WITHDRAWAL INDEX"),
    ("e018", "PERFORM PRIVACY OPERATION"),
    ("e020", "GET CHALLENGE"),
];

#[derive(Deserialize)]
struct Recorded {
    app: String,
    model: String,
    name: String,
    mnemonic: String,
    request: String,
    response: String,
    /// Whether the user was asked.
    confirmation: bool,
    screens: Option<Vec<Vec<String>>>,
}

#[test]
fn the_mock_answers_as_the_recorded_ledger_did() {
    let mut device: Option<Playback> = None;
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut differences = Vec::new();
    for (number, line) in (1..).zip(recording().lines()) {
        let line: Recorded = serde_json::from_str(line).unwrap();
        if !device.as_ref().is_some_and(|device| device.recorded_with(&line)) {
            device = Some(Playback::new(&line));
        }
        let (matching, all) = counts.entry(message_type(&line)).or_default();
        *all += 1;
        if not_implemented(&line) {
            continue;
        }
        match device.as_mut().unwrap().difference(&line) {
            None => *matching += 1,
            Some(difference) => {
                differences.push(format!("line {number}, {}: {difference}", line.name));
            }
        }
    }
    for (message, (matching, all)) in &counts {
        let missing = NOT_IMPLEMENTED.iter().any(|(_, name)| name == message);
        println!("{message}: {matching} / {all}{}", if missing { ", not implemented" } else { "" });
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
    assert_eq!(implemented(&counts), (102, 102), "lines played, of all that are implemented");
}

fn recording() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/device-tests/transcripts/ledger.jsonl");
    fs::read_to_string(path).unwrap()
}

fn message_type(line: &Recorded) -> &'static str {
    let known = || IMPLEMENTED.iter().chain(&NOT_IMPLEMENTED);
    known()
        .find(|(header, _)| line.request.starts_with(header))
        .map_or("unknown class or instruction", |(_, name)| name)
}

fn not_implemented(line: &Recorded) -> bool {
    NOT_IMPLEMENTED.iter().any(|(header, _)| line.request.starts_with(header))
}

fn implemented(counts: &BTreeMap<&str, (usize, usize)>) -> (usize, usize) {
    counts
        .iter()
        .filter(|(message, _)| !NOT_IMPLEMENTED.iter().any(|(_, name)| name == *message))
        .fold((0, 0), |sum, (_, count)| (sum.0 + count.0, sum.1 + count.1))
}

/// The mock, set up as the device was that a line was recorded from.
struct Playback {
    app: String,
    model: String,
    mnemonic: String,
    ledger: Ledger,
    user: Arc<Mutex<Person>>,
}

/// Decides as it is told and remembers what it saw.
struct Person {
    decision: Decision,
    saw: Vec<String>,
}

impl Playback {
    fn new(line: &Recorded) -> Self {
        let user = Arc::new(Mutex::new(Person { decision: Decision::Approve, saw: Vec::new() }));
        let asked = Arc::clone(&user);
        let version =
            if line.app.contains("1.17.0") { Version(1, 17, 0) } else { Version(1, 22, 0) };
        let ledger = Ledger::new(Config {
            model: Model::from_name(&line.model).unwrap(),
            app: App::Ethereum { version },
            mnemonic: line.mnemonic.clone(),
            user: User::asking(move |shown| {
                let mut person = asked.lock().unwrap();
                person.saw.push(shown.into());
                person.decision
            }),
            locked: line.app.contains("locked"),
            ..Config::default()
        });
        let (app, model, mnemonic) = (line.app.clone(), line.model.clone(), line.mnemonic.clone());
        Self { app, model, mnemonic, ledger, user }
    }

    /// Whether `line` comes from the device that this one is set up as.
    fn recorded_with(&self, line: &Recorded) -> bool {
        (&self.app, &self.model, &self.mnemonic) == (&line.app, &line.model, &line.mnemonic)
    }

    /// Plays one line, and says what was not as recorded.
    fn difference(&mut self, line: &Recorded) -> Option<String> {
        if let Some(on) = blind_signing(&line.name) {
            self.ledger.set_blind_signing(on);
        }
        let rejects = line.name.contains("reject");
        *self.user.lock().unwrap() = Person {
            decision: if rejects { Decision::Reject } else { Decision::Approve },
            saw: Vec::new(),
        };
        let reply = hex::encode(self.ledger.exchange(&hex::decode(&line.request).unwrap()));
        let (reply, recorded) = (mask(line, &reply), mask(line, &line.response));
        if reply != recorded {
            return Some(format!("answered {reply}, recorded {recorded}"));
        }
        let saw = &self.user.lock().unwrap().saw;
        if saw.len() != usize::from(line.confirmation) {
            return Some(format!("its user saw {saw:?}"));
        }
        match (&line.screens, saw.first()) {
            (Some(screens), Some(saw)) if without_blanks(saw) != without_blanks(&text(screens)) => {
                Some(format!("its user saw {saw:?}, recorded {screens:?}"))
            }
            _ => None,
        }
    }
}

/// What the name of a line says of the setting, which stays until another one says otherwise.
fn blind_signing(name: &str) -> Option<bool> {
    let says = |words: &[&str]| words.iter().any(|words| name.contains(words));
    match (says(&["blind signing on", "blind on"]), says(&["blind off"])) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// A challenge is random: only its length and status word are the same.
fn mask(line: &Recorded, reply: &str) -> String {
    match reply.split_at_checked(8) {
        Some((_, status)) if line.request.starts_with("e020") => format!("********{status}"),
        _ => reply.into(),
    }
}

/// What recorded screens say, without buttons and page numbers: the title, then each field.
fn text(screens: &[Vec<String>]) -> String {
    let mut pages = screens.iter().map(|lines| {
        let lines: Vec<&str> =
            lines.iter().map(|line| &**line).filter(|line| !is_control(line)).collect();
        (lines.first().map_or("", |first| first.split(" (").next().unwrap()).to_owned(), lines)
    });
    let mut text = pages.next().unwrap().1.concat();
    let mut field = String::new();
    for (name, lines) in pages {
        if !["Address", "Key", "Message", "Public Key"].contains(&&*name) {
            continue;
        }
        if field != name {
            text += &format!("{name}:");
            field = name;
        }
        text += &lines[1..].concat();
    }
    text
}

/// Whether a line is a button or a page number of a touch screen.
fn is_control(line: &str) -> bool {
    ["Cancel", "Confirm", "Reject"].contains(&line)
        || line.starts_with("Swipe to ")
        || line
            .split_once(" of ")
            .is_some_and(|(page, pages)| page.parse::<u8>().is_ok() && pages.parse::<u8>().is_ok())
}

/// Lines break where the screen is full, and lose a blank there.
fn without_blanks(text: &str) -> String {
    text.split_whitespace().collect()
}
