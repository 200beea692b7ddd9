//! Files without keys in a folder of keystores: each is named, so that a key among them is noticed.

use serde::Serialize;

use super::{
    listed::{LISTED, first},
    plural::count,
};

/// A file that is not a keystore.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PassedOver {
    /// Its path.
    file: String,
    /// What the file is.
    what: String,
}

/// One line for each file, which begins with `label`.
pub fn text(skipped: &[(String, String)], label: &str) -> String {
    let line = |(file, what): &(String, String)| format!("{label}: {file} ({what})\n");
    first(skipped, LISTED, line, |more| {
        let more = count(more, "more file");
        format!("{label}: {more} without keys (--json lists them)\n")
    })
}

/// The files for a document.
pub fn list(skipped: &[(String, String)]) -> Vec<PassedOver> {
    let row =
        |(file, what): &(String, String)| PassedOver { file: file.clone(), what: what.clone() };
    skipped.iter().map(row).collect()
}
