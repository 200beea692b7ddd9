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
        Self { ok, text: text.into(), json }
    }
}

/// Prints a command's result and gives its exit code.
pub fn finish(json: bool, result: CommandResult) -> ExitCode {
    match result {
        Ok(outcome) => {
            match json {
                true => print_json(outcome.ok, outcome.json),
                false => print(&outcome.text),
            }
            ExitCode::from(u8::from(!outcome.ok))
        }
        Err(error) => fail(json, &error),
    }
}

fn fail(json: bool, error: &CommandError) -> ExitCode {
    let (kind, message, hint) = (error.kind(), error.to_string(), error.hint());
    match json {
        true => {
            let error = json!({"kind": kind.as_str(), "message": message, "hint": hint});
            print_json(false, Map::from_iter([("error".to_owned(), error)]));
        }
        false => {
            let mut stderr = anstream::stderr().lock();
            let _ = writeln!(stderr, "error: {}", harmless(&message));
            if let Some(hint) = hint {
                let _ = writeln!(stderr, "hint: {hint}");
            }
        }
    }
    ExitCode::from(kind.exit_code())
}

/// A command line that is none, or a call for help.
pub fn usage(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args().any(|argument| argument == "--json");
    if error.use_stderr() && wants_json {
        return fail(true, &CommandError::usage(error.to_string().trim().to_owned()));
    }
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

fn print_json(ok: bool, fields: Map<String, Value>) {
    let mut document = Map::from_iter([("ok".to_owned(), Value::Bool(ok))]);
    document.extend(fields);
    let text = serde_json::to_string_pretty(&Value::Object(document)).unwrap_or_default();
    print(&text);
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
