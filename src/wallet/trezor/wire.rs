//! Sends and receives messages in codec v1 or over THP.

use super::{
    channel::{Channel, ChannelError},
    codec_v1::Message,
    thp::channel::Thp,
};
use crate::transport::Wait;

/// A connection in the device's protocol.
pub(super) enum Wire {
    CodecV1(Channel),
    Thp(Box<Thp>),
    /// While switching from one protocol to the other.
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

    /// Completes a truncated message, if the device may be waiting for the rest of it.
    pub(super) fn complete(&mut self) -> Result<(), ChannelError> {
        match self {
            Self::CodecV1(channel) => channel.complete(),
            // THP sends packets again until they are acknowledged.
            Self::Thp(_) => Ok(()),
            Self::None => Err(NONE),
        }
    }

    /// Discards messages that have already arrived: answers to earlier programs, or the rest of a
    /// damaged one.
    pub(super) fn drain(&mut self) -> Result<(), ChannelError> {
        match self {
            Self::CodecV1(channel) => channel.drain(),
            Self::Thp(thp) => thp.drain(),
            Self::None => Err(NONE),
        }
    }
}

const NONE: ChannelError = ChannelError::Lost("it is not open");
