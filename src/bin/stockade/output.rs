//! What a command prints: one text for people, or one JSON document.

use std::{io::Write as _, process::ExitCode};

use serde_json::{Map, Value, json};

use crate::{CommandResult, error::CommandError};

/// What a command found or did.
#[derive(Debug)]
pub struct Outcome {
    /// Whether it is done, or everything is proven: exit code 0, else 1.
    pub ok: bool,
    /// The text for people.
    pub text: String,
    /// The fields of the JSON document beside `ok`.
    pub json: Map<String, Value>,
    /// What went wrong beside all that, and gives the exit code.
    pub error: Option<CommandError>,
    /// [`Rows`] were printed: of the JSON document only the end is left.
    pub rows: bool,
}

impl Outcome {
    /// Done: a text, and an object of JSON fields.
    pub fn done(text: impl Into<String>, json: Value) -> Self {
        Self::checked(true, text, json)
    }

    /// As [`Outcome::done`], for a check that may have found something.
    pub fn checked(ok: bool, text: impl Into<String>, json: Value) -> Self {
        let json = match json {
            Value::Object(fields) => fields,
            other => Map::from_iter([("value".to_owned(), other)]),
        };
        Self { ok, text: text.into(), json, error: None, rows: false }
    }
}

/// Prints the document of a command that goes on until it is stopped, now that it has begun.
#[cfg(feature = "mock")]
pub fn begun(fields: &Value) {
    let fields = fields.as_object().cloned().unwrap_or_default();
    print(&document(true, fields));
    let _ = std::io::stdout().flush();
}

/// Prints a command's result and gives its exit code.
pub fn finish(json: bool, result: CommandResult) -> ExitCode {
    match result {
        Ok(outcome) => print_outcome(json, outcome),
        Err(error) => fail(json, &error),
    }
}

fn print_outcome(json: bool, mut outcome: Outcome) -> ExitCode {
    if !json {
        print(&outcome.text);
        return match outcome.error {
            Some(error) => fail(json, &error),
            None => ExitCode::from(u8::from(!outcome.ok)),
        };
    }
    let exit_code = match &outcome.error {
        Some(error) => {
            outcome.json.insert("error".to_owned(), error_json(error));
            error.kind().exit_code()
        }
        None => u8::from(!outcome.ok),
    };
    let document = document(outcome.ok, outcome.json);
    match outcome.rows {
        true => print(&format!("\n  ],{}", document.strip_prefix('{').unwrap_or(&document))),
        false => print(&document),
    }
    ExitCode::from(exit_code)
}

fn fail(json: bool, error: &CommandError) -> ExitCode {
    match json {
        true => {
            let fields = Map::from_iter([("error".to_owned(), error_json(error))]);
            print(&document(false, fields));
        }
        false => {
            let mut stderr = anstream::stderr().lock();
            let _ = writeln!(stderr, "error: {}", harmless(&error.to_string()));
            if let Some(hint) = error.hint() {
                let _ = writeln!(stderr, "hint: {hint}");
            }
        }
    }
    ExitCode::from(error.kind().exit_code())
}

fn error_json(error: &CommandError) -> Value {
    json!({"kind": error.kind().as_str(), "message": error.to_string(), "hint": error.hint()})
}

/// A command line that is none, or a call for help.
pub fn usage(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|argument| argument == "--json");
    if error.use_stderr() && wants_json {
        return fail(true, &CommandError::usage(error.to_string().trim().to_owned()));
    }
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

fn document(ok: bool, fields: Map<String, Value>) -> String {
    let mut document = Map::from_iter([("ok".to_owned(), Value::Bool(ok))]);
    document.extend(fields);
    serde_json::to_string_pretty(&Value::Object(document)).unwrap_or_default()
}

/// Rows that are printed as they are found, so that memory does not grow with their number. In
/// JSON they are the array that begins the document; its end is the command's [`Outcome`].
#[derive(Debug)]
pub struct Rows {
    json: bool,
    count: usize,
}

impl Rows {
    /// Begins the document, whose first field is the array `name`.
    pub fn begin(json: bool, name: &str) -> Self {
        if json {
            let _ = write!(anstream::stdout().lock(), "{{\n  \"{name}\": [");
        }
        Self { json, count: 0 }
    }

    /// Prints a row: a text, which may be empty, or a JSON value.
    pub fn print(&mut self, text: impl FnOnce() -> String, json: impl FnOnce() -> Value) {
        let mut stdout = anstream::stdout().lock();
        let _ = match self.json {
            true => {
                let separator = if self.count == 0 { "" } else { "," };
                write!(stdout, "{separator}\n    {}", json())
            }
            false => write!(stdout, "{}", harmless(&text())),
        };
        self.count += 1;
    }
}

/// A reader that closes the pipe early is no error of ours.
fn print(text: &str) {
    let mut stdout = anstream::stdout().lock();
    let _ = writeln!(stdout, "{}", harmless(text.trim_end()));
}

/// Text without control characters but newlines: names on a stick must not steer the terminal.
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}
