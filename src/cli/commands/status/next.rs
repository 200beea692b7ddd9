//! The command that each task leads to.

use std::path::PathBuf;

use stockade::{
    profile::{CheckKind, Presence},
    status::{StatusReport, Task, TaskKind},
};

use crate::shell::Line;

/// Finds the command for each task.
pub struct Commands<'a> {
    report: &'a StatusReport,
    /// The copies, if the profile does not name them.
    named: &'a [PathBuf],
}

impl<'a> Commands<'a> {
    /// For the tasks of this report.
    pub fn new(report: &'a StatusReport, named: &'a [PathBuf]) -> Self {
        Self { report, named }
    }

    /// What to type, if there is one command.
    pub fn of(&self, task: &Task) -> Option<String> {
        let line = match task.kind {
            TaskKind::Failed(CheckKind::Drill) | TaskKind::Due(CheckKind::Drill) => {
                self.copies(Line::new("stockade drill"), "")
            }
            TaskKind::Failed(CheckKind::Attestation) | TaskKind::Due(CheckKind::Attestation) => {
                self.copies(Line::new("stockade attest create --check drill"), "--copy")
            }
            TaskKind::Unreadable
            | TaskKind::Missing
            | TaskKind::Disagreement
            | TaskKind::Failed(CheckKind::Scrub)
            | TaskKind::Due(CheckKind::Scrub) => self.copies(Line::new("stockade scrub"), ""),
            TaskKind::Origin => self.copies(Line::new("stockade backup list"), ""),
            TaskKind::OneCopy => {
                self.copies(Line::new("stockade repair"), "").words("--to NEW-FOLDER")
            }
            TaskKind::NoSigner => Line::new("stockade config set signers 0x.."),
            TaskKind::NoSet => Line::new("stockade validator create --help"),
            TaskKind::Custodians => Line::new("stockade reseal --help"),
            TaskKind::NotHere => Line::new("stockade status"),
            _ => return None,
        };
        Some(line.into())
    }

    /// The copies of a task that are not here: to be plugged in first.
    pub fn to_plug_in(&self, task: &Task) -> Vec<String> {
        let concerned = |id: &str| task.copies.iter().any(|copy| copy == id);
        let absent = self
            .report
            .copies
            .iter()
            .filter(|copy| copy.presence == Presence::NotHere && concerned(&copy.id));
        let name = |copy: &stockade::status::CopyStatus| match copy.label.as_str() {
            "" => copy.id.clone(),
            label => format!("{} ({})", copy.id, crate::shown(&label)),
        };
        absent.map(name).collect()
    }

    fn copies(&self, line: Line, option: &str) -> Line {
        // With --copy, the words after it belong to it.
        let line =
            if option.is_empty() || self.named.is_empty() { line } else { line.words(option) };
        self.named.iter().fold(line, |line, dir| line.path(dir))
    }
}
