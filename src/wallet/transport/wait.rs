//! How long to wait, in slices short enough that a user who gives up is heard at once.

use std::time::{Duration, Instant};

/// The longest time for which nobody asks whether the user gave up.
const SLICE: Duration = Duration::from_millis(50);

/// A wait with an end, which the user can end earlier.
#[derive(Clone, Copy)]
pub struct Wait<'a> {
    after: Duration,
    deadline: Instant,
    cancelled: &'a dyn Fn() -> bool,
}

/// Why a wait ended with nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The time is up; how long it was.
    TimedOut(Duration),
    /// The user gave up.
    Cancelled,
}

impl<'a> Wait<'a> {
    /// Waits for `after` from now, unless `cancelled` says yes before.
    pub fn new(after: Duration, cancelled: &'a dyn Fn() -> bool) -> Self {
        Self { after, deadline: Instant::now() + after, cancelled }
    }

    /// Waits for `after` from now, come what may.
    pub fn uncancelled(after: Duration) -> Wait<'static> {
        Wait::new(after, &|| false)
    }

    /// How long to wait next before asking again.
    pub fn slice(&self) -> Result<Duration, Stopped> {
        if (self.cancelled)() {
            return Err(Stopped::Cancelled);
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        match left.is_zero() {
            true => Err(Stopped::TimedOut(self.after)),
            false => Ok(left.min(SLICE)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_who_gives_up_ends_a_long_wait_at_once() {
        let cancelled = || true;
        let wait = Wait::new(Duration::from_secs(300), &cancelled);
        assert_eq!(wait.slice(), Err(Stopped::Cancelled));
    }

    #[test]
    fn slices_are_short_and_end_with_the_time() {
        let wait = Wait::uncancelled(Duration::from_secs(300));
        assert_eq!(wait.slice(), Ok(SLICE));
        let over = Wait::uncancelled(Duration::ZERO);
        assert_eq!(over.slice(), Err(Stopped::TimedOut(Duration::ZERO)));
    }
}
