//! The document of `status`.

use serde::Serialize;
use stockade::{
    profile::Presence,
    status::{CheckStatus, CopyStatus, PairStatus, SetStatus, StatusReport, Task},
};

use super::next::Commands;
use crate::{commands::config::document::MaxAge, output::common::Warning};

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// When the status was read, in RFC 3339.
    at: String,
    /// How old the results of checks may be.
    max_age: MaxAge,
    /// The copies.
    copies: Vec<StatusCopy>,
    /// The sets. Copies that disagree about a set are listed as sets of their own.
    sets: Vec<StatusSet>,
    /// The number of different keys.
    keys: usize,
    /// The number of keys that are in one copy only.
    keys_in_one_copy: usize,
    /// What to do, the most urgent first. The exit code is 0 if there is nothing, or all of it is only due
    /// soon.
    tasks: Vec<StatusTask>,
    /// What the owner should know, and may be so on purpose.
    notes: Vec<Warning>,
}

/// A copy.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct StatusCopy {
    /// The id of the copy.
    copy: String,
    /// Its label; empty if it has none.
    label: String,
    /// `here`, `not_here` or `unreadable`.
    presence: &'static str,
    /// Where it is, or null.
    dir: Option<String>,
    /// Why it cannot be read, or null.
    problem: Option<String>,
    /// Whether the profile says that it is usually not connected.
    away: bool,
    /// When this computer last saw it before, in RFC 3339, or null.
    seen_at: Option<String>,
    /// The number of its sets, or null if it was not read.
    sets: Option<usize>,
}

/// A set, according to one manifest.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct StatusSet {
    /// The id of the set.
    set_id: String,
    /// Whether its manifest can be read.
    readable: bool,
    /// The number of its keys.
    keys: usize,
    /// The number of custodians that it takes to open it, or null.
    threshold: Option<u8>,
    /// The ids of its custodians.
    custodians: Vec<String>,
    /// The address that signed it, or null.
    signer: Option<String>,
    /// Who that is: `signer` (an address of the profile or a --signer) or `unknown`.
    origin: &'static str,
    /// The copies that hold it, or held it when they were last checked.
    copies: Vec<StatusPair>,
}

/// A set in a copy.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct StatusPair {
    /// The id of the copy.
    copy: String,
    /// Whether the copy was read now. Otherwise only records of earlier checks count.
    read: bool,
    /// The last check of each kind.
    checks: Vec<StatusCheck>,
}

/// The last check of one kind.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct StatusCheck {
    /// `scrub`, `drill` or `attestation`.
    check: &'static str,
    /// `fine`, `due_soon`, `overdue`, `never`, `failed` (the last one found something that is not as it
    /// should be, or could not be checked) or `off` (not asked for).
    state: &'static str,
    /// When the last one that counts took place, in RFC 3339, or null.
    last_at: Option<String>,
    /// When it is due again, in RFC 3339, or null.
    due_at: Option<String>,
    /// The address that attested it; null if only this computer remembers it.
    attested_by: Option<String>,
}

/// Something to do.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct StatusTask {
    /// What it is about, one of a fixed list of words.
    kind: &'static str,
    /// Whether it is only due soon.
    soon: bool,
    /// The task, for people.
    text: String,
    /// The command to type, or null.
    command: Option<String>,
    /// The ids of the copies that it concerns.
    copies: Vec<String>,
    /// The ids of the sets that it concerns.
    sets: Vec<String>,
}

impl Document {
    /// The whole report.
    pub fn of(report: &StatusReport, next: &Commands<'_>) -> Self {
        let note = |note: &stockade::validator::fleet::Warning| Warning {
            kind: note.kind,
            text: note.text.clone(),
        };
        Self {
            at: report.at.rfc3339(),
            max_age: MaxAge::of(&report.ages),
            copies: report.copies.iter().map(StatusCopy::of).collect(),
            sets: report.sets.iter().map(StatusSet::of).collect(),
            keys: report.keys,
            keys_in_one_copy: report.keys_in_one_copy,
            tasks: report.tasks.iter().map(|task| StatusTask::of(task, next)).collect(),
            notes: report.notes.iter().map(note).collect(),
        }
    }
}

impl StatusCopy {
    fn of(copy: &CopyStatus) -> Self {
        let (presence, dir, problem) = match &copy.presence {
            Presence::Here(dir) => ("here", Some(dir), None),
            Presence::NotHere => ("not_here", None, None),
            Presence::Unreadable(dir, why) => ("unreadable", Some(dir), Some(why.clone())),
        };
        Self {
            copy: copy.id.clone(),
            label: copy.label.clone(),
            presence,
            dir: dir.map(|dir| dir.to_string_lossy().into_owned()),
            problem,
            away: copy.away,
            seen_at: copy.seen.as_ref().map(|seen| seen.at.rfc3339()),
            sets: copy.sets,
        }
    }
}

impl StatusSet {
    fn of(set: &SetStatus) -> Self {
        Self {
            set_id: set.id.to_string(),
            readable: set.readable,
            keys: set.keys,
            threshold: set.threshold,
            custodians: set.custodians.clone(),
            signer: set.signer.map(|signer| signer.to_string()),
            origin: set.origin.as_str(),
            copies: set.copies.iter().map(StatusPair::of).collect(),
        }
    }
}

impl StatusPair {
    fn of(pair: &PairStatus) -> Self {
        let checks = pair.checks.iter().map(StatusCheck::of).collect();
        Self { copy: pair.copy.clone(), read: pair.read, checks }
    }
}

impl StatusCheck {
    fn of(check: &CheckStatus) -> Self {
        Self {
            check: check.kind.as_str(),
            state: check.state.as_str(),
            last_at: check.last.map(|last| last.at.rfc3339()),
            due_at: check.due.map(stockade::timestamp::Timestamp::rfc3339),
            attested_by: check.last.and_then(|last| last.by).map(|by| by.to_string()),
        }
    }
}

impl StatusTask {
    fn of(task: &Task, next: &Commands<'_>) -> Self {
        Self {
            kind: task.kind.as_str(),
            soon: task.soon,
            text: task.text.clone(),
            command: next.of(task),
            copies: task.copies.clone(),
            sets: task.sets.iter().map(ToString::to_string).collect(),
        }
    }
}
