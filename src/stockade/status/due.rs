//! When a check is due again.

use super::report::{CheckState, CheckStatus, Last};
use crate::profile::{Age, CheckKind};
use stockade_base::timestamp::Timestamp;

/// A check is due soon in the last fifth of its time, but never more than this many seconds before:
/// two weeks.
const SOON: i64 = 14 * 86_400;

/// What the last check means now.
pub(super) fn check(kind: CheckKind, last: Option<Last>, age: Age, now: Timestamp) -> CheckStatus {
    let seconds = age.seconds();
    let at = last.zip(seconds).map(|(last, seconds)| last.at.unix().saturating_add(seconds));
    let due = at.and_then(|at| Timestamp::from_unix(at).ok());
    let state = match (last, seconds) {
        // What was found bad stays bad, whether or not such a check is asked for.
        (Some(last), _) if last.failed => CheckState::Failed,
        (_, None) => CheckState::Off,
        (None, Some(_)) => CheckState::Never,
        (Some(last), Some(seconds)) => state(last.at, seconds, now),
    };
    CheckStatus { kind, last, due, state }
}

fn state(last: Timestamp, seconds: i64, now: Timestamp) -> CheckState {
    let left = last.unix().saturating_add(seconds).saturating_sub(now.unix());
    if left < 0 {
        CheckState::Overdue
    } else if left < SOON.min(seconds / 5) {
        CheckState::DueSoon
    } else {
        CheckState::Fine
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_fine_then_due_soon_then_overdue() {
        let now = Timestamp::from_unix(1_000_000_000).unwrap();
        let state = |days_ago: i64, age: &str, failed| {
            let at = Timestamp::from_unix(now.unix() - days_ago * 86_400).unwrap();
            let last = Some(Last { at, failed, by: None });
            check(CheckKind::Scrub, last, age.parse().unwrap(), now).state
        };
        assert_eq!(state(0, "30d", false), CheckState::Fine);
        assert_eq!(state(24, "30d", false), CheckState::Fine);
        assert_eq!(state(25, "30d", false), CheckState::DueSoon);
        assert_eq!(state(30, "30d", false), CheckState::DueSoon);
        assert_eq!(state(31, "30d", false), CheckState::Overdue);
        assert_eq!(state(166, "180d", false), CheckState::Fine);
        assert_eq!(state(167, "180d", false), CheckState::DueSoon);
        assert_eq!(state(31, "off", false), CheckState::Off);
        assert_eq!(state(0, "30d", true), CheckState::Failed);
        assert_eq!(state(0, "off", true), CheckState::Failed);
        let never = check(CheckKind::Drill, None, Age::days(1), now);
        assert_eq!((never.state, never.due), (CheckState::Never, None));
    }
}
