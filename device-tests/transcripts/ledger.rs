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
    ledger::{App, Config, Ledger, Model, Settings, Version},
};

const MESSAGES: [(&str, &str); 13] = [
    ("b001", "app name and version"),
    ("b0a7", "quit app"),
    ("e002", "GET ADDRESS"),
    ("e004", "SIGN TX"),
    ("e006", "GET APP CONFIGURATION"),
    ("e008", "SIGN PERSONAL MESSAGE"),
    ("e00c", "SIGN EIP-712"),
    ("e00e", "GET ETH2 PUBLIC KEY"),
    ("e010", "SET ETH2 WITHDRAWAL INDEX"),
    ("e018", "PERFORM PRIVACY OPERATION"),
    ("e01a", "EIP-712 STRUCT DEFINITION"),
    ("e01c", "EIP-712 STRUCT IMPLEMENTATION"),
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
        match device.as_mut().unwrap().difference(&line) {
            None => *matching += 1,
            Some(difference) => {
                differences.push(format!("line {number}, {}: {difference}", line.name));
            }
        }
    }
    for (message, (matching, all)) in &counts {
        println!("{message}: {matching} / {all}");
    }
    let (matching, all) = counts.values().fold((0, 0), |sum, n| (sum.0 + n.0, sum.1 + n.1));
    println!("ledger.jsonl: {matching} / {all}");
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
    assert_eq!((matching, all), (182, 182), "lines that match, of all");
}

fn recording() -> String {
    let path = concat!(
        concat!(env!("CARGO_MANIFEST_DIR"), "/../.."),
        "/device-tests/transcripts/ledger.jsonl"
    );
    fs::read_to_string(path).unwrap()
}

fn message_type(line: &Recorded) -> &'static str {
    MESSAGES
        .iter()
        .find(|(header, _)| line.request.starts_with(header))
        .map_or("unknown class or instruction", |(_, name)| name)
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
        if let Some(settings) = settings(&line.name) {
            self.ledger.set_settings(settings);
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
        if saw.is_empty() == line.confirmation {
            return Some(format!("its user saw {saw:?}"));
        }
        let screens = line.screens.as_deref().unwrap_or_default();
        let (shown, recorded) = (fields(saw), recorded_fields(screens));
        let rejected_early = rejects && recorded.is_empty();
        if line.screens.is_some() && !rejected_early && shown != recorded {
            return Some(format!("its user saw {shown:?}, recorded {recorded:?}"));
        }
        match (saw.first(), title(screens)) {
            (Some(saw), Some(title)) if !without_blanks(saw).starts_with(&title) => {
                Some(format!("its user saw {saw:?}, recorded {title:?}"))
            }
            _ => None,
        }
    }
}

/// What the name of a line says of the settings, which stay until another one says otherwise.
fn settings(name: &str) -> Option<Settings> {
    let says = |words: &[&str]| words.iter().any(|words| name.contains(words));
    let none = Settings::default();
    if says(&["Debug contracts ON"]) {
        return Some(Settings { blind_signing: true, debug_contracts: true, ..none });
    }
    if says(&["raw messages on, blind off"]) {
        return Some(Settings { raw_messages: true, ..none });
    }
    if says(&["blind signing on", "blind on", "raw messages on"]) {
        return Some(Settings { blind_signing: true, ..none });
    }
    says(&["blind off"]).then_some(none)
}

/// A challenge is random: only its length and status word are the same.
fn mask(line: &Recorded, reply: &str) -> String {
    match reply.split_at_checked(8) {
        Some((_, status)) if line.request.starts_with("e020") => format!("********{status}"),
        _ => reply.into(),
    }
}

/// The title, where the screens begin with one.
fn title(screens: &[Vec<String>]) -> Option<String> {
    let first: Vec<&str> = screens.first()?.iter().map(|line| &**line).collect();
    // Where words of data are confirmed, the recording begins with the app's home.
    match first.first() {
        Some(&"Ethereum") => None,
        Some(&"Blind signing ahead") => Some("Blindsigningahead".into()),
        _ => {
            let lines = first.into_iter().filter(|line| !is_control(line));
            Some(without_blanks(&lines.collect::<String>()))
        }
    }
}

/// Screens that are no fields.
const NO_FIELDS: [&str; 17] = [
    "Accept risk and",
    "Approve",
    "Blind signing ahead",
    "Cancel",
    "Confirm",
    "Confirm parameter",
    "Confirm selector",
    "Ethereum",
    "Press right button to",
    "Provide public",
    "Reject",
    "Review message",
    "Review transaction",
    "Review transaction to",
    "Review typed",
    "Verify ETH2",
    "Verify parameter",
];

/// The fields on recorded screens: name and value, those of several pages joined.
fn recorded_fields(screens: &[Vec<String>]) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for lines in screens {
        let lines: Vec<&str> =
            lines.iter().map(|line| &**line).filter(|line| !is_control(line)).collect();
        let [name, value @ ..] = &*lines else { continue };
        let (name, page) = name.split_once(" (").unwrap_or((name, "1/1)"));
        let no_field = NO_FIELDS.contains(&name.trim())
            || ["Verify ", "Sign ", "Reject ", "Provide "]
                .iter()
                .any(|verb| name.starts_with(verb));
        if no_field || value.is_empty() {
            continue;
        }
        let value = without_blanks(&value.concat());
        match fields.last_mut() {
            Some((last, text)) if *last == name && !page.starts_with("1/") => *text += &value,
            _ => fields.push((name.to_owned(), value)),
        }
    }
    fields
}

/// The fields that the mock's user saw.
fn fields(saw: &[String]) -> Vec<(String, String)> {
    let lines = saw.iter().flat_map(|text| text.split('\n'));
    let fields = lines.filter_map(|line| line.split_once(": "));
    fields.map(|(name, value)| (name.to_owned(), without_blanks(value))).collect()
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
