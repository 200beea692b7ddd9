//! How long a service that does not do its work is asked again. It counts for a bucket as a whole: a
//! hundred requests to a service that is down do not wait a hundred times.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// A service that answered before may restart, or have too much to do.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// A service that never answered is probably not there.
const NEVER_ANSWERED: Duration = Duration::from_secs(10);
/// After all that, so long nobody tries to connect again.
const PAUSE: Duration = Duration::from_secs(30);

/// Whether a service is there.
#[derive(Debug, Default)]
pub(super) struct Patience(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    answered: bool,
    failing_since: Option<Instant>,
    /// When the connection failed last after patience had ended, and how.
    gone: Option<(Instant, String)>,
}

impl Patience {
    /// The service did what was asked, or said that it will not.
    pub(super) fn answered(&self) {
        *self.lock() = State { answered: true, ..State::default() };
    }

    /// A request that began at `begun` failed in a way that may pass. Says whether it should be made
    /// again.
    pub(super) fn failed(&self, begun: Instant) -> bool {
        let mut state = self.lock();
        let since = *state.failing_since.get_or_insert(begun);
        let patience = if state.answered { PATIENCE } else { NEVER_ANSWERED };
        since.elapsed() < patience
    }

    /// As [`Patience::failed`], where there was no answer at all.
    pub(super) fn no_answer(&self, begun: Instant, why: &str) -> bool {
        let again = self.failed(begun);
        if !again {
            self.lock().gone = Some((Instant::now(), why.to_owned()));
        }
        again
    }

    /// Why nobody needs to ask now.
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
    fn a_service_that_never_answered_gets_ten_seconds_and_one_that_did_a_minute() {
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
    fn what_is_gone_is_not_asked_by_every_request() {
        let patience = Patience::default();
        assert!(patience.no_answer(ago(1), "refused") && patience.gone().is_none());
        let gone = Patience::default();
        assert!(!gone.no_answer(ago(11), "refused"));
        assert_eq!(gone.gone().as_deref(), Some("refused"));
        gone.answered();
        assert!(gone.gone().is_none());
    }
}
