//! Waits with a time limit, in slices short enough to react to a user who cancels.

use std::time::{Duration, Instant};

/// The longest time between two checks whether the user has cancelled.
const SLICE: Duration = Duration::from_millis(50);

/// A wait with a time limit, which the user can cancel.
#[derive(Clone, Copy)]
pub struct Wait<'a> {
    after: Duration,
    deadline: Instant,
    cancelled: &'a dyn Fn() -> bool,
}

/// Why a wait ended without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// The time limit has passed.
    #[error("no answer within {} seconds", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The user cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl<'a> Wait<'a> {
    /// Waits for `after` from now, or until `cancelled` returns true.
    pub fn new(after: Duration, cancelled: &'a dyn Fn() -> bool) -> Self {
        Self { after, deadline: Instant::now() + after, cancelled }
    }

    /// Waits for `after` from now. The user cannot cancel.
    pub fn uncancelled(after: Duration) -> Wait<'static> {
        Wait::new(after, &|| false)
    }

    /// How long to wait before calling this again.
    pub fn slice(&self) -> Result<Duration, Stopped> {
        if (self.cancelled)() {
            return Err(Stopped::Cancelled);
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(Stopped::TimedOut(self.after)) } else { Ok(left.min(SLICE)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_who_cancels_ends_a_long_wait_at_once() {
        let cancelled = || true;
        let wait = Wait::new(Duration::from_secs(300), &cancelled);
        assert_eq!(wait.slice(), Err(Stopped::Cancelled));
    }

    #[test]
    fn slices_are_short_and_end_at_the_time_limit() {
        let wait = Wait::uncancelled(Duration::from_secs(300));
        assert_eq!(wait.slice(), Ok(SLICE));
        let over = Wait::uncancelled(Duration::ZERO);
        assert_eq!(over.slice(), Err(Stopped::TimedOut(Duration::ZERO)));
    }
}
