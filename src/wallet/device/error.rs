//! Errors of devices: the cause, and the raw code that the device sent.

use std::time::Duration;

use super::Refusal;
use crate::transport::{Stopped, TransportError};

/// A device did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// No such device is connected.
    #[error("no device found at {0}")]
    NotFound(String),
    /// Several connected devices match.
    #[error("`{spec}` matches several devices: choose one of {}", choices.join(", "))]
    Ambiguous {
        /// The device that was requested.
        spec: String,
        /// The matching devices.
        choices: Vec<String>,
    },
    /// Another program is using it, or it is doing something else.
    #[error("{0} is busy with something else")]
    Busy(String),
    /// The operating system denies access.
    #[error("no permission to open {0}")]
    Permission(String),
    /// No answer in time.
    #[error("no answer from the {device} within {} seconds", after.as_secs_f32())]
    Timeout {
        /// The device's name.
        device: String,
        /// The time limit.
        after: Duration,
    },
    /// It was unplugged, or its connection broke.
    #[error("the {0} was disconnected")]
    Disconnected(String),
    /// Its PIN must be entered first.
    #[error("the {0} is locked")]
    Locked(String),
    /// Another app is open.
    #[error("the {device} has `{open}` open, not the {wanted} app")]
    WrongApp {
        /// The device's name.
        device: String,
        /// The app that is open.
        open: String,
        /// The app that is needed.
        wanted: String,
    },
    /// The app is too old for the command.
    #[error("the {found} is too old: {needed} or later is needed")]
    AppTooOld {
        /// The app's name and version.
        found: String,
        /// The first version that has the command.
        needed: String,
    },
    /// It has no seed yet.
    #[error("the {0} is not set up yet")]
    NotInitialized(String),
    /// It cannot do this at all.
    #[error("the {device} cannot {what}")]
    Unsupported {
        /// The device's name.
        device: String,
        /// The request, as a verb: "sign with BLS keys".
        what: String,
    },
    /// It would refuse this, so it was not asked.
    #[error(transparent)]
    Foreseen(#[from] Refusal),
    /// It refused on its own: its user did not press anything.
    #[error("the {device} refused ({code}): {message}")]
    Refused {
        /// The device's name.
        device: String,
        /// The raw status word or failure code, as the vendor's documents write it.
        code: String,
        /// What is known about the code.
        message: String,
    },
    /// Its answer violates the protocol.
    #[error("the {device} sent an invalid answer: {message}")]
    Protocol {
        /// The device's name.
        device: String,
        /// What is wrong with the answer.
        message: String,
    },
    /// Its user rejected the request on the device.
    #[error("rejected on the {0}")]
    Rejected(String),
    /// The user cancelled on this computer, or did not enter a PIN or passphrase. The text says which.
    #[error("{0}")]
    Declined(String),
}

impl DeviceError {
    /// The user interrupted the operation on this computer.
    pub fn cancelled() -> Self {
        Self::Declined("cancelled".to_owned())
    }

    /// An answer that violates the protocol.
    pub fn protocol(device: &str, message: impl Into<String>) -> Self {
        Self::Protocol { device: device.to_owned(), message: message.into() }
    }

    /// A request that the device cannot fulfil; `what` is a verb, "sign with BLS keys".
    pub fn unsupported(device: &str, what: impl Into<String>) -> Self {
        Self::Unsupported { device: device.to_owned(), what: what.into() }
    }

    /// A wait for the device that ended without an answer.
    pub fn stopped(device: &str, stopped: Stopped) -> Self {
        match stopped {
            Stopped::TimedOut(after) => Self::Timeout { device: device.to_owned(), after },
            Stopped::Cancelled => Self::cancelled(),
        }
    }

    /// A failed connection to the device named `device`.
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
