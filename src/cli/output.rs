//! What a command prints: one text for people, or one JSON document.

use std::{
    borrow::Cow,
    io::{ErrorKind, Result as IoResult, Write as _},
    process::ExitCode,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::Serialize;
use serde_json::{Map, Value, json};
use stockade::{
    is_harmful, shown,
    store::{Notices, notices},
};

use crate::{
    CommandResult,
    error::{CommandError, Kind},
};

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
    /// The work is done. `json` is a struct whose fields are those of the document.
    pub fn done(text: impl Into<String>, json: impl Serialize) -> Self {
        Self::checked(true, text, json)
    }

    /// As [`Outcome::done`], for a check that may have found something.
    pub fn checked(ok: bool, text: impl Into<String>, json: impl Serialize) -> Self {
        let json = fields(json);
        Self { ok, text: text.into(), json, error: None, rows: false }
    }
}

/// The fields of a document. All documents are structs of texts, numbers and lists, which
/// serialise without an error.
pub fn fields(json: impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(json) {
        Ok(Value::Object(fields)) => fields,
        Ok(other) => Map::from_iter([("value".to_owned(), other)]),
        Err(error) => Map::from_iter([("unwritable".to_owned(), Value::from(error.to_string()))]),
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
    // By now the locks of all copies are given up, or could not be.
    let notices = notices();
    if !json {
        tell(&notices);
    }
    let code = match result {
        Ok(mut outcome) => {
            if json {
                // The list of keys, whose rows are printed one by one, has a kind for each warning.
                let kind = outcome.rows.then_some("bucket");
                add(&mut outcome.json, &notices, kind);
            }
            print_outcome(json, outcome)
        }
        Err(error) => {
            let mut fields = Map::new();
            add(&mut fields, &notices, None);
            fail_with(json, &error, fields)
        }
    };
    check(anstream::stdout().lock().flush());
    match LOST.load(Ordering::Relaxed) {
        true if code == ExitCode::SUCCESS => ExitCode::from(Kind::File.exit_code()),
        _ => code,
    }
}

/// What every command says of the buckets that it used.
fn tell(notices: &Notices) {
    let mut stderr = anstream::stderr().lock();
    for (bucket, host) in notices.hosts() {
        let _ = writeln!(stderr, "{} is at {}", shown(bucket), shown(host));
    }
    for warning in notices.warnings() {
        let _ = writeln!(stderr, "warning: {}", shown(warning));
    }
}

/// The same as JSON.
fn add(fields: &mut Map<String, Value>, notices: &Notices, kind: Option<&str>) {
    let hosts = notices.hosts().map(|(bucket, host)| json!({"bucket": bucket, "host": host}));
    let hosts: Vec<_> = hosts.collect();
    if !hosts.is_empty() {
        fields.insert("hosts".to_owned(), hosts.into());
    }
    let warning = |text: &str| match kind {
        Some(kind) => json!({"kind": kind, "text": text}),
        None => Value::from(text),
    };
    let mut warnings = notices.warnings().map(warning).peekable();
    if warnings.peek().is_some()
        && let Value::Array(told) =
            fields.entry("warnings").or_insert_with(|| Value::Array(Vec::new()))
    {
        told.extend(warnings);
    }
}

/// Whether an answer could not be written: whoever reads it must not take what is there for all.
static LOST: AtomicBool = AtomicBool::new(false);

fn check(written: IoResult<()>) {
    let Err(error) = written else { return };
    // A reader that closes the pipe early is no error of ours.
    if error.kind() != ErrorKind::BrokenPipe && !LOST.swap(true, Ordering::Relaxed) {
        let mut stderr = anstream::stderr().lock();
        let _ = writeln!(stderr, "error: the answer could not be written: {error}");
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
    fail_with(json, error, Map::new())
}

/// As [`fail`], with further fields of the JSON document.
fn fail_with(json: bool, error: &CommandError, more: Map<String, Value>) -> ExitCode {
    match json {
        true => {
            let mut fields = Map::from_iter([("error".to_owned(), error_json(error))]);
            fields.extend(more);
            print(&document(false, fields));
        }
        false => {
            let mut stderr = anstream::stderr().lock();
            let _ = writeln!(stderr, "error: {}", indented(&error.to_string()));
            if let Some(hint) = error.hint() {
                let _ = writeln!(stderr, "hint: {}", indented(hint));
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
    let text = error.to_string();
    if error.use_stderr() && wants_json {
        return fail(true, &CommandError::usage(text.trim().to_owned()));
    }
    let _ = match harmless(&text) {
        shown if shown == text => error.print(),
        shown => write!(anstream::stderr().lock(), "{shown}"),
    };
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

fn document(ok: bool, fields: Map<String, Value>) -> String {
    let mut document = Map::from_iter([("ok".to_owned(), Value::Bool(ok))]);
    document.extend(fields);
    escaped(&serde_json::to_string_pretty(&Value::Object(document)).unwrap_or_default())
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
            check(write!(anstream::stdout().lock(), "{{\n  \"{name}\": ["));
        }
        Self { json, count: 0 }
    }

    /// Prints a row: a text, which may be empty, or a JSON value.
    pub fn print(&mut self, text: impl FnOnce() -> String, json: impl FnOnce() -> Value) {
        let mut stdout = anstream::stdout().lock();
        check(match self.json {
            true => {
                let separator = if self.count == 0 { "" } else { "," };
                write!(stdout, "{separator}\n    {}", escaped(&json().to_string()))
            }
            false => write!(stdout, "{}", harmless(&text())),
        });
        self.count += 1;
    }
}

fn print(text: &str) {
    let mut stdout = anstream::stdout().lock();
    check(writeln!(stdout, "{}", harmless(text.trim_end())));
}

/// Text that does not steer the terminal: all that [`is_harmful`] is written out, but for newlines.
/// Those are ours: what comes from outside is put into a text by [`stockade::shown`], on one line.
pub fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let arguments = arguments().iter();
    let text =
        arguments.fold(Cow::Borrowed(text), |text, (said, shown)| match text.contains(said) {
            true => Cow::Owned(text.replace(said, shown)),
            false => text,
        });
    for c in text.chars() {
        match is_harmful(c) && c != '\n' {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    shown
}

/// The arguments of the command line that must not be printed as they are, and how they are: whole,
/// and the value behind a `=`. Any message may repeat them.
fn arguments() -> &'static [(String, String)] {
    static ARGUMENTS: OnceLock<Vec<(String, String)>> = OnceLock::new();
    ARGUMENTS.get_or_init(|| {
        let all = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
        let both = all.flat_map(|whole| {
            let value = whole.split_once('=').map(|(_, value)| value.to_owned());
            [Some(whole), value].into_iter().flatten()
        });
        let harmful = both.filter(|said| said.chars().any(is_harmful) && !said.trim().is_empty());
        harmful.map(|said| (said.clone(), shown(&said).to_string())).collect()
    })
}

/// The same with its further lines indented: an error is no report, whatever it repeats.
fn indented(text: &str) -> String {
    let indent = |line: &str| if line.starts_with("  ") { "" } else { "  " };
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().to_owned();
    let whole = lines.fold(first, |text, line| format!("{text}\n{}{line}", indent(line)));
    harmless(&whole)
}

/// A JSON document of the same meaning with the same characters escaped. JSON has none of them
/// outside of its strings but the newline, which within them is escaped already.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        match is_harmful(c) && c != '\n' {
            true => {
                let mut units = [0; 2];
                let units = c.encode_utf16(&mut units).iter();
                escaped.extend(units.map(|unit| format!("\\u{unit:04x}")));
            }
            false => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_keeps_its_meaning_and_steers_no_terminal() {
        let hostile = "a\u{9b}2J\u{202e}b\u{7f}\u{200b}\u{e0041}\n\"\\";
        let text = document(true, Map::from_iter([(hostile.to_owned(), Value::from(hostile))]));
        assert!(!text.chars().any(|c| is_harmful(c) && c != '\n'), "{text}");
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read.get(hostile), Some(&Value::from(hostile)));
    }

    #[test]
    fn only_our_newlines_are_printed_as_they_are() {
        assert_eq!(harmless("a\nb\u{202e}\u{1b}[0m\t"), "a\nb\\u{202e}\\u{1b}[0m\\t");
    }
}
