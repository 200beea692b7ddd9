//! What a command prints: text for people, or one JSON document.

mod colour;
pub mod common;
mod escape;
pub mod frames;
mod rows;
mod stdout;

use std::{io::Write as _, process::ExitCode};

use serde::Serialize;
use serde_json::{Map, Value};
use stockade::store::{Notices, notices};

pub use self::{
    colour::painted,
    common::{fields, value},
    escape::harmless,
    rows::Rows,
};
use self::{
    common::ErrorFields,
    escape::escape_json,
    stdout::{print, print_document},
};
use crate::{
    CommandResult,
    error::{CommandError, Kind},
};

/// What a command found or did.
#[derive(Debug)]
pub struct Outcome {
    /// Whether everything is done or proven: exit code 0, else 1.
    pub ok: bool,
    /// The text for people.
    pub text: String,
    /// The fields of the JSON document after `ok`.
    pub json: Map<String, Value>,
    /// An error that ended the work half done. It decides the exit code.
    pub error: Option<CommandError>,
    /// Whether [`Rows`] started the document, so that only its end is left to print.
    pub rows: bool,
}

impl Outcome {
    /// The work is done. `json` is a struct whose fields are those of the document.
    pub fn done(text: impl Into<String>, json: impl Serialize) -> Self {
        Self::checked(true, text, json)
    }

    /// As [`Outcome::done`], for a check that may have found something.
    pub fn checked(ok: bool, text: impl Into<String>, json: impl Serialize) -> Self {
        Self { ok, text: text.into(), json: fields(json), error: None, rows: false }
    }

    /// Nothing is left to say.
    #[cfg(feature = "mock")]
    pub fn empty() -> Self {
        Self { ok: true, text: String::new(), json: Map::new(), error: None, rows: false }
    }
}

/// Prints the document of a command that runs until it is stopped, once it is ready.
#[cfg(feature = "mock")]
pub fn begun(json: impl Serialize) {
    print_document(&document(true, fields(json)));
    stdout::finish();
}

/// Prints a command's result and gives its exit code.
pub fn finish(json: bool, result: CommandResult) -> ExitCode {
    // By now the locks on all copies are released, or could not be.
    let notices = notices();
    if !json {
        common::print_notices(&notices);
    }
    let code = match result {
        Ok(mut outcome) => {
            if json {
                // Warnings of the one command that prints rows have kinds.
                let kind = outcome.rows.then_some("bucket");
                common::add_notices(&mut outcome.json, &notices, kind);
            }
            print_outcome(json, outcome)
        }
        Err(error) => fail(json, &error, &notices),
    };
    if !stdout::finish() && code == ExitCode::SUCCESS {
        return ExitCode::from(Kind::File.exit_code());
    }
    code
}

fn print_outcome(json: bool, mut outcome: Outcome) -> ExitCode {
    let code = outcome.error.as_ref().map(|error| error.kind().exit_code());
    let code = ExitCode::from(code.unwrap_or(u8::from(!outcome.ok)));
    if !json {
        if !outcome.text.is_empty() {
            print(&outcome.text);
        }
        outcome.error.iter().for_each(print_error);
        return code;
    }
    if let Some(error) = &outcome.error {
        outcome.json.insert("error".to_owned(), value(ErrorFields::from(error)));
    }
    let document = document(outcome.ok, outcome.json);
    if outcome.rows {
        print_document(&format!("\n  ],{}", document.strip_prefix('{').unwrap_or(&document)));
    } else {
        print_document(&document);
    }
    code
}

fn fail(json: bool, error: &CommandError, notices: &Notices) -> ExitCode {
    if json {
        let mut fields = Map::from_iter([("error".to_owned(), value(ErrorFields::from(error)))]);
        common::add_notices(&mut fields, notices, None);
        print_document(&document(false, fields));
    } else {
        print_error(error);
    }
    ExitCode::from(error.kind().exit_code())
}

fn print_error(error: &CommandError) {
    let mut stderr = anstream::stderr().lock();
    let _ = writeln!(
        stderr,
        "{}",
        painted(&format!("error: {}", escape::indented(&error.to_string())))
    );
    if let Some(hint) = error.hint() {
        let _ = writeln!(stderr, "hint: {}", escape::indented(hint));
    }
}

/// Prints what clap says about a command line: an error, or the help that was asked for.
pub fn usage(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|argument| argument == "--json");
    let text = error.to_string();
    if error.use_stderr() && wants_json {
        return fail(true, &CommandError::usage(text.trim().to_owned()), &Notices::default());
    }
    let harmless = harmless(&text);
    let _ = if harmless == text {
        error.print()
    } else {
        write!(anstream::stderr().lock(), "{harmless}")
    };
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

fn document(ok: bool, fields: Map<String, Value>) -> String {
    let mut document = Map::from_iter([("ok".to_owned(), Value::Bool(ok))]);
    document.extend(fields);
    escape_json(&serde_json::to_string_pretty(&Value::Object(document)).unwrap_or_default())
}
