//! The versions of statements, and errors in reading one.

use std::fmt;

/// The version of a statement's grammar, which decides the order of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementVersion {
    /// Hashes first. On a wallet that only shows the beginning of a long text, the counts can be
    /// signed without being seen.
    V1,
    /// What matters first: level, counts, copies, set and time. The hashes follow.
    V2,
    /// Version 2 of an attestation, about a set with shares of validators' keys: it says how many.
    V3,
}

impl StatementVersion {
    /// Every version, and how a heading writes it.
    const ALL: [(Self, u32); 3] = [(Self::V1, 1), (Self::V2, 2), (Self::V3, 3)];

    /// The version's number.
    pub fn number(self) -> u32 {
        Self::ALL.iter().find(|(version, _)| *version == self).map_or(2, |(_, number)| *number)
    }

    /// The version in the heading of `text`, and the fields after it.
    pub(super) fn split<'a>(heading: &str, text: &'a str) -> Option<(Self, &'a str)> {
        let rest = text.strip_prefix(heading)?.strip_prefix(" v")?;
        let (number, fields) = rest.split_once("; ")?;
        let known = Self::ALL.iter().find(|(_, known)| known.to_string() == number)?;
        Some((known.0, fields))
    }

    /// The version of the file that holds the statement `text`: the same as the statement's.
    pub(super) fn of_file(heading: &str, text: &str) -> u32 {
        Self::split(heading, text).map_or(1, |(version, _)| version.number())
    }

    /// Whether a file of version `file` may hold a statement of version `statement`.
    pub(super) fn require(file: u32, statement: u32) -> Result<(), String> {
        let known = Self::ALL.iter().any(|(_, known)| *known == file);
        match (known, file == statement) {
            (true, true) => Ok(()),
            (true, false) => {
                Err(format!("its version is {file}, but its statement has version {statement}"))
            }
            (false, _) => Err(format!("version {file} is not known to this version of Stockade")),
        }
    }
}

/// Why a text is not a statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// It does not follow the grammar.
    #[error("not a statement of version 1, 2 or 3")]
    Grammar,
    /// A challenge that could be read as another part of the statement.
    #[error(
        "a challenge has 1 to 64 characters, only letters, digits, spaces and . _ - :, and is not `none`"
    )]
    Challenge,
}

impl fmt::Display for StatementVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.number())
    }
}
