//! The law of the house, checked by machine: which module may use which, who may write files, and
//! what no file may hold. Each rule is a function from source to breaches; it is applied to the
//! whole of the house, and to a small offender that it must catch.

mod circles;
mod crates;
mod dependencies;
mod everywhere;
mod files;
mod graph;
mod layers;
mod order;
mod paths;
mod source;

use source::Source;

/// A line that breaks a rule, and which rule.
type Breach = String;

/// Fails with every breach.
#[track_caller]
fn require_none(rule: &str, breaches: &[Breach]) {
    assert!(breaches.is_empty(), "{rule}:\n{}", breaches.join("\n"));
}

/// The source `text` as if it stood in the file `path`.
fn planted(path: &str, text: &str) -> Source {
    Source::parse(path, text)
}
