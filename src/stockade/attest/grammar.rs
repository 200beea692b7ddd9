//! The common grammar of statements: a heading, then each field once and in a fixed order, as `name
//! value` separated by semicolons. `none` stands for a missing value.

use std::{
    fmt::{self, Display},
    str::{FromStr, Split},
};

use super::version::{StatementError, StatementVersion};

/// The fields that were not read yet.
pub(super) struct Fields<'a>(Split<'a, &'static str>);

impl<'a> Fields<'a> {
    /// The next field as text, if it has this name.
    pub(super) fn text(&mut self, name: &str) -> Option<&'a str> {
        self.0.next()?.strip_prefix(name)?.strip_prefix(' ')
    }

    /// The value of the next field, if it has this name.
    pub(super) fn value<T: FromStr>(&mut self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// Like [`Fields::value`], for a field that may be `none`.
    pub(super) fn optional<T: FromStr>(&mut self, name: &str) -> Option<Option<T>> {
        match self.text(name)? {
            "none" => Some(None),
            text => text.parse().ok().map(Some),
        }
    }
}

/// Reads a statement. It must print exactly as it was read, so that each statement has one
/// spelling.
pub(super) fn read<T: Display>(
    text: &str,
    heading: &str,
    fields: impl FnOnce(StatementVersion, &mut Fields<'_>) -> Option<T>,
) -> Result<T, StatementError> {
    let read = || {
        let (version, behind) = StatementVersion::split(heading, text)?;
        let mut rest = Fields(behind.split("; "));
        let statement = fields(version, &mut rest)?;
        (rest.0.next().is_none() && statement.to_string() == text).then_some(statement)
    };
    read().ok_or(StatementError::Grammar)
}

/// The value of an optional field, as it is written.
pub(super) struct OrNone<'a, T>(pub &'a Option<T>);

impl<T: Display> Display for OrNone<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("none"),
        }
    }
}
