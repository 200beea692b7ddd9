//! A THP connection: allocates and encrypts a channel, and exchanges messages over it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use protobuf::Message as _;
use trezor_client::protos::ThpDeviceProperties;
use trezor_thp::{
    ChannelIO,
    channel::{
        Phase,
        host::{ChannelOpen, Mux},
    },
};

use super::{
    crypto::{Channel, Primitives},
    keys::{Keys, Lookup},
    pairing::{Pairings, PairingsError},
    pipe::{Pipe, Sends, broken},
};
use crate::{
    transport::{Link, Wait},
    trezor::{channel::ChannelError, codec_v1::Message},
};

/// More messages than any device queues for a host that does not read.
const MAX_STALE: usize = 64;

/// The session without a seed, also used for pairing.
const NO_SESSION: u8 = 0;

/// The connection to a device that speaks THP. Its channel can end and be opened again.
pub(in crate::trezor) struct Thp {
    pipe: Pipe,
    reply: Duration,
    pub(super) pairings: Arc<dyn Pairings>,
    /// Errors of pairings that could not be read, until the user has been told.
    pub(super) unread: Vec<PairingsError>,
    channel: Option<Channel>,
    pub(super) keys: Option<Arc<Keys>>,
    /// The device's unencrypted description of itself.
    pub(super) properties: ThpDeviceProperties,
    /// The session to which requests are sent.
    session: u8,
    /// The session that was begun last.
    last_session: u8,
    /// Whether the user was asked for the session's passphrase, so that the session cannot be created
    /// again without the user.
    pub(super) has_passphrase: bool,
}

impl Sends for Channel {
    fn retry(&self) -> Option<u8> {
        self.sending_retry()
    }
}

impl Sends for ChannelOpen<Lookup, Primitives> {
    fn retry(&self) -> Option<u8> {
        self.sending_retry()
    }
}

impl Thp {
    pub(in crate::trezor) fn new(
        link: Box<dyn Link>,
        pairings: Arc<dyn Pairings>,
        reply: Duration,
    ) -> Self {
        Self {
            pipe: Pipe::new(link, reply),
            reply,
            pairings,
            unread: Vec::new(),
            channel: None,
            keys: None,
            properties: ThpDeviceProperties::new(),
            session: NO_SESSION,
            last_session: NO_SESSION,
            has_passphrase: false,
        }
    }

    /// Allocates a channel and does the handshake, with the key of an earlier pairing if there is
    /// one. A locked device refuses, unless `unlock` is set: then it asks for its PIN, and `wait` is
    /// the time limit for its user.
    pub(super) fn connect(&mut self, unlock: bool, wait: Wait<'_>) -> Result<(), ChannelError> {
        self.close();
        let (pairings, unread) = self.pairings.load();
        self.unread = unread;
        let keys = Keys::new(pairings).map_err(|_| ChannelError::Lost("no random bytes"))?;
        let keys = Arc::new(keys);
        let mut opening = self.allocate(unlock, keys.clone())?;
        self.properties = ThpDeviceProperties::parse_from_bytes(opening.device_properties())
            .map_err(|_| ChannelError::Lost("the properties are not valid protobuf"))?;
        // An invalid version number selects the oldest version.
        let version = |number: u32| u8::try_from(number).unwrap_or_default();
        opening.set_device_protocol_version(
            version(self.properties.protocol_version_major()),
            version(self.properties.protocol_version_minor()),
        );
        self.pipe.pump(&mut opening, wait, ChannelOpen::handshake_done)?;
        self.pipe.flush(&mut opening)?;
        self.channel = Some(opening.complete().map_err(broken)?);
        self.session = NO_SESSION;
        self.keys = Some(keys);
        Ok(())
    }

    /// Requests a channel from the device.
    fn allocate(
        &mut self,
        unlock: bool,
        keys: Arc<Keys>,
    ) -> Result<ChannelOpen<Lookup, Primitives>, ChannelError> {
        let wait = Wait::uncancelled(self.reply);
        let again = self.reply / 4;
        let mut mux = Mux::<Primitives>::new();
        let mut asked: Option<Instant> = None;
        while !mux.channel_alloc_ready() {
            // Requests are not acknowledged, so they are repeated until an answer arrives.
            if asked.is_none_or(|asked| asked.elapsed() >= again) {
                mux = Mux::new();
                mux.request_channel(unlock);
                self.pipe.flush(&mut mux)?;
                asked = Some(Instant::now());
            }
            if let Some(packet) = self.pipe.receive(wait.slice()?.min(again))? {
                // Packets that do not answer this request belong to other programs.
                let _ = mux.packet_in(&packet, &mut []);
            }
        }
        mux.complete(Lookup(keys)).map_err(broken)
    }

    pub(in crate::trezor) fn is_open(&self) -> bool {
        self.channel.as_ref().is_some_and(|channel| !channel.is_failed())
    }

    /// Whether the device recognized this computer as paired. `None` once pairing is over.
    pub(super) fn paired(&self) -> Option<trezor_thp::channel::PairingState> {
        match self.channel.as_ref()?.phase() {
            Phase::PairingCredential { handshake_pairing_state } => Some(handshake_pairing_state),
            Phase::EncryptedTransport => None,
        }
    }

    /// Ends pairing. All further messages are the application's.
    pub(super) fn end_pairing(&mut self) {
        if let Some(channel) = &mut self.channel {
            channel.end_pairing();
        }
    }

    pub(super) fn handshake_hash(&self) -> Result<[u8; 32], ChannelError> {
        self.channel.as_ref().map(|channel| *channel.handshake_hash()).ok_or(CLOSED)
    }

    /// Directs all further requests to a session that has not been used before.
    pub(super) fn begin_session(&mut self) {
        self.last_session = self.last_session.checked_add(1).unwrap_or(NO_SESSION + 1);
        self.session = self.last_session;
    }

    /// Forgets the channel. The device forgets it in time.
    pub(in crate::trezor) fn close(&mut self) {
        self.channel = None;
    }

    pub(in crate::trezor) fn send(&mut self, message: &Message) -> Result<(), ChannelError> {
        let wait = Wait::uncancelled(self.reply);
        let channel = self.channel.as_mut().ok_or(CLOSED)?;
        let sent = self.pipe.send(channel, self.session, message.kind, &message.payload, wait);
        self.unless_broken(sent)
    }

    pub(in crate::trezor) fn receive(&mut self, wait: Wait<'_>) -> Result<Message, ChannelError> {
        loop {
            let channel = self.channel.as_mut().ok_or(CLOSED)?;
            let received = self.pipe.message(channel, wait);
            let (session, kind, payload) = self.unless_broken(received)?;
            // Answers in other sessions are stale.
            if session == self.session {
                return Ok(Message { kind, payload });
            }
        }
    }

    /// Discards messages that have already arrived.
    pub(in crate::trezor) fn drain(&mut self) -> Result<(), ChannelError> {
        for _ in 0..MAX_STALE {
            match self.receive(Wait::uncancelled(Duration::from_millis(1))) {
                Ok(_) => {}
                Err(ChannelError::Stopped(_)) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Closes the channel after a message that was not delivered, or after a packet that broke it:
    /// the two ends would no longer agree on the next message.
    fn unless_broken<T>(&mut self, result: Result<T, ChannelError>) -> Result<T, ChannelError> {
        let unsent = self.channel.as_ref().is_some_and(|channel| !channel.message_in_ready());
        if result.is_err() && (unsent || !self.is_open()) {
            self.close();
        }
        result
    }
}

const CLOSED: ChannelError = ChannelError::Lost("it is closed");
