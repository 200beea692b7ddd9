//! Sends and receives whole messages over a link (codec v1).

use std::{collections::VecDeque, time::Duration};

use zeroize::Zeroizing;

use super::codec_v1::{self, Assembler, CodecError, Message};
use crate::{
    device::DeviceError,
    transport::{Link, Packet, Stopped, TransportError, Wait},
};

/// More packets than any device queues for a host that does not read.
const MAX_STALE: usize = 2048;

/// More packets than any message sent here has, except texts of four kilobytes.
const MOST_MISSING: usize = 64;

/// A connection in codec v1.
pub(super) struct Channel {
    link: Box<dyn Link>,
    /// Packets that arrived while a message was being completed.
    early: VecDeque<Zeroizing<Packet>>,
}

/// A message could not be sent or received.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChannelError {
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error(transparent)]
    Codec(#[from] CodecError),
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// THP: another program is using a channel.
    #[error("it is busy")]
    Busy,
    /// THP: the PIN must be entered first.
    #[error("it is locked")]
    Locked,
    /// THP: the channel has ended, for this reason.
    #[error("{0}")]
    Lost(&'static str),
}

impl ChannelError {
    /// Converts it into the error of the device named `device`.
    pub(super) fn into_device_error(self, device: &str) -> DeviceError {
        match self {
            Self::Transport(error) => DeviceError::transport(device, error),
            Self::Codec(error) => DeviceError::protocol(device, error.to_string()),
            Self::Stopped(stopped) => DeviceError::stopped(device, stopped),
            Self::Busy => DeviceError::Busy(device.to_owned()),
            Self::Locked => DeviceError::Locked(device.to_owned()),
            Self::Lost(why) => {
                DeviceError::protocol(device, format!("the encrypted channel failed: {why}"))
            }
        }
    }
}

impl Channel {
    pub(super) fn new(link: Box<dyn Link>) -> Self {
        Self { link, early: VecDeque::new() }
    }

    /// Returns the link, for use with another protocol.
    pub(super) fn into_link(self) -> Box<dyn Link> {
        self.link
    }

    pub(super) fn send(&mut self, message: &Message) -> Result<(), ChannelError> {
        for packet in codec_v1::packets(message)?.iter() {
            self.link.send(packet)?;
        }
        Ok(())
    }

    /// Completes a truncated message: a device that waits for the rest accepts any packet as a part of
    /// it. Stops at the first answer. A One that waits for a new message ignores these packets; core
    /// firmware answers each with a failure.
    pub(super) fn complete(&mut self) -> Result<(), ChannelError> {
        for _ in 0..MOST_MISSING {
            self.link.send(&codec_v1::EMPTY)?;
            if let Some(packet) = self.link.receive(Duration::ZERO)? {
                self.early.push_back(Zeroizing::new(packet));
                break;
            }
        }
        Ok(())
    }

    fn packet(&mut self, wait: Wait<'_>) -> Result<Option<Zeroizing<Packet>>, ChannelError> {
        if let Some(packet) = self.early.pop_front() {
            return Ok(Some(packet));
        }
        Ok(self.link.receive(wait.slice()?)?.map(Zeroizing::new))
    }

    pub(super) fn receive(&mut self, wait: Wait<'_>) -> Result<Message, ChannelError> {
        let mut assembler = Assembler::default();
        loop {
            if let Some(packet) = self.packet(wait)?
                && let Some(message) = assembler.push(&packet)?
            {
                return Ok(message);
            }
        }
    }

    /// Discards packets that have already arrived: answers to earlier programs, or the rest of a
    /// damaged one.
    pub(super) fn drain(&mut self) -> Result<(), ChannelError> {
        self.early.clear();
        for _ in 0..MAX_STALE {
            match self.link.receive(Duration::ZERO) {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                // A packet of the wrong size is stale as well.
                Err(TransportError::Io { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
