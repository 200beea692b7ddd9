//! Moves packets between a link and the vendor's state machines, and sends them again until they are
//! acknowledged.

use std::time::{Duration, Instant};

use trezor_thp::{
    ChannelIO, Error,
    channel::{PacketInResult, SEND_BUFFER_OVERHEAD, retransmit_after_ms},
    error::TransportError as Refusal,
};
use zeroize::Zeroizing;

use crate::{
    transport::{Link, Packet, TransportError, Wait},
    trezor::channel::ChannelError,
};

/// The longest message that a 16-bit length can announce.
const MAX_INCOMING: usize = u16::MAX as usize;

/// A link, and the buffers for one message in each direction. They hold plaintext and are wiped.
pub(super) struct Pipe {
    link: Box<dyn Link>,
    outgoing: Zeroizing<Vec<u8>>,
    incoming: Zeroizing<Vec<u8>>,
    /// The longest wait before a packet without acknowledgement is sent again.
    again: Duration,
    /// Whether the device has reported that it is busy with another program.
    busy: bool,
}

/// A state machine that counts how many times it has sent its message.
pub(super) trait Sends: ChannelIO {
    /// How many times the message was sent again; `None` if no acknowledgement is outstanding.
    fn retry(&self) -> Option<u8>;
}

impl Pipe {
    /// A pipe over `link` to a device that answers within `reply` unless it waits for its user.
    pub(super) fn new(link: Box<dyn Link>, reply: Duration) -> Self {
        let incoming = Zeroizing::new(vec![0; MAX_INCOMING]);
        Self { link, outgoing: Zeroizing::default(), incoming, again: reply / 4, busy: false }
    }

    /// Moves packets until `done` returns true. It is called after each received packet.
    pub(super) fn pump<C: Sends>(
        &mut self,
        io: &mut C,
        wait: Wait<'_>,
        done: impl Fn(&C) -> bool,
    ) -> Result<(), ChannelError> {
        self.busy = false;
        let mut sent = Instant::now();
        loop {
            self.flush(io)?;
            if done(io) {
                return Ok(());
            }
            let slice = wait
                .slice()
                .map_err(|stopped| if self.busy { ChannelError::Busy } else { stopped.into() })?;
            let due = io.retry().map(|retry| self.due(retry).saturating_sub(sent.elapsed()));
            let slice = due.map_or(slice, |due| slice.min(due.max(Duration::from_millis(1))));
            if let Some(packet) = self.receive(slice)? {
                self.take(io, &packet)?;
            }
            if io.retry().is_some_and(|retry| sent.elapsed() >= self.due(retry)) {
                io.message_retransmit().map_err(broken)?;
                sent = Instant::now();
            }
        }
    }

    /// How long to wait for an acknowledgement before the message is sent again.
    fn due(&self, retry: u8) -> Duration {
        Duration::from_millis(retransmit_after_ms(retry).into()).min(self.again)
    }

    /// Sends the outgoing packets of `io`.
    pub(super) fn flush(&mut self, io: &mut impl ChannelIO) -> Result<(), ChannelError> {
        while io.packet_out_ready() {
            let mut packet: Packet = [0; 64];
            io.packet_out(&mut packet, &self.outgoing).map_err(broken)?;
            self.link.send(&packet)?;
        }
        Ok(())
    }

    /// The next packet. One of the wrong size counts as lost, and will be sent again.
    pub(super) fn receive(&mut self, wait: Duration) -> Result<Option<Packet>, ChannelError> {
        match self.link.receive(wait) {
            Err(TransportError::Io { .. }) => Ok(None),
            other => Ok(other?),
        }
    }

    fn take(&mut self, io: &mut impl ChannelIO, packet: &Packet) -> Result<(), ChannelError> {
        match io.packet_in(packet, &mut self.incoming) {
            PacketInResult::TransportError { error: Refusal::TransportBusy } => {
                self.busy = true;
                Ok(())
            }
            PacketInResult::TransportError { error: Refusal::DeviceLocked } => {
                Err(ChannelError::Locked)
            }
            PacketInResult::TransportError { error } => Err(ChannelError::Lost(error.as_str())),
            PacketInResult::Failed { .. } => Err(ChannelError::Lost("a packet is invalid")),
            // Damaged (and so sent again), repeated, or on another channel.
            PacketInResult::Ignored { .. } => Ok(()),
            _ => {
                self.busy = false;
                Ok(())
            }
        }
    }

    /// Encrypts a message and sends it until it is acknowledged.
    pub(super) fn send<C: Sends>(
        &mut self,
        io: &mut C,
        session: u8,
        kind: u16,
        payload: &[u8],
        wait: Wait<'_>,
    ) -> Result<(), ChannelError> {
        self.outgoing = Zeroizing::new(vec![0; payload.len() + SEND_BUFFER_OVERHEAD]);
        io.message_in_from(session, kind, payload, &mut self.outgoing).map_err(broken)?;
        self.pump(io, wait, C::message_in_ready)
    }

    /// Receives, decrypts and acknowledges the next message: its session, type and payload.
    pub(super) fn message<C: Sends>(
        &mut self,
        io: &mut C,
        wait: Wait<'_>,
    ) -> Result<(u8, u16, Zeroizing<Vec<u8>>), ChannelError> {
        self.pump(io, wait, C::message_out_ready)?;
        let (session, kind, payload) = io.message_out(&mut self.incoming).map_err(broken)?;
        let message = (session, kind, Zeroizing::new(payload.to_vec()));
        self.incoming.fill(0);
        self.flush(io)?;
        Ok(message)
    }
}

/// Converts an error of the vendor's state machine.
pub(super) fn broken(error: Error) -> ChannelError {
    ChannelError::Lost(match error {
        Error::UnexpectedInput => "a message is not allowed in this state",
        Error::NotReady => "it is not ready",
        Error::MalformedData => "a message is malformed",
        Error::InvalidChecksum => "a checksum is wrong",
        Error::InsufficientBuffer => "a message is too long",
        Error::CryptoError => "a message cannot be decrypted",
    })
}
