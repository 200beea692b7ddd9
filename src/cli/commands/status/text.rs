//! The state of the backups on one screen.

use std::collections::BTreeMap;

use stockade::{
    profile::Presence,
    status::{CheckState, CheckStatus, CopyStatus, PairStatus, SetStatus, StatusReport, Task},
    timestamp::Timestamp,
};

use super::next::Commands;
use crate::commands::plural::count;

/// The most notes of one kind that are shown.
const NOTES: usize = 2;

/// The most sets, and copies of a set, that are shown.
const LISTED: usize = 6;

/// The most tasks that are shown.
const TASKS: usize = 20;

/// The report for people.
pub fn text(report: &StatusReport, next: &Commands<'_>) -> String {
    let mut text = "Copies\n".to_owned();
    text += &report.copies.iter().map(|one| copy(one, report.at)).collect::<String>();
    text += &sets(report);
    text += &notes(report);
    text += "\n";
    text + &tasks(report, next)
}

/// The notes; of many of one kind, the first ones.
fn notes(report: &StatusReport) -> String {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for note in &report.notes {
        kinds.entry(note.kind).or_default().push(&note.text);
    }
    let mut text = String::new();
    for notes in kinds.values() {
        for note in notes.iter().take(NOTES) {
            text += &wrapped("note: ", "      ", note);
        }
        if let Some(more @ 1..) = notes.len().checked_sub(NOTES) {
            text += &format!("note: and {more} more like it (--json lists them)\n");
        }
    }
    text
}

/// What is to be done, and what is due soon.
pub fn tasks(report: &StatusReport, next: &Commands<'_>) -> String {
    let mut text = String::new();
    let (soon, now): (Vec<_>, Vec<_>) = report.tasks.iter().partition(|task| task.soon);
    for (title, tasks) in [("To do\n", now), ("Due soon\n", soon)] {
        if !tasks.is_empty() {
            text += title;
            let numbered = tasks.iter().enumerate();
            text +=
                &numbered.take(TASKS).map(|(at, one)| task(at + 1, one, next)).collect::<String>();
            if let Some(more @ 1..) = tasks.len().checked_sub(TASKS) {
                text += &format!("  and {more} more (--json lists them)\n");
            }
        }
    }
    if report.is_fine() {
        text += "Nothing to do now.";
        let unread = report.not_here().count();
        if unread > 0 {
            let copies = if unread == 1 { "1 copy" } else { "the copies" };
            text += &format!(" {copies} kept elsewhere was not read: only records count for it.");
        }
    }
    text
}

fn task(number: usize, task: &Task, next: &Commands<'_>) -> String {
    let mut text = wrapped(&format!("  {number}. "), "     ", &task.text);
    let absent = next.to_plug_in(task);
    if !absent.is_empty() {
        text += &format!("     plug in {}, then:\n", absent.join(", "));
    }
    text + &next.of(task).map(|line| format!("     {line}\n")).unwrap_or_default()
}

fn copy(copy: &CopyStatus, now: Timestamp) -> String {
    let seen = || match &copy.seen {
        Some(seen) => format!("last seen {}", seen.at.ago(now)),
        None => "never seen on this computer".to_owned(),
    };
    let state = match &copy.presence {
        Presence::Here(dir) => {
            let sets = copy.sets.map_or("sets unknown".to_owned(), |sets| count(sets, "set"));
            format!("{}, {sets}", crate::shown(dir))
        }
        Presence::NotHere if copy.away => format!("kept elsewhere, {}", seen()),
        Presence::NotHere => format!("NOT HERE, {}", seen()),
        Presence::Unreadable(dir, _) => format!("CANNOT BE READ: {}", crate::shown(dir)),
    };
    format!("  {}  {}  {state}\n", copy.id, padded(&copy.label, 14))
}

/// A paragraph that begins with `first`, in lines of 80 characters as far as its words allow.
fn wrapped(first: &str, others: &str, paragraph: &str) -> String {
    let shown = crate::shown(&paragraph).to_string();
    let (mut text, mut line) = (String::new(), first.to_owned());
    for word in shown.split_whitespace() {
        if line.chars().count() + word.chars().count() > WIDTH && line.trim() != first.trim() {
            text += &format!("{}\n", line.trim_end());
            line = others.to_owned();
        }
        line += &format!("{word} ");
    }
    format!("{text}{}\n", line.trim_end())
}

/// The width of a terminal that nobody has resized.
const WIDTH: usize = 80;

/// At least `width` characters, and of a longer text the first ones.
fn padded(text: &str, width: usize) -> String {
    let shown = crate::shown(&text).to_string();
    let cut: String = if shown.chars().count() > width {
        shown.chars().take(width.saturating_sub(2)).chain("..".chars()).collect()
    } else {
        shown
    };
    format!("{cut:width$}")
}

fn sets(report: &StatusReport) -> String {
    if report.sets.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "\n{:38}{:13}{:13}{}\n",
        format!("{}, {}", count(report.sets.len(), "set"), count(report.keys, "key")),
        "scrub",
        "drill",
        "attestation"
    );
    // With many sets, those that need something come first.
    let mut sets: Vec<_> = report.sets.iter().collect();
    if sets.len() > LISTED {
        sets.sort_by_key(|set| std::cmp::Reverse(worst(set)));
    }
    for one in sets.iter().take(LISTED) {
        text += &head(one);
        text += &lines(one, report);
    }
    if let Some(more @ 1..) = sets.len().checked_sub(LISTED) {
        text += &format!("  and {} (--json lists them)\n", count(more, "more set"));
    }
    text
}

fn worst(set: &SetStatus) -> Option<CheckState> {
    set.copies.iter().filter_map(worst_of).max()
}

fn worst_of(pair: &PairStatus) -> Option<CheckState> {
    pair.checks.iter().map(|check| check.state).max()
}

/// A line for each copy of a set; of many, those that need something come first.
fn lines(set: &SetStatus, report: &StatusReport) -> String {
    let mut pairs: Vec<_> = set.copies.iter().collect();
    if pairs.len() > LISTED {
        pairs.sort_by_key(|pair| std::cmp::Reverse(worst_of(pair)));
    }
    let mut text: String = pairs.iter().take(LISTED).map(|pair| line(pair, report)).collect();
    if let Some(more @ 1..) = pairs.len().checked_sub(LISTED) {
        text += &format!("    and {more} more copies (--json lists them)\n");
    }
    text
}

fn head(set: &SetStatus) -> String {
    let custodians = match set.threshold {
        Some(threshold) => {
            format!("{threshold} of {}", count(set.custodians.len(), "custodian"))
        }
        None => "its manifest CANNOT BE READ".to_owned(),
    };
    format!("  {}  {}, {custodians}\n", set.id, count(set.keys, "key"))
}

fn line(pair: &PairStatus, report: &StatusReport) -> String {
    let known = report.copies.iter().find(|copy| copy.id == pair.copy);
    let label = known.map_or("", |copy| copy.label.as_str());
    let cells: Vec<_> = pair.checks.iter().map(|check| cell(check, report.at)).collect();
    let cells: String = cells.iter().map(|cell| format!("{cell:13}")).collect();
    let line = format!("    {}  {}        {cells}", pair.copy, padded(label, 16));
    format!("{}\n", line.trim_end())
}

/// The age of a check, with a mark if something is to be done.
fn cell(check: &CheckStatus, now: Timestamp) -> String {
    let age = check.last.map(|last| last.at.ago(now));
    match (check.state, age) {
        (CheckState::Never, _) => "never !".to_owned(),
        (CheckState::Off, None) => "-".to_owned(),
        (CheckState::Failed, _) => "FAILED !".to_owned(),
        (CheckState::Overdue, Some(age)) => format!("{} !", age.trim_end_matches(" ago")),
        (_, age) => age.map_or("-".to_owned(), |age| age.trim_end_matches(" ago").to_owned()),
    }
}
