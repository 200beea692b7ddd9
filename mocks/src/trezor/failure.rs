//! Failure messages: a code, and a text that differs between the two firmwares.

use super::{
    Reply, kind,
    model::Model,
    protobuf::{Malformed, Writer},
};

/// A failure. The recorded One is a debug build, which puts file and line before the text:
/// `place`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failure {
    code: u64,
    place: &'static str,
    one: &'static str,
    core: &'static str,
}

pub(super) const CANCELLED: Failure = Failure::new(4, "Action cancelled by user", "Cancelled");
pub(super) const NOT_INITIALIZED: Failure =
    Failure::new(11, "Device not initialized", "Device is not initialized");
pub(super) const INVALID_SESSION: Failure =
    Failure::new(14, "Invalid session", "Invalid session").at("config.c:584");
pub(super) const UNKNOWN_MESSAGE: Failure =
    Failure::new(1, "Unknown message", "Unexpected message").at("messages.c:257");
/// Core firmware has no text for this one.
pub(super) const TOO_BIG: Failure = Failure::new(3, "Message too big", "");
/// Core firmware's answer to a packet that is not part of a message.
pub(super) const INVALID_MAGIC: Failure = Failure::new(99, "", "Invalid magic");
/// Never occurs in practice: one path in 2^127 has no key.
pub(super) const NO_KEY: Failure =
    Failure::new(9, "Failed to derive private key", "Failed to derive private key").at("fsm.c:270");

impl Failure {
    pub(super) const fn new(code: u64, one: &'static str, core: &'static str) -> Self {
        Self { code, place: "", one, core }
    }

    /// The same failure, raised at `place` in the One's source.
    pub(super) const fn at(self, place: &'static str) -> Self {
        Self { place, ..self }
    }

    /// The failure for a malformed message.
    pub(super) fn malformed(malformed: Malformed) -> Self {
        let (one, core) = match malformed {
            Malformed::EndInKey | Malformed::End => ("end-of-stream", "Failed to decode message"),
            Malformed::Varint => ("varint overflow", "Failed to decode message"),
            Malformed::WireType => {
                ("invalid wire_type", "Failed to decode message: Unknown field type.")
            }
        };
        Self::new(3, one, core)
    }

    pub(super) fn reply(&self, model: Model) -> Reply {
        let text = match model {
            Model::One => format!("{}:{}", self.place, self.one),
            _ => self.core.to_owned(),
        };
        (kind::FAILURE, Writer::default().number(1, self.code).text(2, &text).finish())
    }
}
