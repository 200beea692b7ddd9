//! Device x operation x result, and what was not run, for people.

use std::collections::BTreeMap;

use super::{operations::OPERATIONS, subject::Subject};

/// What came of one operation on one device.
pub(super) enum Cell {
    Passed,
    NotOffered(&'static str),
    Failed(String),
}

impl Cell {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::NotOffered(_) => "not offered",
            Self::Failed(_) => "FAILED",
        }
    }
}

/// The table with its legend, the failures, the figures, and the lanes that were not run.
pub(super) fn render(subjects: &[&Subject], columns: &[Vec<Cell>], not_run: &[String]) -> String {
    let mut text = "\nconformance: device x operation\n".to_owned();
    for subject in subjects {
        text += &format!("  {:<11} {} ({})\n", subject.name, subject.about, subject.spec);
    }
    text += &format!("{:<24}", "");
    text += &subjects.iter().map(|subject| format!(" {:<11}", subject.name)).collect::<String>();
    text += "\n";
    for (i, operation) in OPERATIONS.iter().enumerate() {
        text += &format!("{:<24}", operation.name);
        text +=
            &columns.iter().map(|cells| format!(" {:<11}", cells[i].word())).collect::<String>();
        text += "\n";
    }
    text += &notes(subjects, columns);
    let count = |word| columns.iter().flatten().filter(|cell| cell.word() == word).count();
    text += &format!(
        "{} devices x {} operations: {} passed, {} not offered, {} failed\n",
        subjects.len(),
        OPERATIONS.len(),
        count("passed"),
        count("not offered"),
        count("FAILED")
    );
    text + &not_run.iter().map(|lane| format!("not run: {lane}\n")).collect::<String>()
}

/// Why something was not offered, and how it failed.
fn notes(subjects: &[&Subject], columns: &[Vec<Cell>]) -> String {
    let mut text = String::new();
    for (i, operation) in OPERATIONS.iter().enumerate() {
        let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (subject, cells) in subjects.iter().zip(columns) {
            match &cells[i] {
                Cell::Passed => {}
                Cell::NotOffered(why) => reasons.entry(why).or_default().push(subject.name),
                Cell::Failed(why) => {
                    text += &format!("  FAILED: {}, {}: {why}\n", operation.name, subject.name);
                }
            }
        }
        for (why, names) in reasons {
            let names = names.join(", ");
            text += &format!("  not offered: {}: {why} ({names})\n", operation.name);
        }
    }
    text
}
