//! The user of a mock device: a script, or a callback.

use std::{collections::VecDeque, thread};

use crate::script::{Act, Moment, Rest, Script, Step};

/// The user's answer to a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Confirm.
    Approve,
    /// Reject.
    Reject,
}

/// Answers screens: first with the script's steps in order, then with its default.
pub struct User {
    steps: VecDeque<Step>,
    rest: Otherwise,
    /// The event that happened instead of an answer, until the device has handled it.
    happened: Option<Act>,
    /// Also receives the text of each screen.
    watcher: Option<Watcher>,
    /// Also receives the answer to it.
    log: Option<Log>,
}

type Watcher = Box<dyn FnMut(&str) + Send>;
type Log = Box<dyn FnMut(&str, &str) -> bool + Send>;

enum Otherwise {
    Always(Rest),
    Ask(Box<dyn FnMut(&str) -> Decision + Send>),
}

impl User {
    /// Always gives the same answer.
    pub fn always(decision: Decision) -> Self {
        Self::scripted([], decision)
    }

    /// Answers as `script` says, then always with `rest`.
    pub fn scripted(script: impl IntoIterator<Item = Decision>, rest: Decision) -> Self {
        let step = |decision| Step {
            at: Moment::Screen,
            shows: String::new(),
            after_seconds: 0.0,
            act: match decision {
                Decision::Approve => Act::Approve,
                Decision::Reject => Act::Reject,
            },
            times: 1,
        };
        let rest = match rest {
            Decision::Approve => Rest::Approve,
            Decision::Reject => Rest::Reject,
        };
        let steps = script.into_iter().map(step).collect();
        Self { steps, rest: Otherwise::Always(rest), happened: None, watcher: None, log: None }
    }

    /// Follows the steps of `script`, then its default.
    pub fn of_script(script: &Script) -> Self {
        let rest = Otherwise::Always(script.rest);
        Self { steps: script.steps.clone(), rest, happened: None, watcher: None, log: None }
    }

    /// Calls `ask` for each screen, with its text.
    pub fn asking(ask: impl FnMut(&str) -> Decision + Send + 'static) -> Self {
        Self {
            steps: VecDeque::new(),
            rest: Otherwise::Ask(Box::new(ask)),
            happened: None,
            watcher: None,
            log: None,
        }
    }

    /// The same user. `watcher` receives the text of each screen before the user decides.
    pub fn shown_to(self, watcher: impl FnMut(&str) + Send + 'static) -> Self {
        Self { watcher: Some(Box::new(watcher)), ..self }
    }

    /// The same user. `log` receives the text of each screen and what the user did then, as scripts
    /// name it. If it returns false, nothing is approved.
    pub fn logged_by(self, log: impl FnMut(&str, &str) -> bool + Send + 'static) -> Self {
        Self { log: Some(Box::new(log)), ..self }
    }

    /// Answers the current screen. If an event happens instead, the answer is `Reject` and
    /// `take_event` returns the event.
    pub fn decide(&mut self, shown: &str) -> Decision {
        if let Some(watcher) = &mut self.watcher {
            watcher(shown);
        }
        let act = self.act_on(shown);
        let is_logged = self.log.as_mut().is_none_or(|log| log(shown, act.word()));
        match act {
            Act::Approve if is_logged => Decision::Approve,
            Act::Approve => Decision::Reject,
            Act::Reject => Decision::Reject,
            other => {
                self.happened = Some(other);
                Decision::Reject
            }
        }
    }

    fn act_on(&mut self, shown: &str) -> Act {
        match (self.due(Moment::Screen, shown), &mut self.rest) {
            (Some(act), _) => act,
            (None, Otherwise::Always(Rest::Approve)) => Act::Approve,
            (None, Otherwise::Always(Rest::Reject)) => Act::Reject,
            (None, Otherwise::Always(Rest::Away)) => Act::Away,
            (None, Otherwise::Ask(ask)) => match ask(shown) {
                Decision::Approve => Act::Approve,
                Decision::Reject => Act::Reject,
            },
        }
    }

    /// The event that happens before the device reads a command.
    pub(crate) fn before_command(&mut self) -> Option<Act> {
        self.due(Moment::Command, "")
    }

    /// The event that happened instead of the last answer.
    pub(crate) fn take_event(&mut self) -> Option<Act> {
        self.happened.take()
    }

    /// Takes the next step, if it is due at this moment, after the user's delay.
    fn due(&mut self, moment: Moment, shown: &str) -> Option<Act> {
        let step = self.steps.front_mut()?;
        if step.at != moment || !shown.contains(&step.shows) {
            return None;
        }
        let (act, wait) = (step.act.clone(), step.wait());
        step.times = step.times.saturating_sub(1);
        if step.times == 0 {
            self.steps.pop_front();
        }
        thread::sleep(wait);
        Some(act)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_approved_that_the_log_lacks() {
        let mut room = 1;
        let mut user = User::always(Decision::Approve).logged_by(move |shown, answer| {
            room -= 1;
            shown == "Sign?" && answer == "approve" && room >= 0
        });
        assert_eq!(user.decide("Sign?"), Decision::Approve);
        assert_eq!(user.decide("Sign?"), Decision::Reject);
    }
}
