//! Failure messages: a code, and a text that the two firmwares word differently.

use super::{
    Reply, kind,
    model::Model,
    protobuf::{Malformed, Writer},
};

/// A reason why the device does not do something. The recorded One is a debug build, which puts
/// file and line before the text: `place`.
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
/// Core firmware says nothing of this one.
pub(super) const TOO_BIG: Failure = Failure::new(3, "Message too big", "");
/// Of core firmware, to a packet that is not part of a message.
pub(super) const INVALID_MAGIC: Failure = Failure::new(99, "", "Invalid magic");
/// No path and no key that a mock is asked for leads here: one in 2^127.
pub(super) const NO_KEY: Failure =
    Failure::new(9, "Failed to derive private key", "Failed to derive private key").at("fsm.c:270");

impl Failure {
    pub(super) const fn new(code: u64, one: &'static str, core: &'static str) -> Self {
        Self { code, place: "", one, core }
    }

    /// The same, raised at `place` in the One's source.
    pub(super) const fn at(self, place: &'static str) -> Self {
        Self { place, ..self }
    }

    /// Why the message that came could not be read.
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
