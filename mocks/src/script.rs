//! Scripts of a simulated wallet's user, in JSON, described in `device-tests/README.md`.

use std::{collections::VecDeque, time::Duration};

use serde::Deserialize;

/// The longest delay of a user, in seconds.
const LONGEST_WAIT: f64 = 3600.0;

/// The longest delay of an answer, in milliseconds.
const LATEST: u64 = 600_000;

/// The actions and events of a session, in order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Happens before the first command.
    #[serde(default)]
    pub start: Vec<Act>,
    /// The steps, in order.
    #[serde(default)]
    pub(crate) steps: VecDeque<Step>,
    /// The answer to every screen without a step.
    pub(crate) rest: Rest,
}

/// One action or event.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    #[serde(default)]
    pub(crate) at: Moment,
    /// Text that the screen must contain; other screens get the default answer.
    #[serde(default)]
    pub(crate) shows: String,
    /// The user's delay.
    #[serde(default)]
    pub(crate) after_seconds: f64,
    #[serde(rename = "do")]
    pub(crate) act: Act,
    /// How many times in a row.
    #[serde(default = "once")]
    pub(crate) times: usize,
}

fn once() -> usize {
    1
}

/// When a step is due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Moment {
    /// The device shows something.
    #[default]
    Screen,
    /// The device has received a command, but not read it.
    Command,
}

/// An action of the user, or an event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Confirm.
    Approve,
    /// Reject.
    Reject,
    /// Press nothing: the device keeps waiting.
    Away,
    /// Unplug the device and plug it in again.
    Unplug,
    /// The device locks itself.
    Lock,
    /// Enter the PIN.
    Unlock,
    /// Wipe the device, including its seed.
    Wipe,
    /// Restore the device from this mnemonic.
    Words(String),
    /// Ledger: close the app.
    CloseApp,
    /// Trezor: start the device in its bootloader.
    Bootloader,
    /// Trezor: the device is busy for this number of messages.
    Busy(usize),
    /// Trezor: delay all further answers by this number of milliseconds.
    LateByMilliseconds(u64),
}

/// The default answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Rest {
    Approve,
    Reject,
    Away,
}

impl Script {
    /// Reads a script. `can` says which actions and events are possible on the device.
    pub fn parse(text: &str, can: impl Fn(&Act) -> bool) -> Result<Self, String> {
        let script: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let acts = script.start.iter().chain(script.steps.iter().map(|step| &step.act));
        let too_late = |act: &&Act| matches!(act, Act::LateByMilliseconds(late) if *late > LATEST);
        if let Some(act) = acts.clone().find(too_late) {
            return Err(format!("{act:?}: at most {LATEST}"));
        }
        if let Some(act) = acts.clone().find(|act| !can(act)) {
            return Err(format!("{act:?} is not possible on this device"));
        }
        if let Some(act) = script.start.iter().find(|act| act.is_of_a_screen()) {
            return Err(format!("{act:?} answers a screen, but there is none at the start"));
        }
        for step in &script.steps {
            if !(0.0..=LONGEST_WAIT).contains(&step.after_seconds) {
                return Err(format!("after_seconds {}: 0 to {LONGEST_WAIT}", step.after_seconds));
            }
            if step.at == Moment::Command && (step.act.is_of_a_screen() || !step.shows.is_empty()) {
                return Err(format!("{:?} answers a screen, not a command", step.act));
            }
        }
        Ok(script)
    }
}

impl Step {
    pub(crate) fn wait(&self) -> Duration {
        Duration::try_from_secs_f64(self.after_seconds).unwrap_or_default()
    }
}

impl Act {
    /// Its name in scripts.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Away => "away",
            Self::Unplug => "unplug",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::Wipe => "wipe",
            Self::Words(_) => "words",
            Self::CloseApp => "close-app",
            Self::Bootloader => "bootloader",
            Self::Busy(_) => "busy",
            Self::LateByMilliseconds(_) => "late-by-milliseconds",
        }
    }

    fn is_of_a_screen(&self) -> bool {
        matches!(self, Self::Approve | Self::Reject | Self::Away)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_impossible_script_is_rejected() {
        let good = r#"{"start": ["lock", {"late-by-milliseconds": 700}], "steps": [{"do": "approve", "after_seconds": 1.5},
            {"at": "command", "do": {"busy": 2}}, {"shows": "Sign", "do": "away", "times": 3}],
            "rest": "reject"}"#;
        assert!(Script::parse(good, |_| true).is_ok());
        for bad in [
            "",
            "{}",
            r#"{"rest": "maybe"}"#,
            r#"{"rest": "approve", "sometimes": 1}"#,
            r#"{"rest": "approve", "start": ["approve"]}"#,
            r#"{"rest": "approve", "steps": [{"do": "dance"}]}"#,
            r#"{"rest": "approve", "steps": [{"at": "command", "do": "approve"}]}"#,
            r#"{"rest": "approve", "steps": [{"at": "command", "shows": "a", "do": "lock"}]}"#,
            r#"{"rest": "approve", "steps": [{"do": "approve", "after_seconds": -1}]}"#,
            r#"{"rest": "approve", "steps": [{"do": "approve", "after_seconds": 1e300}]}"#,
            r#"{"rest": "approve", "steps": [{"do": "bootloader"}]}"#,
            r#"{"rest": "approve", "start": [{"late-by-milliseconds": 600001}]}"#,
        ] {
            let parsed = Script::parse(bad, |act| *act != Act::Bootloader);
            assert!(parsed.is_err(), "{bad}");
        }
    }
}
