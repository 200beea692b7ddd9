//! The person beside a mock device: a script, which is data, or somebody who is asked.

use std::collections::VecDeque;

/// What the person does when the device shows something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Presses yes.
    Approve,
    /// Presses no.
    Reject,
}

/// Decides what the device shows: the script's decisions in order, and then the rest.
pub struct User {
    script: VecDeque<Decision>,
    rest: Rest,
}

enum Rest {
    Always(Decision),
    Ask(Box<dyn FnMut(&str) -> Decision + Send>),
}

impl User {
    /// Decides the same every time.
    pub fn always(decision: Decision) -> Self {
        Self::scripted([], decision)
    }

    /// Decides as `script` says, then `rest` for ever.
    pub fn scripted(script: impl IntoIterator<Item = Decision>, rest: Decision) -> Self {
        Self { script: script.into_iter().collect(), rest: Rest::Always(rest) }
    }

    /// Asks somebody each time, giving them what the device shows.
    pub fn asking(ask: impl FnMut(&str) -> Decision + Send + 'static) -> Self {
        Self { script: VecDeque::new(), rest: Rest::Ask(Box::new(ask)) }
    }

    /// The decision on what the device shows now.
    pub fn decide(&mut self, shown: &str) -> Decision {
        match (self.script.pop_front(), &mut self.rest) {
            (Some(decision), _) => decision,
            (None, Rest::Always(decision)) => *decision,
            (None, Rest::Ask(ask)) => ask(shown),
        }
    }
}
