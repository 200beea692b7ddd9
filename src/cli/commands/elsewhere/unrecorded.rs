//! Copies that could not record where the keys went. Every command by which keys can come to sign ends
//! with this: the keys are there, and the exit code is 1.

use std::path::PathBuf;

use serde::Serialize;
use stockade::backup::whereabouts::Clearance;

use crate::{
    context::Context,
    output::{Outcome, fields},
};

/// Copies that do not record where the keys went.
#[derive(Debug, Default)]
#[must_use = "a copy that does not record where keys are must be named"]
pub struct Unrecorded(Vec<PathBuf>);

/// The same for a document.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The copies that could not record where the keys went, as they were named.
    unrecorded: Vec<String>,
}

impl Unrecorded {
    /// The copies that refused the entries of a release, each with a warning.
    pub fn of(clearance: &Clearance<'_>, context: &mut Context) -> Self {
        Self::of_copies(clearance.refused(), context)
    }

    /// The copies that refused entries, each with the reason and a warning.
    pub fn of_copies(refused: &[(PathBuf, String)], context: &mut Context) -> Self {
        let refused = refused.iter().map(|(dir, why)| {
            context.terminal.say(&format!(
                "warning: {} could not record where the keys went: {why}. Repair the copies",
                crate::shown(&dir)
            ));
            dir.clone()
        });
        Self(refused.collect())
    }

    /// The fields of the document.
    pub fn document(&self) -> Document {
        Document {
            unrecorded: self.0.iter().map(|dir| dir.to_string_lossy().into_owned()).collect(),
        }
    }

    /// Adds the copies to the text, and makes the result one that is not as it should be.
    pub fn tell(self, outcome: &mut Outcome) {
        if self.0.is_empty() {
            return;
        }
        outcome.ok = false;
        let names: Vec<_> = self.0.iter().map(|dir| crate::shown(&dir).to_string()).collect();
        outcome.text += &format!(
            "\nNOT IN EVERY COPY: {} could not record where the keys are now. A restore from there alone \
             would not ask about it. Make it writable, then run `stockade backup repair` with all copies.",
            names.join(", ")
        );
    }

    /// Adds the copies to the text and to the document.
    pub fn add_to(self, outcome: &mut Outcome) {
        outcome.json.extend(fields(self.document()));
        self.tell(outcome);
    }
}
