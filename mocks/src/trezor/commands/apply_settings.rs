//! ApplySettings, of which there are passphrase protection and safety checks
//! (messages-management.proto).

use super::{
    super::{failure::NOT_INITIALIZED, screen::code},
    Command, Failure, Message, Model, Reply, Screen, State, Step, success,
};

const NO_SETTING_ONE: Failure =
    Failure::new(3, "No setting provided", "").at("fsm_msg_common.h:383");
const NO_SETTING_CORE: Failure = Failure::new(9, "", "No setting provided");
const UNSUPPORTED_LEVEL: Failure =
    Failure::new(9, "Unsupported safety-checks setting", "Failed to decode message")
        .at("fsm_msg_common.h:464");
/// SafetyCheckLevel: Strict, PromptAlways, PromptTemporarily. The One has no PromptAlways.
const PROMPT_ALWAYS: u64 = 1;
const PROMPT_TEMPORARILY: u64 = 2;

pub(super) struct ApplySettings {
    passphrase_protection: Option<bool>,
    safety_checks: Option<u64>,
}

impl ApplySettings {
    pub(super) fn read(message: &Message<'_>) -> Self {
        Self { passphrase_protection: message.flag(3), safety_checks: message.number(9) }
    }
}

impl Command for ApplySettings {
    fn steps(&self, model: Model) -> Vec<Step> {
        let nothing = self.passphrase_protection.is_none() && self.safety_checks.is_none();
        match model {
            Model::One if nothing => vec![Step::Fail(NO_SETTING_ONE)],
            Model::One => vec![Step::Unlock, Step::Show],
            _ => {
                let next = if nothing { Step::Fail(NO_SETTING_CORE) } else { Step::Show };
                vec![Step::Unlock, Step::Initialized(NOT_INITIALIZED), next]
            }
        }
    }

    fn screens(&self, state: &State) -> Result<Vec<Screen>, Failure> {
        let mut screens = Vec::new();
        if let Some(on) = self.passphrase_protection {
            let shown = if on { "Enable passphrase?" } else { "Disable passphrase?" };
            let screen = Screen::new(code::PROTECT_CALL, "set_passphrase", shown).pages(2);
            screens.push(screen.at("fsm_msg_common.h:417"));
        }
        if let Some(level) = self.safety_checks {
            let one_takes_it = level != PROMPT_ALWAYS;
            if level > PROMPT_TEMPORARILY || (state.model == Model::One && !one_takes_it) {
                return Err(UNSUPPORTED_LEVEL);
            }
            let shown = format!("Safety checks: {level}");
            let screen = Screen::new(code::PROTECT_CALL, "set_safety_checks", shown).pages(2);
            screens.push(screen.at("fsm_msg_common.h:459"));
        }
        Ok(screens)
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        if let Some(on) = self.passphrase_protection {
            state.passphrase_protection = on;
        }
        if let Some(level) = self.safety_checks {
            state.safety_checks = level;
        }
        Ok(success("Settings applied"))
    }
}
