//! Errors of profiles.

use std::path::PathBuf;

use crate::store::StoreError;

/// Why a profile could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The file could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file is not a profile.
    #[error("{path}{at}: not a profile: {why}", path = stockade_base::shown(path), at = at_line(*.line))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, if it is known.
        line: Option<usize>,
        /// What is wrong. Never the text of the line: the wrong file may have been named.
        why: String,
    },
    /// A value cannot be written.
    #[error("the profile cannot be written: {0}")]
    Unwritable(String),
}

fn at_line(line: Option<usize>) -> String {
    line.map(|line| format!(", line {line}")).unwrap_or_default()
}
