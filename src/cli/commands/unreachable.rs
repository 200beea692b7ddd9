//! Copies that could not be reached, in commands that continue with the others.

use serde::Serialize;
use stockade::backup::Unreachable;

use crate::{
    error::CommandError,
    output::{Outcome, fields},
};

/// The copies that a command continued without.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Unreached {
    /// Copies that could not be reached, and so were not read. Absent if all were reached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreachable: Vec<FailedPlace>,
}

/// A folder or bucket with which something failed.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FailedPlace {
    /// The folder or bucket, as it was named.
    pub dir: String,
    /// The kind of error, as in `error.kind`.
    kind: &'static str,
    /// What failed.
    pub message: String,
    /// What to do about it, or null.
    pub hint: Option<String>,
}

impl FailedPlace {
    /// Describes `error` at `dir`.
    pub fn new(dir: String, error: impl Into<CommandError>) -> Self {
        let error = error.into();
        let hint = error.hint().map(str::to_owned);
        Self { dir, kind: error.kind().as_str(), message: error.to_string(), hint }
    }
}

impl From<Vec<Unreachable>> for Unreached {
    fn from(unreachable: Vec<Unreachable>) -> Self {
        let failed = unreachable
            .into_iter()
            .map(|copy| FailedPlace::new(copy.dir.to_string_lossy().into_owned(), copy.error));
        Self { unreachable: failed.collect() }
    }
}

/// One line for each copy that was not reached.
pub fn text(unreachable: &[Unreachable]) -> String {
    unreachable.iter().map(|copy| format!("NOT REACHED: {}\n", copy.error)).collect()
}

/// Adds the copies that were not reached to a document.
pub fn add(outcome: &mut Outcome, unreachable: Vec<Unreachable>) {
    outcome.json.extend(fields(Unreached::from(unreachable)));
}
