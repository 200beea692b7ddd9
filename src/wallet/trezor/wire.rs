//! How messages come and go: in codec v1, or over THP.

use super::{
    channel::{Channel, ChannelError},
    codec_v1::Message,
    thp::channel::Thp,
};
use crate::transport::Wait;

/// The protocol that a device speaks, and its messages in it.
pub(super) enum Wire {
    CodecV1(Channel),
    Thp(Box<Thp>),
    /// Between the two: nothing is there.
    None,
}

impl Wire {
    pub(super) fn send(&mut self, message: &Message) -> Result<(), ChannelError> {
        match self {
            Self::CodecV1(channel) => channel.send(message),
            Self::Thp(thp) => thp.send(message),
            Self::None => Err(NONE),
        }
    }

    pub(super) fn receive(&mut self, wait: Wait<'_>) -> Result<Message, ChannelError> {
        match self {
            Self::CodecV1(channel) => channel.receive(wait),
            Self::Thp(thp) => thp.receive(wait),
            Self::None => Err(NONE),
        }
    }

    /// Ends a message that was cut short on its way to the device, where that may be what it waits
    /// for.
    pub(super) fn complete(&mut self) -> Result<(), ChannelError> {
        match self {
            Self::CodecV1(channel) => channel.complete(),
            // What is not acknowledged is sent again there.
            Self::Thp(_) => Ok(()),
            Self::None => Err(NONE),
        }
    }

    /// Throws away what has come already: answers to somebody before, or the rest of a damaged one.
    pub(super) fn drain(&mut self) -> Result<(), ChannelError> {
        match self {
            Self::CodecV1(channel) => channel.drain(),
            Self::Thp(thp) => thp.drain(),
            Self::None => Err(NONE),
        }
    }
}

const NONE: ChannelError = ChannelError::Lost("there is none");
