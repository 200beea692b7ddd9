//! The reference of the JSON documents. `docs/json.schema.json` holds the schemas, which the command's
//! own tests write. Every document that any test sees is checked against them ([`schema`]); one example
//! of each command is kept in `device-tests/golden/json` ([`examples`]); `docs/json.md` is made of both
//! ([`page`]). `UPDATE_SNAPSHOTS=1 cargo test` writes all of them: first the schemas, with
//! `--bin stockade`; then the examples, with `json::examples`; then the page, with `json::page`.

mod examples;
mod normal;
mod page;
pub(crate) mod schema;

use std::{fs, path::PathBuf};

/// A file of the repository.
fn file(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path)
}

/// Compares `text` with a file, or writes the file if snapshots are being updated.
fn require_same(path: &str, text: &str) {
    let at = file(path);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(&at, text).unwrap();
    }
    let kept = fs::read_to_string(&at).unwrap_or_default();
    for (is, was) in text.lines().zip(kept.lines()) {
        assert_eq!(is, was, "{path} is out of date: run with UPDATE_SNAPSHOTS=1");
    }
    assert_eq!(text.len(), kept.len(), "{path} is out of date: run with UPDATE_SNAPSHOTS=1");
}
