//! A status in the text format of Prometheus, for the textfile collector of node_exporter. The
//! metrics are documented in `docs/guides/monitoring.md`.

use std::{collections::BTreeMap, fmt::Write as _};

use super::report::{CheckState, StatusReport, TaskKind};
use crate::profile::{CheckKind, Presence};

/// The metrics of a report. Their number does not grow with that of the sets.
pub fn metrics(report: &StatusReport) -> String {
    let mut text = Metrics(String::new());
    text.family("status_timestamp_seconds", "When the status was read.");
    text.sample("status_timestamp_seconds", &[], report.at.unix());
    text.family("status_fine", "Whether there was nothing to do (1) or something (0).");
    text.sample("status_fine", &[], i64::from(report.is_fine()));
    tasks(report, &mut text);
    copies(report, &mut text);
    checks(report, &mut text);
    text.family("sets", "Sets in the copies that were read.");
    text.sample("sets", &[], size(report.sets.len()));
    text.family("keys", "Different keys in these sets.");
    text.sample("keys", &[], size(report.keys));
    text.family("keys_in_one_copy", "Keys that are in one copy only.");
    text.sample("keys_in_one_copy", &[], size(report.keys_in_one_copy));
    text.0
}

fn tasks(report: &StatusReport, text: &mut Metrics) {
    text.family("tasks", "Things to do, by kind; `soon` if they are only due soon.");
    let mut counts: BTreeMap<(TaskKind, bool), i64> = BTreeMap::new();
    for task in &report.tasks {
        *counts.entry((task.kind, task.soon)).or_default() += 1;
    }
    for ((kind, soon), count) in counts {
        let soon = if soon { "true" } else { "false" };
        text.sample("tasks", &[("kind", kind.as_str()), ("soon", soon)], count);
    }
}

fn copies(report: &StatusReport, text: &mut Metrics) {
    text.family("copy_read", "Whether the copy was here and could be read (1) or not (0).");
    for copy in &report.copies {
        let here = matches!(copy.presence, Presence::Here(_));
        let labels = [("copy", copy.id.as_str()), ("label", copy.label.as_str())];
        text.sample("copy_read", &labels, i64::from(here));
    }
    text.family(
        "copy_last_seen_timestamp_seconds",
        "When the copy was last seen; 0 if that is not known.",
    );
    for copy in &report.copies {
        let here = matches!(copy.presence, Presence::Here(_));
        let seen = copy.seen.as_ref().map(|seen| seen.at.unix());
        let at = if here { Some(report.at.unix()) } else { seen };
        let labels = [("copy", copy.id.as_str()), ("label", copy.label.as_str())];
        text.sample("copy_last_seen_timestamp_seconds", &labels, at.unwrap_or(0));
    }
}

/// For each copy and check, the set whose last good check is the oldest.
fn checks(report: &StatusReport, text: &mut Metrics) {
    let mut oldest: BTreeMap<(&str, CheckKind), i64> = BTreeMap::new();
    for pair in report.sets.iter().flat_map(|set| &set.copies) {
        for check in pair.checks.iter().filter(|check| check.state != CheckState::Off) {
            let good = check.last.filter(|last| !last.failed);
            let at = good.map_or(0, |last| last.at.unix());
            let known = oldest.entry((&pair.copy, check.kind)).or_insert(at);
            *known = at.min(*known);
        }
    }
    text.family(
        "check_oldest_success_timestamp_seconds",
        "When the set of this copy whose last good check is the oldest was checked; 0 if there is a set \
         without one.",
    );
    for ((copy, kind), at) in oldest {
        let labels = [("copy", copy), ("check", kind.as_str())];
        text.sample("check_oldest_success_timestamp_seconds", &labels, at);
    }
    text.family("check_max_age_seconds", "How old the last good check may be.");
    for kind in CheckKind::ALL {
        if let Some(seconds) = report.ages.of(kind).seconds() {
            text.sample("check_max_age_seconds", &[("check", kind.as_str())], seconds);
        }
    }
}

fn size(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

struct Metrics(String);

impl Metrics {
    /// Begins a metric: all of them are gauges.
    fn family(&mut self, name: &str, help: &str) {
        // Writing to a text does not fail.
        let _ = writeln!(self.0, "# HELP stockade_{name} {help}\n# TYPE stockade_{name} gauge");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: i64) {
        let label = |(name, value): &(&str, &str)| format!("{name}=\"{}\"", escaped(value));
        let labels: Vec<_> = labels.iter().map(label).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "stockade_{name}{labels} {value}");
    }
}

/// The value of a label: backslashes, quotes and newlines are escaped, as the format wants it.
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_label_cannot_end_its_own_quotes() {
        assert_eq!(escaped("a\"} 1\nb\\"), r#"a\"} 1\nb\\"#);
    }
}
