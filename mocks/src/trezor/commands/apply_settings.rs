//! ApplySettings: label, passphrase protection, auto-lock and safety checks
//! (messages-management.proto). `fields` refuses the other settings.

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
const LABEL_TOO_LONG: Failure = Failure::new(3, "string overflow", "Label too long");
const LONGEST_LABEL: usize = 32;
const TOO_SOON: Failure = Failure::new(9, "Auto-lock delay too short", "Auto-lock delay too short")
    .at("fsm_msg_common.h:447");
const TOO_LATE: Failure = Failure::new(9, "Auto-lock delay too long", "Auto-lock delay too long")
    .at("fsm_msg_common.h:452");
/// The shortest and the longest auto-lock delay, in milliseconds.
const SHORTEST: u64 = 10_000;
const LONGEST: u64 = 0x2000_0000;
/// SafetyCheckLevel: Strict, PromptAlways, PromptTemporarily. The One has no PromptAlways.
const PROMPT_ALWAYS: u64 = 1;
const PROMPT_TEMPORARILY: u64 = 2;

pub(super) struct ApplySettings {
    label: Option<String>,
    passphrase_protection: Option<bool>,
    auto_lock_ms: Option<u64>,
    safety_checks: Option<u64>,
}

impl ApplySettings {
    pub(super) fn read(message: &Message<'_>) -> Self {
        Self {
            label: message.text(2),
            passphrase_protection: message.flag(3),
            auto_lock_ms: message.number(6),
            safety_checks: message.number(9),
        }
    }

    fn is_empty(&self) -> bool {
        self.label.is_none()
            && self.passphrase_protection.is_none()
            && self.auto_lock_ms.is_none()
            && self.safety_checks.is_none()
    }
}

impl Command for ApplySettings {
    fn steps(&self, model: Model) -> Vec<Step> {
        match model {
            Model::One if self.is_empty() => vec![Step::Fail(NO_SETTING_ONE)],
            Model::One => vec![Step::Unlock, Step::Show],
            _ => {
                let next = if self.is_empty() { Step::Fail(NO_SETTING_CORE) } else { Step::Show };
                vec![Step::Unlock, Step::Initialized(NOT_INITIALIZED), next]
            }
        }
    }

    fn screens(&self, state: &State) -> Result<Vec<Screen>, Failure> {
        let page = |name, shown: String, place| {
            Screen::new(code::PROTECT_CALL, name, shown).pages(2).at(place)
        };
        let mut screens = Vec::new();
        if let Some(label) = &self.label {
            if label.len() > LONGEST_LABEL {
                return Err(LABEL_TOO_LONG);
            }
            let shown = format!("Change label to {label}?");
            let code = if state.model == Model::One { code::PROTECT_CALL } else { code::OTHER };
            let screen = Screen::new(code, "set_label", shown).at("fsm_msg_common.h:396");
            screens.push(screen);
        }
        if let Some(on) = self.passphrase_protection {
            let shown = if on { "Enable passphrase?" } else { "Disable passphrase?" };
            screens.push(page("set_passphrase", shown.to_owned(), "fsm_msg_common.h:417"));
        }
        if let Some(delay) = self.auto_lock_ms {
            match delay {
                ..SHORTEST => return Err(TOO_SOON),
                SHORTEST..=LONGEST => {}
                _ => return Err(TOO_LATE),
            }
            let shown = format!("Lock after {} seconds?", delay / 1000);
            screens.push(page("set_autolock_delay", shown, "fsm_msg_common.h:443"));
        }
        if let Some(level) = self.safety_checks {
            let one_takes_it = level != PROMPT_ALWAYS;
            if level > PROMPT_TEMPORARILY || (state.model == Model::One && !one_takes_it) {
                return Err(UNSUPPORTED_LEVEL);
            }
            let shown = format!("Safety checks: {level}");
            screens.push(page("set_safety_checks", shown, "fsm_msg_common.h:459"));
        }
        Ok(screens)
    }

    fn answer(&self, state: &mut State) -> Result<Reply, Failure> {
        if let Some(label) = &self.label {
            state.label = Some(label.clone());
        }
        state.passphrase_protection =
            self.passphrase_protection.unwrap_or(state.passphrase_protection);
        state.auto_lock_ms = self.auto_lock_ms.unwrap_or(state.auto_lock_ms);
        state.safety_checks = self.safety_checks.unwrap_or(state.safety_checks);
        Ok(success("Settings applied"))
    }
}
