//! The person beside a mock device: a script, which is data, or somebody who is asked.

use std::{collections::VecDeque, thread};

use crate::script::{Act, Moment, Rest, Script, Step};

/// What the person does when the device shows something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Presses yes.
    Approve,
    /// Presses no.
    Reject,
}

/// Decides what the device shows: the script's steps in order, and then the rest.
pub struct User {
    steps: VecDeque<Step>,
    rest: Otherwise,
    /// What happened instead of a press, until the device has seen to it.
    happened: Option<Act>,
    /// Who sees what the device shows as well.
    watcher: Option<Watcher>,
}

type Watcher = Box<dyn FnMut(&str) + Send>;

enum Otherwise {
    Always(Rest),
    Ask(Box<dyn FnMut(&str) -> Decision + Send>),
}

impl User {
    /// Decides the same every time.
    pub fn always(decision: Decision) -> Self {
        Self::scripted([], decision)
    }

    /// Decides as `script` says, then `rest` for ever.
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
        Self { steps, rest: Otherwise::Always(rest), happened: None, watcher: None }
    }

    /// Does what the steps of `script` say, and what it says of the rest.
    pub fn of_script(script: &Script) -> Self {
        let rest = Otherwise::Always(script.rest);
        Self { steps: script.steps.clone(), rest, happened: None, watcher: None }
    }

    /// Asks somebody each time, giving them what the device shows.
    pub fn asking(ask: impl FnMut(&str) -> Decision + Send + 'static) -> Self {
        Self {
            steps: VecDeque::new(),
            rest: Otherwise::Ask(Box::new(ask)),
            happened: None,
            watcher: None,
        }
    }

    /// The same user; `watcher` is given what the device shows, before the user decides.
    pub fn shown_to(self, watcher: impl FnMut(&str) + Send + 'static) -> Self {
        Self { watcher: Some(Box::new(watcher)), ..self }
    }

    /// The decision on what the device shows now. Where something else happens it is no, and
    /// `take_event` has what.
    pub fn decide(&mut self, shown: &str) -> Decision {
        if let Some(watcher) = &mut self.watcher {
            watcher(shown);
        }
        let act = match (self.due(Moment::Screen, shown), &mut self.rest) {
            (Some(act), _) => act,
            (None, Otherwise::Always(Rest::Approve)) => Act::Approve,
            (None, Otherwise::Always(Rest::Reject)) => Act::Reject,
            (None, Otherwise::Always(Rest::Away)) => Act::Away,
            (None, Otherwise::Ask(ask)) => return ask(shown),
        };
        match act {
            Act::Approve => Decision::Approve,
            Act::Reject => Decision::Reject,
            other => {
                self.happened = Some(other);
                Decision::Reject
            }
        }
    }

    /// What happens before the device looks at a command.
    pub(crate) fn before_command(&mut self) -> Option<Act> {
        self.due(Moment::Command, "")
    }

    /// What happened instead of the last decision.
    pub(crate) fn take_event(&mut self) -> Option<Act> {
        self.happened.take()
    }

    /// The next step, if this is its moment; the person has taken their time.
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
