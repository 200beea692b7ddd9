//! Parts that the JSON documents of several commands share.

use serde::Serialize;
use stockade::backup::verdict::Counts;

/// How many keys have each verdict.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Verdicts {
    /// Keys that are as they should be.
    pub proven: usize,
    /// Keys that are not as they should be.
    pub contradicted: usize,
    /// Keys that could not be checked.
    pub inconclusive: usize,
}

impl From<Counts> for Verdicts {
    fn from(counts: Counts) -> Self {
        let Counts { proven, contradicted, inconclusive } = counts;
        Self { proven, contradicted, inconclusive }
    }
}

impl Verdicts {
    /// A line for people.
    pub fn text(&self) -> String {
        let Self { proven, contradicted, inconclusive } = self;
        format!("{proven} proven, {contradicted} contradicted, {inconclusive} inconclusive\n")
    }
}

/// A file that was passed over.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PassedOver {
    /// The file.
    file: String,
    /// What it is.
    what: String,
}

/// The files that were passed over, for a document.
pub fn passed_over(files: Vec<(String, String)>) -> Vec<PassedOver> {
    files.into_iter().map(|(file, what)| PassedOver { file, what }).collect()
}
