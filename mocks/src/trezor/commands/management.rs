//! Commands of one step or none: Initialize, GetFeatures, Cancel, LockDevice, EndSession, WipeDevice
//! (messages-management.proto).

use super::{
    super::{
        failure::{CANCELLED, NOT_INITIALIZED},
        screen::code,
    },
    Command, Failure, Message, Model, Reply, Screen, State, Step, success,
};
use crate::trezor::{features, kind, protobuf::Writer, random};

/// Resumes a session, or begins one.
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

/// Returns the device's features.
pub(super) struct GetFeatures;

impl Command for GetFeatures {
    fn steps(&self, _model: Model) -> Vec<Step> {
        Vec::new()
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        Ok(features::reply(state, None))
    }
}

/// Has nothing to cancel: a waiting request is cancelled before this command is read.
pub(super) struct Cancel;

impl Command for Cancel {
    fn steps(&self, _model: Model) -> Vec<Step> {
        Vec::new()
    }

    fn answer(&self, _state: &mut State) -> Result<Reply, Failure> {
        Err(CANCELLED.at("fsm_msg_common.h:362"))
    }
}

/// Returns random bytes, after the user has approved.
pub(super) struct GetEntropy {
    size: usize,
}

/// The most bytes that firmware returns at a time.
const MOST_ENTROPY: usize = 1024;

impl GetEntropy {
    pub(super) fn read(message: &Message<'_>) -> Self {
        let size = message.number(1).unwrap_or_default();
        Self { size: usize::try_from(size).unwrap_or(MOST_ENTROPY).min(MOST_ENTROPY) }
    }
}

impl Command for GetEntropy {
    fn steps(&self, _model: Model) -> Vec<Step> {
        vec![Step::Unlock, Step::Show]
    }

    fn screens(&self, _state: &State) -> Result<Vec<Screen>, Failure> {
        let shown = "Do you really want to send entropy?";
        let screen = Screen::new(code::PROTECT_CALL, "get_entropy", shown).pages(2);
        Ok(vec![screen.at("fsm_msg_common.h:341")])
    }

    fn answer(&self, _state: &mut State) -> Result<Reply, Failure> {
        let bytes: Vec<u8> = (0..self.size).flat_map(|_| random::<1>()).collect();
        Ok((kind::ENTROPY, Writer::default().bytes(1, &bytes).finish()))
    }
}

/// Sets the host's flags, which only wiping the device clears.
pub(super) struct ApplyFlags {
    flags: u64,
}

impl ApplyFlags {
    pub(super) fn read(message: &Message<'_>) -> Self {
        Self { flags: message.number(1).unwrap_or_default() }
    }
}

impl Command for ApplyFlags {
    fn steps(&self, model: Model) -> Vec<Step> {
        match model {
            Model::One => vec![Step::Unlock],
            _ => vec![Step::Unlock, Step::Initialized(NOT_INITIALIZED)],
        }
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        state.flags |= self.flags;
        Ok(success("Flags applied"))
    }
}

/// Always refuses: the mock cannot check the proof that firmware requires.
pub(super) struct EvoluGetNode;

impl Command for EvoluGetNode {
    fn steps(&self, _model: Model) -> Vec<Step> {
        vec![Step::Unlock, Step::Fail(Failure::new(99, "", "Invalid proof"))]
    }

    fn answer(&self, _state: &mut State) -> Result<Reply, Failure> {
        Err(CANCELLED)
    }
}

/// Returns a random number, which a host signs.
pub(super) struct GetNonce;

impl Command for GetNonce {
    fn steps(&self, _model: Model) -> Vec<Step> {
        Vec::new()
    }

    fn answer(&self, _state: &mut State) -> Result<Reply, Failure> {
        Ok((kind::NONCE, Writer::default().bytes(1, &random::<32>()).finish()))
    }
}

/// Locks the device.
pub(super) struct LockDevice;

impl Command for LockDevice {
    fn steps(&self, _model: Model) -> Vec<Step> {
        Vec::new()
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        if state.model == Model::One {
            // Even without a PIN. It unlocks by itself when a key is used.
            state.unlocked = false;
            return Ok(success("Session cleared"));
        }
        state.unlocked = state.pin.is_none();
        Ok(success(""))
    }
}

/// Ends the active session.
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

/// Erases everything, after the user has approved.
pub(super) struct WipeDevice;

impl Command for WipeDevice {
    fn steps(&self, _model: Model) -> Vec<Step> {
        vec![Step::Show]
    }

    fn screens(&self, _state: &State) -> Result<Vec<Screen>, Failure> {
        let shown = "Do you really want to wipe the device? All data will be lost.";
        let screen = Screen::new(code::WIPE_DEVICE, "confirm_wipe", shown);
        Ok(vec![screen.at("fsm_msg_common.h:244")])
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        state.wipe();
        Ok(success("Device wiped"))
    }
}
