//! The names of what is being written, and of what steps aside.

use std::{
    ffi::{OsStr, OsString},
    path::{Component, Path, PathBuf},
};

pub(super) const PARTIAL: &str = ".partial";
pub(super) const ASIDE: &str = ".old";

/// Where a file or folder is written before it gets its name.
pub(super) fn partial_of(name: &OsStr) -> OsString {
    beside(name, PARTIAL)
}

/// The name that a person knows, for a path below a folder or file that has not got its name yet.
pub(super) fn target_of(path: &Path) -> PathBuf {
    let known = |part: Component<'_>| -> OsString {
        let text = part.as_os_str().to_str();
        let inner = text.and_then(|text| text.strip_prefix('.')?.strip_suffix(PARTIAL));
        inner.filter(|inner| !inner.is_empty()).map_or(part.as_os_str().into(), OsString::from)
    };
    path.components().map(known).collect()
}

/// Where a folder stays that steps aside for its successor.
pub(super) fn aside_of(name: &OsStr) -> OsString {
    beside(name, ASIDE)
}

fn beside(name: &OsStr, end: &str) -> OsString {
    let mut beside = OsString::from(".");
    beside.push(name);
    beside.push(end);
    beside
}
