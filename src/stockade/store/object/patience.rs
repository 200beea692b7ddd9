//! How long requests to a failing service are repeated. This counts for a bucket as a whole: a
//! hundred requests to a service that is down do not wait a hundred times.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// A service that answered before may be restarting or overloaded.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// A service that never answered probably does not exist.
const NEVER_ANSWERED: Duration = Duration::from_secs(10);
/// After that, no connection is tried for this long.
const PAUSE: Duration = Duration::from_secs(30);

/// Whether a service is there.
#[derive(Debug, Default)]
pub(super) struct Patience(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    answered: bool,
    failing_since: Option<Instant>,
    /// When and how the last connection failed after patience had ended.
    gone: Option<(Instant, String)>,
}

impl Patience {
    /// The service did what was asked, or refused it for good.
    pub(super) fn answered(&self) {
        *self.lock() = State { answered: true, ..State::default() };
    }

    /// A request that began at `begun` failed in a way that may pass. Returns whether it should be
    /// repeated.
    pub(super) fn failed(&self, begun: Instant) -> bool {
        let mut state = self.lock();
        let since = *state.failing_since.get_or_insert(begun);
        let patience = if state.answered { PATIENCE } else { NEVER_ANSWERED };
        since.elapsed() < patience
    }

    /// Like [`Patience::failed`], if there was no answer at all.
    pub(super) fn no_answer(&self, begun: Instant, why: &str) -> bool {
        let again = self.failed(begun);
        if !again {
            self.lock().gone = Some((Instant::now(), why.to_owned()));
        }
        again
    }

    /// Why no request should be sent now.
    pub(super) fn gone(&self) -> Option<String> {
        let state = self.lock();
        let (when, why) = state.gone.as_ref()?;
        (when.elapsed() < PAUSE).then(|| why.clone())
    }

    /// The service answered, if only that it is busy.
    pub(super) fn is_there(&self) {
        self.lock().answered = true;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ago(seconds: u64) -> Instant {
        Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap()
    }

    #[test]
    fn an_unknown_service_gets_ten_seconds_and_a_known_one_a_minute() {
        assert!(Patience::default().failed(ago(9)));
        assert!(!Patience::default().failed(ago(11)));
        let known = Patience::default();
        known.answered();
        assert!(known.failed(ago(59)));
        assert!(known.failed(Instant::now()), "one failure after another");
        known.answered();
        assert!(!known.failed(ago(61)));
        assert!(!known.failed(Instant::now()), "the minute is over for all requests");
        known.answered();
        assert!(known.failed(Instant::now()), "and begins again when it answers");
    }

    #[test]
    fn a_missing_service_is_not_asked_by_every_request() {
        let patience = Patience::default();
        assert!(patience.no_answer(ago(1), "refused") && patience.gone().is_none());
        let gone = Patience::default();
        assert!(!gone.no_answer(ago(11), "refused"));
        assert_eq!(gone.gone().as_deref(), Some("refused"));
        gone.answered();
        assert!(gone.gone().is_none());
    }
}
