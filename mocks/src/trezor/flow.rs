//! Carries out commands step by step, and handles messages that arrive
//! while the device waits.

use std::collections::VecDeque;

use super::{
    Reply, Trezor,
    commands::Command,
    decode::decode,
    failure::{Failure, TOO_BIG},
    features, kind,
    model::Model,
    step::{self, Progress, Step, Waiting},
};
use crate::Decision;

/// While it waits, the One accepts only messages that fit into one packet.
const MOST_WHILE_WAITING: usize = 55;

/// A command and its remaining steps.
pub(super) struct Flow {
    command: Box<dyn Command>,
    steps: VecDeque<Step>,
}

/// A flow that waits.
pub(super) struct Pending {
    flow: Flow,
    waiting: Waiting,
    /// Whether the host has acknowledged the screen and waits for the user.
    acknowledged: bool,
}

impl Pending {
    /// The failure if the flow is cancelled.
    pub(super) fn refused(&self) -> Failure {
        self.waiting.cancelled()
    }
}

impl Flow {
    pub(super) fn new(command: Box<dyn Command>, model: Model) -> Self {
        let steps = command.steps(model).into();
        Self { command, steps }
    }

    fn prepend(&mut self, steps: Vec<Step>) {
        for step in steps.into_iter().rev() {
            self.steps.push_front(step);
        }
    }
}

impl Trezor {
    /// Continues `flow` until it answers or waits.
    pub(super) fn run(&mut self, mut flow: Flow) -> Reply {
        while let Some(step) = flow.steps.pop_front() {
            match step::take(&mut self.state, step, flow.command.as_ref()) {
                Ok(Progress::Next) => {}
                Ok(Progress::First(steps)) => flow.prepend(steps),
                Ok(Progress::Wait(waiting, request)) => {
                    self.pending = Some(Pending { flow, waiting, acknowledged: false });
                    return request;
                }
                Err(failure) => return self.fail(failure),
            }
        }
        match flow.command.answer(&mut self.state) {
            Ok(reply) => reply,
            Err(failure) => self.fail(failure),
        }
    }

    /// Handles a message that arrives while the device waits. The One accepts only the expected
    /// message, Cancel and Initialize; core firmware drops the flow for any unexpected message.
    pub(super) fn while_waiting(
        &mut self,
        pending: Pending,
        kind: u16,
        payload: &[u8],
    ) -> Vec<Reply> {
        // While the One waits for the host and shows no screen, it accepts any message.
        if self.state.model != Model::One || matches!(pending.waiting, Waiting::Host(_)) {
            return if kind == pending.waiting.answered_by() {
                self.answered(pending, payload)
            } else {
                vec![self.command(kind, payload)]
            };
        }
        match kind {
            kind::BUTTON_ACK
            | kind::PIN_MATRIX_ACK
            | kind::PASSPHRASE_ACK
            | kind::CANCEL
            | kind::INITIALIZE => {}
            _ => {
                self.pending = Some(pending);
                return Vec::new();
            }
        }
        if let Err(failure) = check_while_waiting(kind, payload) {
            self.pending = Some(pending);
            return vec![self.fail(failure)];
        }
        self.heeded_by_one(pending, kind, payload)
    }

    fn heeded_by_one(&mut self, pending: Pending, kind: u16, payload: &[u8]) -> Vec<Reply> {
        if kind == pending.waiting.answered_by() {
            return self.answered(pending, payload);
        }
        match kind {
            kind::CANCEL => {
                self.state.pin_matrix.hide();
                vec![self.fail(pending.waiting.cancelled())]
            }
            // The One begins a new session, even if the message names another.
            kind::INITIALIZE => {
                self.state.pin_matrix.hide();
                let session = self.state.sessions.start(None);
                vec![features::reply(&self.state, Some(session))]
            }
            _ => {
                self.pending = Some(pending);
                Vec::new()
            }
        }
    }

    /// Handles the message for which the device waits.
    fn answered(&mut self, pending: Pending, payload: &[u8]) -> Vec<Reply> {
        let Pending { mut flow, waiting, .. } = pending;
        let ack = match decode(self.state.model, waiting.answered_by(), payload) {
            Ok(ack) => ack,
            Err(failure) => return vec![self.fail(failure)],
        };
        let shown = waiting.shown();
        let nobody = self.away || self.by_hand && self.presses.is_empty();
        if nobody && shown.is_some() {
            self.pending = Some(Pending { flow, waiting, acknowledged: true });
            return Vec::new();
        }
        let approved = match (shown, self.by_hand) {
            (None, _) => true,
            (Some(_), true) => self.presses.pop_front() == Some(Decision::Approve),
            (Some(shown), false) => self.user.decide(shown) == Decision::Approve,
        };
        if let Some(act) = self.user.take_event() {
            return self.interrupted(act, Pending { flow, waiting, acknowledged: true });
        }
        match step::outcome(&mut self.state, flow.command.as_mut(), waiting, &ack, approved) {
            Ok(steps) => {
                flow.prepend(steps);
                vec![self.run(flow)]
            }
            Err(failure) => vec![self.fail(failure)],
        }
    }

    /// Handles a press of the user. It is the answer if the host has acknowledged the screen.
    pub(super) fn pressed(&mut self) -> Vec<Reply> {
        match self.pending.take() {
            Some(pending) if pending.acknowledged => self.answered(pending, &[]),
            pending => {
                self.pending = pending;
                Vec::new()
            }
        }
    }

    /// The text on its screen.
    pub(super) fn screen(&self) -> Option<String> {
        self.pending.as_ref()?.waiting.shown().map(str::to_owned)
    }

    pub(super) fn fail(&self, failure: Failure) -> Reply {
        failure.reply(self.state.model)
    }
}

/// Checks whether the One can read a message while it waits.
fn check_while_waiting(kind: u16, payload: &[u8]) -> Result<(), Failure> {
    if payload.len() > MOST_WHILE_WAITING {
        return Err(TOO_BIG.at("messages.c:389"));
    }
    decode(Model::One, kind, payload).map_err(|failure| failure.at("messages.c:399"))?;
    Ok(())
}
