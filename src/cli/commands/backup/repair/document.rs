//! What `backup repair` prints.

use serde::Serialize;
use stockade::backup::{
    Copy,
    repair::{Done, Repaired},
};

use crate::commands::report;

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    #[serde(flatten)]
    pub report: report::Document,
    /// What was done with each set in each copy.
    pub repaired: Vec<Row>,
    /// The number of slashing histories, attestations, sealed exits and notes that were added to
    /// copies.
    pub added: usize,
    /// Files next to sets that were ignored, as texts for people.
    pub passed_over: Vec<String>,
    /// The ids of the copies that `READ ME FIRST.txt` was written to.
    pub read_me: Vec<String>,
}

/// What was done with one set in one copy.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Row {
    /// The id of the set.
    set_id: String,
    /// The id of the copy.
    copy: String,
    /// `whole` (nothing to do), `written`, `retired` (not written: another set replaces it), `left`
    /// (unchanged, for the reason in `reason`) or `failed` (the copy could not be written to).
    done: &'static str,
    /// Why the set was left unchanged: a reason, or null.
    reason: Option<&'static str>,
    /// The set that replaces a retired one, or null.
    by: Option<String>,
}

/// One line for each set in each copy.
pub fn text(repaired: &[Repaired], copies: &[Copy]) -> String {
    repaired.iter().map(|one| line(one, copies)).collect()
}

fn line(one: &Repaired, copies: &[Copy]) -> String {
    let dir = copies.iter().find(|copy| copy.id() == one.copy).map(|copy| crate::shown(copy.dir()));
    let dir = dir.map(|dir| dir.to_string()).unwrap_or_default();
    let done = match &one.done {
        Done::Whole => "was already complete".to_owned(),
        Done::Written(_) => "was written again".to_owned(),
        Done::Retired(by) => format!("was not written, because it was retired in favour of {by}"),
        Done::Failed => "COULD NOT BE WRITTEN".to_owned(),
        Done::Left(reason) => format!("LEFT UNCHANGED, {}: {}", reason.as_str(), reason.explain()),
    };
    format!("{dir}: {} {done}\n", one.set)
}

impl Row {
    /// What was done with `one`.
    pub fn of(one: &Repaired) -> Self {
        let (done, reason, by) = match &one.done {
            Done::Whole => ("whole", None, None),
            Done::Written(_) => ("written", None, None),
            Done::Retired(by) => ("retired", None, Some(by.to_string())),
            Done::Failed => ("failed", None, None),
            Done::Left(reason) => ("left", Some(reason.as_str()), None),
        };
        Self { set_id: one.set.to_string(), copy: one.copy.clone(), done, reason, by }
    }
}
