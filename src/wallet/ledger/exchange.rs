//! Exchanges one APDU for one reply.

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
    /// Sends `apdu` once, and waits for its reply. Implementations never send an APDU twice: the
    /// first may be on the device's screen, and a second would replace it.
    fn exchange(&mut self, apdu: &Apdu, wait: Wait<'_>) -> Result<Reply, ExchangeError>;
}

/// There is no reply.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// The connection failed.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Packets were lost or damaged.
    #[error(transparent)]
    Framing(#[from] FramingError),
    /// The reply has no status word.
    #[error("the reply has no status word")]
    NoStatusWord,
    /// A reply is outstanding on a stream, which cannot tell one reply from another.
    #[error("the reply to an earlier request is outstanding")]
    Outstanding,
    /// The time is up, or the user cancelled.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl ExchangeError {
    /// Converts it into the error of the device named `device`.
    pub fn into_device_error(self, device: &str) -> DeviceError {
        match self {
            Self::Transport(error) => DeviceError::transport(device, error),
            Self::Outstanding => DeviceError::Busy(device.to_owned()),
            Self::Stopped(stopped) => DeviceError::stopped(device, stopped),
            error @ (Self::Framing(_) | Self::NoStatusWord) => {
                DeviceError::protocol(device, error.to_string())
            }
        }
    }
}

/// Exchanges over 64-byte packets.
pub struct HidExchange<L> {
    link: L,
    /// Devices reply on the channel of the request. Every exchange has its own, so that late packets
    /// are never taken for the next reply.
    channel: u16,
    /// Whether the device may still wait for the rest of an APDU.
    truncated: bool,
}

/// The first channel, if there are no random bytes to choose one.
const CHANNEL: u16 = 0x0101;

impl<L: Link> HidExchange<L> {
    /// Exchanges over `link`. The first channel is random, so that replies to other programs, or to
    /// earlier runs of this one, are ignored.
    pub fn new(link: L) -> Self {
        let channel = getrandom::u32().map_or(CHANNEL, |n| (n >> 16) as u16);
        Self { link, channel, truncated: false }
    }

    fn attempt(
        &mut self,
        apdu: &Apdu,
        wait: Wait<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, ExchangeError> {
        if self.truncated {
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
        self.truncated = reply.is_err();
        Reply::from_bytes(reply?).ok_or(ExchangeError::NoStatusWord)
    }
}

impl<E: Exchange + ?Sized> Exchange for Box<E> {
    fn exchange(&mut self, apdu: &Apdu, wait: Wait<'_>) -> Result<Reply, ExchangeError> {
        (**self).exchange(apdu, wait)
    }
}
