//! What happens beside a simulated wallet, as data: JSON, which `device-tests/README.md` describes.

use std::{collections::VecDeque, time::Duration};

use serde::Deserialize;

/// A person's longest break, in seconds.
const LONGEST_WAIT: f64 = 3600.0;

/// The latest that an answer may be, in milliseconds.
const LATEST: u64 = 600_000;

/// What happens, in its order.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Before anything is asked.
    #[serde(default)]
    pub start: Vec<Act>,
    /// One step after the other, each at its moment.
    #[serde(default)]
    pub(crate) steps: VecDeque<Step>,
    /// At every screen for which there is no step.
    pub(crate) rest: Rest,
}

/// What is done at one moment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    #[serde(default)]
    pub(crate) at: Moment,
    /// Of a screen: what it must say; those that do not are left to the rest.
    #[serde(default)]
    pub(crate) shows: String,
    /// How long the person takes.
    #[serde(default)]
    pub(crate) after_seconds: f64,
    #[serde(rename = "do")]
    pub(crate) act: Act,
    /// How often in a row.
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
    /// The device gets a command, and has not looked at it.
    Command,
}

/// Something that its user does, or that befalls it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Presses yes.
    Approve,
    /// Presses no.
    Reject,
    /// Presses nothing: the device goes on waiting.
    Away,
    /// Unplugs it, and plugs it in again.
    Unplug,
    /// It locks itself.
    Lock,
    /// Enters the PIN.
    Unlock,
    /// Wipes it: it holds no words any more.
    Wipe,
    /// Restores it from these words.
    Words(String),
    /// Ledger: closes the app.
    CloseApp,
    /// Trezor: starts it in its bootloader.
    Bootloader,
    /// Trezor: it is busy for so many messages.
    Busy(usize),
    /// Trezor: from now on every answer leaves it so many milliseconds late.
    LateByMilliseconds(u64),
}

/// What is done for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Rest {
    Approve,
    Reject,
    Away,
}

impl Script {
    /// Reads a script for a device that can do what `can` says.
    pub fn parse(text: &str, can: impl Fn(&Act) -> bool) -> Result<Self, String> {
        let script: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let acts = script.start.iter().chain(script.steps.iter().map(|step| &step.act));
        let too_late = |act: &&Act| matches!(act, Act::LateByMilliseconds(late) if *late > LATEST);
        if let Some(act) = acts.clone().find(too_late) {
            return Err(format!("{act:?}: at most {LATEST}"));
        }
        if let Some(act) = acts.clone().find(|act| !can(act)) {
            return Err(format!("{act:?} does not happen to this device"));
        }
        if let Some(act) = script.start.iter().find(|act| act.is_of_a_screen()) {
            return Err(format!("{act:?} answers a screen, and none is there at the start"));
        }
        for step in &script.steps {
            if !(0.0..=LONGEST_WAIT).contains(&step.after_seconds) {
                return Err(format!("after_seconds {}: 0 to {LONGEST_WAIT}", step.after_seconds));
            }
            if step.at == Moment::Command && (step.act.is_of_a_screen() || !step.shows.is_empty()) {
                return Err(format!("{:?} answers a screen, and not a command", step.act));
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
    fn is_of_a_screen(&self) -> bool {
        matches!(self, Self::Approve | Self::Reject | Self::Away)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_could_not_happen_is_none() {
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
