//! LoadDevice: stores a mnemonic on a device that is not set up; in debug builds only
//! (messages-management.proto). The mnemonic is not validated.

use super::{
    super::screen::code, Command, Failure, Message, Model, Reply, Screen, State, Step, success,
};

const ALREADY_INITIALIZED: Failure =
    Failure::new(1, "Device is already initialized. Use Wipe first.", "Already initialized")
        .at("fsm_msg_common.h:287");

pub(super) struct LoadDevice {
    mnemonic: String,
    pin: Option<String>,
    passphrase_protection: bool,
    label: String,
}

impl LoadDevice {
    pub(super) fn read(message: &Message<'_>) -> Self {
        Self {
            mnemonic: message.text(1).unwrap_or_default(),
            pin: message.text(3).filter(|pin| !pin.is_empty()),
            passphrase_protection: message.flag(4).unwrap_or_default(),
            label: message.text(6).unwrap_or_default(),
        }
    }
}

impl Command for LoadDevice {
    fn steps(&self, _model: Model) -> Vec<Step> {
        vec![Step::Unlock, Step::Show]
    }

    fn screens(&self, state: &State) -> Result<Vec<Screen>, Failure> {
        if state.mnemonic.is_some() {
            return Err(ALREADY_INITIALIZED);
        }
        let code = match state.model {
            Model::One => code::PROTECT_CALL,
            _ => code::OTHER,
        };
        let shown = "Loading private seed is not recommended.";
        Ok(vec![Screen::new(code, "warn_loading_seed", shown).at("fsm_msg_common.h:294")])
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        state.mnemonic = Some(self.mnemonic.clone());
        state.pin = self.pin.clone();
        state.passphrase_protection = self.passphrase_protection;
        state.label = Some(self.label.clone());
        if state.model == Model::One {
            state.sessions.clear();
        }
        Ok(success("Device loaded"))
    }
}
