//! Whose fault it is when a device does not do what was asked, with the raw code kept.

use std::time::Duration;

use super::Refusal;
use crate::transport::TransportError;
use stockade_base::reader::ReadError;

/// Why a device did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// No such device.
    #[error("no device found at {0}")]
    NotFound(String),
    /// Several devices are plugged in, and any of them may be meant.
    #[error("`{spec}` may be any of {}: name one", choices.join(", "))]
    Ambiguous {
        /// What was asked for.
        spec: String,
        /// What to ask for instead.
        choices: Vec<String>,
    },
    /// Another program talks to it, or it is in the midst of something else.
    #[error("{0} is busy with something else")]
    Busy(String),
    /// The system does not let this user open it.
    #[error("no permission to open {0}")]
    Permission(String),
    /// No answer in time.
    #[error("no answer from the {device} within {} seconds", after.as_secs_f32())]
    Timeout {
        /// Which device.
        device: String,
        /// How long it was waited for.
        after: Duration,
    },
    /// It went away.
    #[error("the {0} was disconnected")]
    Disconnected(String),
    /// Its PIN must be entered first.
    #[error("the {0} is locked")]
    Locked(String),
    /// Another app is open.
    #[error("the {device} has `{open}` open, not the {wanted} app")]
    WrongApp {
        /// Which device.
        device: String,
        /// The app that is open.
        open: String,
        /// The app that is needed.
        wanted: String,
    },
    /// The app is too old for what was asked.
    #[error("the {found} is too old: {needed} or later is needed")]
    AppTooOld {
        /// Its name and version.
        found: String,
        /// The oldest that will do.
        needed: String,
    },
    /// No words on it yet.
    #[error("the {0} holds no wallet yet")]
    NotInitialized(String),
    /// It cannot do this at all.
    #[error("the {device} cannot {what}")]
    Unsupported {
        /// Which device.
        device: String,
        /// What was asked.
        what: String,
    },
    /// It would refuse this: nobody was asked.
    #[error(transparent)]
    Foreseen(#[from] Refusal),
    /// It said no, and nobody pressed anything.
    #[error("the {device} refused ({code}): {message}")]
    Refused {
        /// Which device.
        device: String,
        /// The raw status word or failure code, as its documents write it.
        code: String,
        /// What is known about it.
        message: String,
    },
    /// Its answer is not what the protocol allows.
    #[error("the {device} answered against its protocol: {message}")]
    Protocol {
        /// Which device.
        device: String,
        /// What was wrong.
        message: String,
    },
    /// Its user said no on the device.
    #[error("rejected on the {0}")]
    Rejected(String),
    /// The user gave up on this computer (no PIN or passphrase entered, or interrupted).
    #[error("given up: {0}")]
    Declined(String),
}

impl DeviceError {
    /// An answer against the protocol.
    pub fn protocol(device: &str, message: impl Into<String>) -> Self {
        Self::Protocol { device: device.to_owned(), message: message.into() }
    }

    /// An answer whose fields do not fit its length.
    pub fn read(device: &str, error: &ReadError) -> Self {
        Self::protocol(device, error.to_string())
    }

    /// A link that failed under the device named `device`.
    pub fn transport(device: &str, error: TransportError) -> Self {
        match error {
            TransportError::NotFound(what) => Self::NotFound(what),
            TransportError::Busy(what) => Self::Busy(what),
            TransportError::Permission(what) => Self::Permission(what),
            TransportError::Disconnected => Self::Disconnected(device.to_owned()),
            other @ TransportError::Io { .. } => Self::protocol(device, other.to_string()),
        }
    }
}
