//! The result of a check, for people and as JSON.

mod document;
mod text;

pub use document::Document;
pub use text::text;

use stockade::backup::{Copy, verdict::Report};

use crate::output::Outcome;

/// The outcome of a check: ok if everything is proven. `document` completes the document.
pub fn outcome<T: serde::Serialize>(
    report: &Report,
    copies: &[Copy],
    document: impl FnOnce(Document) -> T,
) -> Outcome {
    Outcome::checked(report.all_proven(), text(report, copies), document(Document::of(report)))
}
