//! Output that is printed row by row, so that memory does not grow with the number of rows.

use std::io::Write as _;

use serde::Serialize;

use super::{
    colour::painted,
    common::value,
    escape::{escape_json, harmless},
    stdout::check_written,
};

/// Rows that are printed as they are found. In JSON they are the array at the start of the document;
/// the command's [`Outcome`](super::Outcome) is the rest of it.
#[derive(Debug)]
pub struct Rows {
    json: bool,
    count: usize,
}

impl Rows {
    /// Starts the document. Its first field is the array `name`.
    pub fn begin(json: bool, name: &str) -> Self {
        if json {
            check_written(write!(anstream::stdout().lock(), "{{\n  \"{name}\": ["));
        }
        Self { json, count: 0 }
    }

    /// Prints a line that belongs to no row, for people only.
    pub fn head(&self, text: &str) {
        if !self.json {
            check_written(write!(anstream::stdout().lock(), "{}", harmless(text)));
        }
    }

    /// Prints a row: its text, or its JSON.
    pub fn print<T: Serialize>(&mut self, text: impl FnOnce() -> String, json: impl FnOnce() -> T) {
        let mut stdout = anstream::stdout().lock();
        check_written(if self.json {
            let separator = if self.count == 0 { "" } else { "," };
            write!(stdout, "{separator}\n    {}", escape_json(&value(json()).to_string()))
        } else {
            write!(stdout, "{}", painted(&harmless(&text())))
        });
        self.count += 1;
    }
}
