//! Whole messages over a link.

use std::{collections::VecDeque, time::Duration};

use zeroize::Zeroizing;

use super::codec_v1::{self, Assembler, CodecError, Message};
use crate::{
    device::DeviceError,
    transport::{Link, Packet, Stopped, TransportError, Wait},
};

/// More packets than any device keeps for a host that does not read.
const MAX_STALE: usize = 2048;

/// More packets than any message has that Stockade sends, but for texts of four kilobytes.
const MOST_MISSING: usize = 64;

/// Sends and receives messages.
pub(super) struct Channel {
    link: Box<dyn Link>,
    /// Packets that came while a message was being completed.
    early: VecDeque<Zeroizing<Packet>>,
}

/// Why no message came or went.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChannelError {
    #[error(transparent)]
    Transport(#[from] TransportError),
    #[error(transparent)]
    Codec(#[from] CodecError),
    #[error("no message")]
    Stopped(Stopped),
    /// THP: another program has a channel in use.
    #[error("it is busy")]
    Busy,
    /// THP: its PIN comes first.
    #[error("it is locked")]
    Locked,
    /// THP: the channel has ended, and why.
    #[error("{0}")]
    Lost(&'static str),
}

impl From<Stopped> for ChannelError {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

impl ChannelError {
    /// The error that it is, on the device named `device`.
    pub(super) fn into_device_error(self, device: &str) -> DeviceError {
        match self {
            Self::Transport(error) => DeviceError::transport(device, error),
            Self::Codec(error) => DeviceError::protocol(device, error.to_string()),
            Self::Stopped(Stopped::TimedOut(after)) => {
                DeviceError::Timeout { device: device.to_owned(), after }
            }
            Self::Stopped(Stopped::Cancelled) => DeviceError::Declined("interrupted".to_owned()),
            Self::Busy => DeviceError::Busy(device.to_owned()),
            Self::Locked => DeviceError::Locked(device.to_owned()),
            Self::Lost(why) => {
                DeviceError::protocol(device, format!("its encrypted channel broke: {why}"))
            }
        }
    }
}

impl Channel {
    pub(super) fn new(link: Box<dyn Link>) -> Self {
        Self { link, early: VecDeque::new() }
    }

    /// Gives the link back, for another protocol.
    pub(super) fn into_link(self) -> Box<dyn Link> {
        self.link
    }

    pub(super) fn send(&mut self, message: &Message) -> Result<(), ChannelError> {
        for packet in codec_v1::packets(message)?.iter() {
            self.link.send(packet)?;
        }
        Ok(())
    }

    /// Completes a message that was cut short: a device that waits for the rest of it takes any
    /// packet as a part. The first answer ends this. A One that waits for a message ignores these
    /// packets; core firmware answers each with a failure.
    pub(super) fn complete(&mut self) -> Result<(), ChannelError> {
        for _ in 0..MOST_MISSING {
            self.link.send(&codec_v1::NOTHING)?;
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

    /// Throws away what has come already: answers to somebody before, or the rest of a damaged one.
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
