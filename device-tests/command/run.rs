//! Runs the built command as a user's script does, and holds every answer to what all commands
//! promise: one JSON document on standard output, `ok` if and only if the exit code is 0, and no
//! secret anywhere.

use std::{ffi::OsStr, process::Command, time::Duration};

use serde_json::Value;

/// The words of the mocks.
pub(crate) const WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon \
                                abandon abandon abandon about";

/// The words of somebody else.
pub(crate) const OTHER_WORDS: &str =
    "legal winner thank year wave sausage worth useful legal winner thank yellow";

/// The words of a third.
pub(crate) const THIRD_WORDS: &str =
    "letter advice cage absurd amount doctor acoustic avoid letter advice cage above";

/// The password of the keystores in `vectors/deposits`.
pub(crate) const KEYSTORE_PASSWORD: &str = "MyPasswordIs12+";

/// What no command ever prints, whatever goes wrong.
const NEVER_PRINTED: [&str; 8] = [
    "abandon abandon",
    "legal winner",
    "letter advice",
    "six random words or",
    KEYSTORE_PASSWORD,
    "AGE-SECRET-KEY-",
    // What `Stockade: derive hoodi batch 0. A secret!` gives by eip191-v1 (device-secrets.json).
    "53a755d6be665f2971c938cdf718ba2adca229d4a53db26a8d4d106bb2859d83",
    "panicked at",
];

/// The command, with one wallet, several, or none.
#[derive(Clone)]
pub(crate) struct Stockade {
    devices: Vec<String>,
    words: Vec<&'static str>,
    rejects: bool,
    stdin: String,
    /// A folder of programs beside those of the system.
    programs: Option<String>,
    environment: Vec<(&'static str, String)>,
}

/// What a command answered.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) json: Value,
    /// What a person would see of it: prompts and notes.
    pub(crate) stderr: String,
    pub(crate) stdout: String,
    command: String,
}

/// With no wallet named.
pub(crate) fn alone() -> Stockade {
    Stockade {
        devices: Vec::new(),
        words: Vec::new(),
        rejects: false,
        stdin: String::new(),
        programs: None,
        environment: Vec::new(),
    }
}

/// With the wallet `device`, which holds [`WORDS`] and whose user approves everything.
pub(crate) fn on(device: &str) -> Stockade {
    Stockade { devices: vec![device.to_owned()], words: vec![WORDS], ..alone() }
}

impl Stockade {
    /// With other words in the wallet.
    pub(crate) fn holding(self, words: &'static str) -> Self {
        Self { words: vec![words], ..self }
    }

    /// With one more wallet, which holds these words.
    pub(crate) fn and(mut self, device: &str, words: &'static str) -> Self {
        self.devices.push(device.to_owned());
        self.words.push(words);
        self
    }

    /// With the programs in this folder.
    pub(crate) fn with_programs(self, folder: &str) -> Self {
        Self { programs: Some(folder.to_owned()), ..self }
    }

    /// With this on standard input.
    pub(crate) fn reading(self, stdin: &str) -> Self {
        Self { stdin: stdin.to_owned(), ..self }
    }

    /// With a user who rejects everything.
    pub(crate) fn rejecting(self) -> Self {
        Self { rejects: true, ..self }
    }

    /// With a variable in its environment.
    pub(crate) fn with(mut self, variable: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((variable, value.into()));
        self
    }

    /// Runs a command line without blanks in its arguments.
    pub(crate) fn run(&self, line: &str) -> Ran {
        self.run_args(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs a command with these arguments and `--json`.
    pub(crate) fn run_args<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        let mut command = assert_cmd::Command::from_std(self.command(args));
        command.write_stdin(self.stdin.clone());
        let output = command.timeout(Duration::from_secs(120)).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let words: Vec<_> = args.iter().map(|arg| arg.as_ref().to_string_lossy()).collect();
        Ran::new(
            words.join(" "),
            output.status.code().expect("it was killed"),
            text(&output.stdout),
            text(&output.stderr),
        )
    }

    /// What a command line without blanks in its arguments prints for people, if it ends with 0.
    pub(crate) fn words(&self, line: &str) -> String {
        self.words_of(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// What a command with these arguments prints for people, if it ends with 0.
    pub(crate) fn words_of<S: AsRef<OsStr>>(&self, args: &[S]) -> String {
        let (code, text) = self.said(args);
        assert_eq!(code, 0, "{text}");
        text
    }

    /// The exit code of a command with these arguments, and what it prints for people.
    pub(crate) fn said<S: AsRef<OsStr>>(&self, args: &[S]) -> (i32, String) {
        let mut command = assert_cmd::Command::from_std(self.bare(args));
        command.write_stdin(self.stdin.clone());
        let output = command.timeout(Duration::from_secs(120)).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let text = text(&output.stderr) + &text(&output.stdout);
        for secret in NEVER_PRINTED {
            assert!(!text.contains(secret), "a command printed {secret}");
        }
        (output.status.code().expect("it was killed"), text)
    }

    /// The command with these arguments and `--json`, for whoever runs it in a way of their own.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = self.bare(args);
        command.arg("--json");
        command
    }

    fn bare<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockade"));
        for variable in
            ["STOCKADE_DEVICE", "STOCKADE_MOCK_MNEMONIC", "STOCKADE_MOCK_USER", "STOCKADE_PROFILE"]
        {
            command.env_remove(variable);
        }
        // What this computer remembers is not the user's who runs the tests.
        command.env("XDG_STATE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/state"));
        command.env("XDG_CONFIG_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/no-config"));
        command.env("STOCKADE_MOCK_MNEMONIC", self.words.join(";")).args(args);
        for device in &self.devices {
            command.args(["--device", device]);
        }
        if let Some(folder) = &self.programs {
            let path = std::env::var("PATH").unwrap_or_default();
            command.env("PATH", format!("{folder}:{path}"));
        }
        if self.rejects {
            command.env("STOCKADE_MOCK_USER", "reject");
        }
        command.envs(self.environment.iter().map(|(variable, value)| (variable, value)));
        command
    }
}

impl Ran {
    fn new(command: String, code: i32, stdout: String, stderr: String) -> Self {
        for secret in NEVER_PRINTED {
            let both = [&stdout, &stderr];
            assert!(both.iter().all(|text| !text.contains(secret)), "{command} printed {secret}");
        }
        let json: Value = serde_json::from_str(&stdout).unwrap_or_else(|e| {
            panic!("{command}: {e}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
        });
        assert_eq!(json["ok"], code == 0, "{command}: exit code {code}, and {json}");
        crate::json::schema::check(&command, &json);
        Self { code, json, stderr, stdout, command }
    }

    /// The same, after making sure of the exit code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        let Self { command, json, stderr, .. } = &self;
        assert_eq!(self.code, code, "{command}: {json:#}\n{stderr}");
        self
    }

    /// The same, after making sure that it ended with this kind of error, which says what happened.
    #[track_caller]
    pub(crate) fn error(self, code: i32, kind: &str) -> Self {
        let ran = self.code(code);
        assert_eq!(ran.json["error"]["kind"], kind, "{}: {}", ran.command, ran.json);
        assert!(!ran.message().is_empty(), "{}", ran.command);
        ran
    }

    /// What the error says.
    pub(crate) fn message(&self) -> &str {
        self.json["error"]["message"].as_str().unwrap_or_default()
    }

    /// The text of a field.
    #[track_caller]
    pub(crate) fn text(&self, field: &str) -> &str {
        self.json[field].as_str().unwrap_or_else(|| panic!("no text {field} in {:#}", self.json))
    }

    /// The elements of a list.
    #[track_caller]
    pub(crate) fn list(&self, field: &str) -> &[Value] {
        self.json[field].as_array().unwrap_or_else(|| panic!("no list {field} in {:#}", self.json))
    }

    /// A field of every element of a list.
    pub(crate) fn each(&self, list: &str, field: &str) -> Vec<&str> {
        self.list(list).iter().map(|one| one[field].as_str().unwrap_or_default()).collect()
    }

    /// How many verdicts are proven, contradicted and inconclusive; the keys must add up to them.
    #[track_caller]
    pub(crate) fn verdicts(&self) -> (usize, usize, usize) {
        let count = |verdict: &str| {
            let counted = self.each("keys", "verdict").iter().filter(|v| **v == verdict).count();
            assert_eq!(self.json["verdicts"][verdict], counted, "{:#}", self.json);
            counted
        };
        (count("proven"), count("contradicted"), count("inconclusive"))
    }

    /// Whether any check calls everything proven, or could be read so.
    pub(crate) fn reads_as_proven(&self) -> bool {
        let verdicts = &self.json["verdicts"];
        let bad = ["contradicted", "inconclusive"].iter().any(|v| verdicts[v] != 0);
        self.code == 0 || (verdicts.is_object() && !bad)
    }

    /// Whether the wallet's user was asked for anything.
    pub(crate) fn prompted(&self) -> bool {
        self.stderr.contains("approve")
    }
}
