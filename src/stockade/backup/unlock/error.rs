//! Why a set stays closed.

use crate::{backup::set::verdict::Reason, custodian::OpenError};

/// Why a set stays closed: a verdict on each of its keys, with what a person should know; or an
/// error that ends the command.
pub(crate) enum UnlockError {
    /// What is said of each of its keys.
    Verdict(Reason, Vec<String>),
    /// A wallet failed, or its user said no.
    Failed(OpenError),
}

/// Why a set stayed closed, in words.
pub(crate) fn because(reason: Reason, notes: &[String]) -> String {
    let notes = notes.iter().map(|note| format!("\n  {note}"));
    notes.fold(reason.explain().to_owned(), |text, note| text + &note)
}
