//! What is to be done.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    report::{CheckState, CopyStatus, SetStatus, StatusReport, Task, TaskKind},
    request::{Gone, StatusRequest},
};
use crate::{
    backup::{SetId, origin::OriginVerdict},
    profile::{CheckKind, Presence},
    validator::fleet::Warning,
};
use stockade_base::{eth::Address, timestamp::Timestamp};

/// What was found besides the report.
pub(super) struct Found {
    /// What could not be read.
    pub unreadable: Vec<String>,
    /// Sets that copies do not hold any more.
    pub gone: Gone,
    /// Addresses that attested, and are not known to be the owner's.
    pub others: BTreeSet<Address>,
    /// The latest time of any check.
    pub latest: Option<Timestamp>,
    /// The warnings of the fleet.
    pub warnings: Vec<Warning>,
}

/// Adds the tasks and notes to `report`, the most urgent first.
pub(super) fn add(report: &mut StatusReport, request: &StatusRequest<'_>, found: &Found) {
    let mut tasks: Vec<_> = found
        .unreadable
        .iter()
        .map(|problem| Task::of(TaskKind::Unreadable, format!("cannot be read: {problem}")))
        .collect();
    tasks.extend(found.latest.filter(|latest| *latest > report.at).map(|at| clock(at, report)));
    tasks.extend(report.copies.iter().filter_map(copy));
    if report.sets.is_empty() {
        tasks.push(Task::of(TaskKind::NoSet, "no set was found in these copies".to_owned()));
    } else if request.pins.is_empty() {
        let text = "it is not known which addresses are yours, so no attestation counts";
        tasks.push(Task::of(TaskKind::NoSigner, text.to_owned()));
    } else {
        let strange = |set: &&SetStatus| set.readable && set.origin >= OriginVerdict::Unknown;
        let what = "made by none of your addresses";
        tasks.extend(sets(TaskKind::Origin, report.sets.iter().filter(strange), what));
    }
    let alone = |set: &&SetStatus| set.readable && set.copies.len() == 1;
    tasks.extend(sets(TaskKind::OneCopy, report.sets.iter().filter(alone), "in one copy only"));
    let differs = |set: &&SetStatus| set.readable && differs(set, request);
    let what = "with other custodians than the profile names";
    tasks.extend(sets(TaskKind::Custodians, report.sets.iter().filter(differs), what));
    tasks.extend(found.gone.iter().map(gone));
    for warning in &found.warnings {
        match kind_of(warning, report) {
            Some(kind) => tasks.push(Task::of(kind, warning.text.clone())),
            None if NOTES.contains(&warning.kind) => report.notes.push(warning.clone()),
            None => {}
        }
    }
    report.notes.extend(found.others.iter().map(other));
    tasks.extend(CheckKind::ALL.into_iter().flat_map(|kind| checks(report, kind)));
    tasks.sort_by_key(|task| (task.soon, task.kind));
    report.tasks = tasks;
}

impl Task {
    fn of(kind: TaskKind, text: String) -> Self {
        Self { kind, soon: false, text, copies: Vec::new(), sets: Vec::new() }
    }
}

/// By a clock that was set back, old checks look recent.
fn clock(latest: Timestamp, report: &StatusReport) -> Task {
    let text = format!(
        "this computer's clock shows {}, and a check is of {}: set the clock. Until then, nothing of this \
         says how long ago a check was. If the clock is right, another one was wrong, and that check does \
         not count",
        report.at.to_minute(),
        latest.to_minute()
    );
    Task::of(TaskKind::Clock, text)
}

/// The warnings of a fleet that something should be done about. Those about drills are not here: the
/// checks say more.
fn kind_of(warning: &Warning, report: &StatusReport) -> Option<TaskKind> {
    match warning.kind {
        "unreadable" => Some(TaskKind::Unreadable),
        "manifest_disagreement" => Some(TaskKind::Disagreement),
        // With another copy elsewhere it is a note.
        "one_file_system" if report.copies.iter().any(|one| !warning.text.contains(&one.id)) => {
            None
        }
        "one_file_system" | "two_sets" => Some(TaskKind::Risk),
        _ => None,
    }
}

/// The warnings of a fleet about what may be so on purpose.
const NOTES: [&str; 4] = ["one_custodian", "all_custodians", "large_batch", "one_file_system"];

fn copy(copy: &CopyStatus) -> Option<Task> {
    let name = name(copy);
    let (kind, text) = match &copy.presence {
        Presence::Here(_) => return None,
        // Its owner said that it is usually not connected: only its records count.
        Presence::NotHere if copy.away => return None,
        Presence::NotHere => (TaskKind::NotHere, format!("{name} is not here, and was not read")),
        Presence::Unreadable(place, why) => {
            let place = stockade_base::shown(place);
            (TaskKind::Unreadable, format!("{name} cannot be read in {place}: {why}"))
        }
    };
    Some(Task { copies: vec![copy.id.clone()], ..Task::of(kind, text) })
}

fn other(address: &Address) -> Warning {
    let text = format!(
        "attestations of {address} do not count. Only if you know that this address is yours, add it to \
         `signers` in the profile"
    );
    Warning { kind: "other_signer", text }
}

fn gone((set, copy): &(SetId, String)) -> Task {
    let text = format!("copy {copy} held {set}, and does not any more");
    let (copies, sets) = (vec![copy.clone()], vec![set.clone()]);
    Task { copies, sets, ..Task::of(TaskKind::Missing, text) }
}

fn name(copy: &CopyStatus) -> String {
    if copy.label.is_empty() {
        format!("copy {}", copy.id)
    } else {
        format!("copy {} ({})", copy.id, stockade_base::shown(&copy.label))
    }
}

fn differs(set: &SetStatus, request: &StatusRequest<'_>) -> bool {
    let wanted: BTreeSet<_> = request.custodians.iter().map(|id| id.as_str()).collect();
    let has: BTreeSet<_> = set.custodians.iter().map(String::as_str).collect();
    (!wanted.is_empty() && wanted != has)
        || request.threshold.is_some_and(|wanted| set.threshold != Some(wanted))
}

fn sets<'a>(
    kind: TaskKind,
    found: impl Iterator<Item = &'a SetStatus>,
    what: &str,
) -> Option<Task> {
    let sets: Vec<_> = found.map(|set| set.id.clone()).collect();
    let text = match sets.as_slice() {
        [] => return None,
        [one] => format!("1 set {what}: {one}"),
        [one, more @ ..] => format!("{} sets {what}: {one} and {} more", sets.len(), more.len()),
    };
    Some(Task { sets, ..Task::of(kind, text) })
}

/// The tasks about one kind of check: one for each state that is not fine.
fn checks(report: &StatusReport, kind: CheckKind) -> Vec<Task> {
    let mut found: BTreeMap<CheckState, (BTreeSet<&str>, BTreeSet<&SetId>)> = BTreeMap::new();
    for set in &report.sets {
        for pair in &set.copies {
            let Some(check) = pair.checks.iter().find(|check| check.kind == kind) else { continue };
            if check.state > CheckState::Fine {
                let (copies, sets) = found.entry(check.state).or_default();
                copies.insert(&pair.copy);
                sets.insert(&set.id);
            }
        }
    }
    let task = |(state, (copies, sets)): (CheckState, (BTreeSet<&str>, BTreeSet<&SetId>))| {
        let (of, in_) = (count(sets.len(), "set", "sets"), count(copies.len(), "copy", "copies"));
        Task {
            kind: if state == CheckState::Failed {
                TaskKind::Failed(kind)
            } else {
                TaskKind::Due(kind)
            },
            soon: state == CheckState::DueSoon,
            text: format!("{}: {of} in {in_}", headline(kind, state, report)),
            copies: copies.into_iter().map(str::to_owned).collect(),
            sets: sets.into_iter().cloned().collect(),
        }
    };
    found.into_iter().map(task).collect()
}

fn headline(kind: CheckKind, state: CheckState, report: &StatusReport) -> String {
    let (name, age) = (kind.as_str(), report.ages.of(kind));
    match state {
        CheckState::DueSoon => format!("{name} due soon (every {age})"),
        CheckState::Overdue => format!("{name} overdue (every {age})"),
        CheckState::Failed => format!("the last {name} did not find everything as it should be"),
        CheckState::Never | CheckState::Off | CheckState::Fine => format!("no {name} yet"),
    }
}

fn count(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}
