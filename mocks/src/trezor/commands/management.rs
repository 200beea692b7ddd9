//! Commands that ask nobody anything: Initialize, GetFeatures, Cancel, LockDevice, EndSession
//! (messages-management.proto).

use super::{
    super::failure::CANCELLED, Command, Failure, Message, Model, Reply, State, Step, success,
};
use crate::trezor::features;

/// Comes back to a session, or begins one.
pub(super) struct Initialize {
    session: Option<Vec<u8>>,
}

impl Initialize {
    pub(super) fn read(message: &Message<'_>) -> Self {
        Self { session: message.bytes(1).map(<[u8]>::to_vec) }
    }
}

impl Command for Initialize {
    fn steps(&self, _model: Model) -> Vec<Step> {
        Vec::new()
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        let session = state.sessions.start(self.session.as_deref());
        Ok(features::reply(state, Some(session)))
    }
}

/// What the device says of itself.
pub(super) struct GetFeatures;

impl Command for GetFeatures {
    fn steps(&self, _model: Model) -> Vec<Step> {
        Vec::new()
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        Ok(features::reply(state, None))
    }
}

/// Cancels nothing: what waits is cancelled before it comes here.
pub(super) struct Cancel;

impl Command for Cancel {
    fn steps(&self, _model: Model) -> Vec<Step> {
        Vec::new()
    }

    fn answer(&self, _state: &mut State) -> Result<Reply, Failure> {
        Err(CANCELLED.at("fsm_msg_common.h:362"))
    }
}

/// Forgets that the PIN was given.
pub(super) struct LockDevice;

impl Command for LockDevice {
    fn steps(&self, _model: Model) -> Vec<Step> {
        Vec::new()
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        if state.model == Model::One {
            // Without a PIN as well; it opens again by itself when a key is used.
            state.unlocked = false;
            return Ok(success("Session cleared"));
        }
        state.unlocked = state.pin.is_none();
        Ok(success(""))
    }
}

/// Forgets the active session.
pub(super) struct EndSession;

impl Command for EndSession {
    fn steps(&self, _model: Model) -> Vec<Step> {
        Vec::new()
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        state.sessions.end();
        Ok(success(if state.model == Model::One { "Session ended" } else { "" }))
    }
}
