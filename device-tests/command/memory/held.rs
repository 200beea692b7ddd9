//! Commands that are held while their memory is read: at every prompt of the wallet, at requests to a
//! service, and at the end, where they write their answer. Other processes of a user cannot read the
//! memory: it takes root, or a debug build with `STOCKADE_TEST_MEMORY`.

use std::{
    io::{self, Read as _, Write as _},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use stockade_mocks::{
    Decision, User,
    ledger::{self, Ledger},
    server,
    trezor::{self, PinMatrix, Trezor},
};

use super::{
    super::{
        fixture::Folder,
        run::{Stockade, WORDS, alone, on},
    },
    search::{Region, Secret, found, regions},
};

/// A simulated wallet in the tests' own process: what it knows is not in the command's memory. Whenever
/// it shows something, the command's memory is read before its user approves.
pub(super) struct Watched {
    command: Stockade,
    watch: Watch,
}

/// Reads the memory of the command that runs.
#[derive(Clone, Default)]
pub(super) struct Watch(Arc<Mutex<Watching>>);

#[derive(Default)]
struct Watching {
    process: Option<u32>,
    moments: Vec<Moment>,
}

/// What a command's memory was at some point.
pub(super) struct Moment {
    pub(super) when: String,
    regions: io::Result<Vec<Region>>,
}

/// A command that ended well.
pub(super) struct Held {
    line: String,
    pub(super) moments: Vec<Moment>,
    pub(super) answer: Value,
    written: Vec<Region>,
}

impl Watch {
    /// The command is this process.
    pub(super) fn of(&self, process: u32) {
        self.0.lock().unwrap().process = Some(process);
    }

    pub(super) fn look(&self, when: &str) {
        let mut watching = self.0.lock().unwrap();
        if let Some(process) = watching.process {
            let regions = regions(process);
            watching.moments.push(Moment { when: when.to_owned(), regions });
        }
    }

    fn user(&self) -> User {
        let watch = self.clone();
        User::asking(move |shown| {
            watch.look(shown);
            Decision::Approve
        })
    }
}

impl Watched {
    pub(super) fn ledger() -> Self {
        let watch = Watch::default();
        let (mnemonic, user) = (WORDS.to_owned(), watch.user());
        let wallet = Ledger::new(ledger::Config { mnemonic, user, ..ledger::Config::default() });
        let at = server::speculos::spawn(wallet).unwrap();
        Self::at(&format!("speculos:{at}"), watch)
    }

    pub(super) fn trezor() -> Self {
        let watch = Watch::default();
        let config = trezor::Config::new(trezor::Model::One, watch.user());
        let wallet = Trezor::new(trezor::Config { mnemonic: Some(WORDS.to_owned()), ..config });
        let at = server::trezor_udp::spawn(wallet).unwrap();
        Self::at(&format!("trezor-udp:{at}"), watch)
    }

    /// One with a PIN, and a passphrase that is typed on the computer.
    pub(super) fn guarded_trezor(pin: &str) -> (Self, PinMatrix) {
        let watch = Watch::default();
        let config = trezor::Config {
            mnemonic: Some(WORDS.to_owned()),
            pin: Some(pin.to_owned()),
            passphrase_protection: true,
            ..trezor::Config::new(trezor::Model::One, watch.user())
        };
        let wallet = Trezor::new(config);
        let matrix = wallet.pin_matrix();
        let at = server::trezor_udp::spawn(wallet).unwrap();
        (Self::at(&format!("trezor-udp:{at}"), watch), matrix)
    }

    fn at(device: &str, watch: Watch) -> Self {
        // The words are the wallet's.
        let command = alone().and(device, "");
        Self { command, watch }
    }

    /// With the programs in this folder.
    pub(super) fn with_programs(self, folder: &str) -> Self {
        Self { command: self.command.with_programs(folder), ..self }
    }

    pub(super) fn watch(&self) -> Watch {
        self.watch.clone()
    }

    /// Runs a command line that says as much as it can; `None`, after saying why, where its memory
    /// cannot be read.
    pub(super) fn run(&self, line: &str, stdin: &str) -> Option<Held> {
        hold(&self.watch, self.readable(line), line, stdin)
    }

    /// A command that says as much as it can, and whose memory can be read.
    pub(super) fn readable(&self, line: &str) -> Command {
        readable(&self.command, line)
    }
}

fn readable(command: &Stockade, line: &str) -> Command {
    let words: Vec<_> = line.split_whitespace().chain(["--verbose"]).collect();
    let mut command = command.command(&words);
    if !rustix::process::geteuid().is_root() {
        command.env("STOCKADE_TEST_MEMORY", "readable");
    }
    command
}

/// Runs a command with a simulated wallet of its own. It is held only at its end.
pub(super) fn at_the_end(device: &str, line: &str, stdin: &str) -> Option<Held> {
    hold(&Watch::default(), readable(&on(device), line), line, stdin)
}

fn hold(watch: &Watch, mut command: Command, line: &str, stdin: &str) -> Option<Held> {
    let (mut answer, mut full) = io::pipe().unwrap();
    // As much as a pipe holds: the command waits with its own.
    full.write_all(&[b' '; 64 * 1024]).unwrap();
    command.stdin(Stdio::piped()).stdout(full).stderr(Stdio::piped());
    let mut watching = watch.0.lock().unwrap();
    let mut child = command.spawn().unwrap();
    watching.process = Some(child.id());
    drop((watching, command));
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let mut said = child.stderr.take().unwrap();
    let said = thread::spawn(move || {
        let mut text = String::new();
        said.read_to_string(&mut text).map(|_| text)
    });
    if until_writing(child.id()) {
        watch.look("the end");
    }
    let mut text = String::new();
    answer.read_to_string(&mut text).unwrap();
    let code = child.wait().unwrap().code();
    let said = said.join().unwrap().unwrap();
    assert_eq!(code, Some(0), "{line}: {text} {said}");
    Held::of(line, watch, &text, &said)
}

/// Waits until the process writes to its standard output. False where the system does not say.
fn until_writing(process: u32) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(300) {
        match is_writing(process) {
            Err(_) => return false,
            Ok(true) => return true,
            Ok(false) => thread::sleep(Duration::from_millis(20)),
        }
    }
    panic!("it did not end");
}

/// Whether the process is writing to its standard output.
pub(super) fn is_writing(process: u32) -> io::Result<bool> {
    let call = std::fs::read_to_string(format!("/proc/{process}/syscall"))?;
    // write, on the two architectures that this runs on.
    Ok(call.starts_with("1 0x1 ") || call.starts_with("64 0x1 "))
}

impl Moment {
    /// Where these secrets are.
    pub(super) fn found(&self, secrets: &[Secret]) -> Vec<String> {
        found(self.regions.as_ref().unwrap(), secrets)
    }

    /// The prompts that have this in their text, and not the end.
    pub(super) fn is_prompt(&self, text: &str) -> bool {
        self.when.contains(text)
    }
}

impl Held {
    /// `None`, after saying why, if the memory could not be read at some moment.
    pub(super) fn of(line: &str, watch: &Watch, answer: &str, said: &str) -> Option<Self> {
        let moments = std::mem::take(&mut *watch.0.lock().unwrap()).moments;
        let failed = moments.iter().find_map(|moment| moment.regions.as_ref().err());
        if failed.is_some() || moments.last().is_none_or(|last| last.when != "the end") {
            println!("not run: the memory of another process cannot be read here: {failed:?}");
            return None;
        }
        let written =
            vec![Region::new("standard output", answer), Region::new("standard error", said)];
        let answer = serde_json::from_str(answer).unwrap();
        Some(Self { line: line.to_owned(), moments, answer, written })
    }

    /// None of these secrets is in its memory at the end, and none in what it said.
    #[track_caller]
    pub(super) fn require_none(&self, secrets: &[Secret]) {
        require_none(&self.line, "the end", &self.moments.last().unwrap().found(secrets));
        require_none(&self.line, "what it said", &found(&self.written, secrets));
    }

    /// None of these secrets is in its memory when `text` is shown, which happens.
    #[track_caller]
    pub(super) fn require_none_at(&self, text: &str, secrets: &[Secret]) {
        let moments: Vec<_> = self.moments.iter().filter(|m| m.is_prompt(text)).collect();
        let all: Vec<_> = self.moments.iter().map(|moment| &moment.when).collect();
        assert!(!moments.is_empty(), "{}: {text}: {all:?}", self.line);
        for moment in moments {
            require_none(&self.line, &moment.when, &moment.found(secrets));
        }
    }
}

#[track_caller]
fn require_none(line: &str, when: &str, left: &[String]) {
    assert!(left.is_empty(), "{line}, {when}: {} left:\n{}", left.len(), left.join("\n"));
}

/// No file in the folder has any of these secrets, except the file that gives a password to a client.
#[track_caller]
pub(super) fn require_no_file(folder: &Folder, secrets: &[Secret]) {
    let content = folder.content().into_iter();
    let files: Vec<_> = content
        .filter(|(path, _)| !path.ends_with("password.txt"))
        .filter_map(|(path, bytes)| Some(Region::new(path.display().to_string(), bytes?)))
        .collect();
    require_none("files", "afterwards", &found(&files, secrets));
}
