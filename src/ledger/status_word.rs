//! Status words: how an app says whether it did what it was asked.

use std::fmt;

use crate::device::DeviceError;

/// The last two bytes of every reply, kept as they came.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusWord(pub u16);

/// What a status word means to whoever asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Meaning {
    /// Done.
    Ok,
    /// The PIN must be entered first.
    Locked,
    /// The user said no, in the app or on the dashboard.
    Rejected,
    /// No PIN was ever set: the device holds no words.
    NotInitialized,
    /// The app does not know the command: another app is open, or it is too old.
    UnknownCommand,
    /// The app will not do this.
    Refused(&'static str),
}

impl StatusWord {
    /// The command was carried out.
    pub const OK: Self = Self(0x9000);

    /// A beginning in the midst of something else, or a continuation of nothing.
    pub const NOT_ALLOWED: Self = Self(0x6980);

    /// What it means.
    pub fn meaning(self) -> Meaning {
        match self.0 {
            0x9000 => Meaning::Ok,
            0x5515 | 0x6982 | 0x5303 => Meaning::Locked,
            0x6985 | 0x5501 => Meaning::Rejected,
            0x5502 => Meaning::NotInitialized,
            0x6d00 | 0x6e00 => Meaning::UnknownCommand,
            other => Meaning::Refused(explain(other)),
        }
    }

    /// The error that it is, on the device named `device`; `app` and `needed` are the versions of
    /// the app that is open and of the first that knows the command.
    pub fn error(self, device: &str, app: &str, needed: &str) -> DeviceError {
        let device = device.to_owned();
        match self.meaning() {
            Meaning::Locked => DeviceError::Locked(device),
            Meaning::Rejected => DeviceError::Rejected(device),
            Meaning::NotInitialized => DeviceError::NotInitialized(device),
            Meaning::UnknownCommand => {
                DeviceError::AppTooOld { found: app.to_owned(), needed: needed.to_owned() }
            }
            Meaning::Refused(why) => {
                DeviceError::Refused { device, code: self.to_string(), message: why.to_owned() }
            }
            Meaning::Ok => DeviceError::protocol(&device, "success where there was none"),
        }
    }
}

/// What is known about the status words that are nobody's choice.
fn explain(code: u16) -> &'static str {
    match code {
        0x6a80 => "the data is invalid, or a setting of the app forbids it",
        0x6a15 => "the app may not use this derivation path",
        0x6a87 => "the length is wrong",
        0x6b00 => "a parameter is wrong",
        0x6980 => "the app was in the midst of something else",
        0x6501 => "the transaction's type is not supported",
        0x6984 => "a plugin is missing",
        0x6a84 => "the device is out of memory",
        0x6a88 => "not found",
        0x6807 => "there is no such app",
        0x670a => "no app was named",
        0x5223 => "an internal error of the system",
        0x6800..=0x6fff => "an internal error of the app",
        _ => "an unknown status word",
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
