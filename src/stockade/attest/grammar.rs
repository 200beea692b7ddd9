//! What statements have in common: after a heading their fields, each once and in one order, as
//! `name value` between semicolons; `none` where there is no value.

use std::{
    fmt::{self, Display},
    str::{FromStr, Split},
};

use super::version::{StatementError, StatementVersion};

/// The fields that were not read yet.
pub(super) struct Fields<'a>(Split<'a, &'static str>);

impl<'a> Fields<'a> {
    /// The next field as text, where it has this name.
    pub(super) fn text(&mut self, name: &str) -> Option<&'a str> {
        self.0.next()?.strip_prefix(name)?.strip_prefix(' ')
    }

    /// The same as what it stands for.
    pub(super) fn value<T: FromStr>(&mut self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    /// The same where there may be none.
    pub(super) fn optional<T: FromStr>(&mut self, name: &str) -> Option<Option<T>> {
        match self.text(name)? {
            "none" => Some(None),
            text => text.parse().ok().map(Some),
        }
    }
}

/// Reads a statement. One text a statement: what does not print as it was read is something else.
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

/// A value as its field has it.
pub(super) struct OrNone<'a, T>(pub &'a Option<T>);

impl<T: Display> Display for OrNone<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("none"),
        }
    }
}
