//! The names of entries that are being written, and of those that are being replaced.

use std::{
    ffi::{OsStr, OsString},
    path::{Component, Path, PathBuf},
};

pub(super) const PARTIAL: &str = ".partial";
pub(super) const ASIDE: &str = ".old";

/// The name under which a file or folder is written before it gets its own.
pub(super) fn partial_of(name: &OsStr) -> OsString {
    hidden(name, PARTIAL)
}

/// The final path, which a person knows, for a path below a file or folder that is being written.
pub(super) fn target_of(path: &Path) -> PathBuf {
    let known = |part: Component<'_>| -> OsString {
        let text = part.as_os_str().to_str();
        let inner = text.and_then(|text| text.strip_prefix('.')?.strip_suffix(PARTIAL));
        inner.filter(|inner| !inner.is_empty()).map_or(part.as_os_str().into(), OsString::from)
    };
    path.components().map(known).collect()
}

/// The name of a folder while it is being replaced.
pub(super) fn aside_of(name: &OsStr) -> OsString {
    hidden(name, ASIDE)
}

fn hidden(name: &OsStr, end: &str) -> OsString {
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(end);
    hidden
}
