//! One APDU there, one reply back.

use zeroize::Zeroizing;

use super::{
    Apdu, Reply,
    framing::{self, Assembler, FramingError},
};
use crate::{
    device::DeviceError,
    transport::{Link, Stopped, TransportError, Wait},
};

/// Carries one APDU at a time to an app.
pub trait Exchange: Send {
    /// Sends `apdu`, once, and waits for its reply. An APDU is never sent again, for the first may
    /// be on the device's screen; a second one would take its place.
    fn exchange(&mut self, apdu: &Apdu, wait: Wait<'_>) -> Result<Reply, ExchangeError>;
}

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// The link failed.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Packets were lost or damaged.
    #[error(transparent)]
    Framing(#[from] FramingError),
    /// A reply without a status word.
    #[error("a reply without a status word")]
    NoStatusWord,
    /// An answer is outstanding on a stream that cannot tell one answer from another.
    #[error("an answer to an earlier request is outstanding")]
    Outstanding,
    /// Time is up, or the user gave up.
    #[error("no reply")]
    Stopped(Stopped),
}

impl From<Stopped> for ExchangeError {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

impl ExchangeError {
    /// The error that it is, on the device named `device`.
    pub fn into_device_error(self, device: &str) -> DeviceError {
        match self {
            Self::Transport(error) => DeviceError::transport(device, error),
            Self::Outstanding => DeviceError::Busy(device.to_owned()),
            Self::Stopped(Stopped::TimedOut(after)) => {
                DeviceError::Timeout { device: device.to_owned(), after }
            }
            Self::Stopped(Stopped::Cancelled) => DeviceError::Declined("interrupted".to_owned()),
            error @ (Self::Framing(_) | Self::NoStatusWord) => {
                DeviceError::protocol(device, error.to_string())
            }
        }
    }
}

/// Exchanges over 64-byte packets.
pub struct HidExchange<L> {
    link: L,
    /// Devices answer on the channel on which they are asked. Every exchange has its own, so that
    /// what still comes of one is never taken for the next.
    channel: u16,
    /// Whether the device may still wait for the rest of an APDU.
    cut_short: bool,
}

/// The first channel, where there is no randomness to choose one.
const CHANNEL: u16 = 0x0101;

impl<L: Link> HidExchange<L> {
    /// Exchanges over `link`, on channels that begin somewhere by chance, so that answers to
    /// another program (or to an earlier run of this one) are not taken for ours.
    pub fn new(link: L) -> Self {
        let channel = getrandom::u32().map_or(CHANNEL, |n| (n >> 16) as u16);
        Self { link, channel, cut_short: false }
    }

    fn attempt(
        &mut self,
        apdu: &Apdu,
        wait: Wait<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, ExchangeError> {
        if self.cut_short {
            self.link.send(&framing::reset(self.channel))?;
        }
        for packet in framing::packets(self.channel, &apdu.to_bytes())? {
            self.link.send(&packet)?;
        }
        let mut assembler = Assembler::new(self.channel);
        loop {
            if let Some(packet) = self.link.receive(wait.slice()?)?.map(Zeroizing::new)
                && let Some(reply) = assembler.push(&packet)?
            {
                return Ok(reply);
            }
        }
    }
}

impl<L: Link> Exchange for HidExchange<L> {
    fn exchange(&mut self, apdu: &Apdu, wait: Wait<'_>) -> Result<Reply, ExchangeError> {
        self.channel = self.channel.wrapping_add(1);
        let reply = self.attempt(apdu, wait);
        self.cut_short = reply.is_err();
        Reply::from_bytes(reply?).ok_or(ExchangeError::NoStatusWord)
    }
}

impl<E: Exchange + ?Sized> Exchange for Box<E> {
    fn exchange(&mut self, apdu: &Apdu, wait: Wait<'_>) -> Result<Reply, ExchangeError> {
        (**self).exchange(apdu, wait)
    }
}
