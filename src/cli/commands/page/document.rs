//! The document of `report`.

use std::path::Path;

use serde::Serialize;
use stockade::status::page::Page;

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The page that was written.
    html: String,
    /// Its size.
    bytes: usize,
    /// When it was made, in RFC 3339.
    at: String,
    /// Whether it is for an auditor.
    public: bool,
    /// The number of different keys that the manifests list.
    keys: usize,
    /// The number of sets.
    sets: usize,
    /// The number of copies.
    copies: usize,
    /// The number of different attestations.
    attestations: usize,
    /// The number of attestations that count.
    good_attestations: usize,
    /// The number of things to do now; null for an auditor.
    tasks: Option<usize>,
}

impl Document {
    /// What was written to `path`.
    pub fn of(page: &Page, path: &Path, bytes: usize) -> Self {
        let good = page.attestations.iter().filter(|one| one.problems.is_empty());
        let now = page.tasks.iter().filter(|task| !task.soon).count();
        Self {
            html: crate::shown(path).to_string(),
            bytes,
            at: page.at.rfc3339(),
            public: page.public,
            keys: page.keys(),
            sets: page.sets.len(),
            copies: page.copies.len(),
            attestations: page.attestations.len(),
            good_attestations: good.count(),
            tasks: (!page.public).then_some(now),
        }
    }
}
