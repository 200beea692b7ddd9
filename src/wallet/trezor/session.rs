//! A conversation with the device: one request, the device's questions, one answer.

use std::{sync::Arc, time::Duration};

use protobuf::Enum;
use trezor_client::{
    TrezorMessage,
    protos::{
        ButtonAck, ButtonRequest, Cancel, Failure, Features, MessageType,
        button_request::ButtonRequestType,
    },
};

use super::{
    channel::{Channel, ChannelError},
    codec_v1::Message,
    failure, features,
    secrets::{self, Wiped},
    thp::{NoPairings, Pairings},
    wire::Wire,
};
use crate::{
    device::{DeviceError, State, Timeouts},
    interact::{Attention, Interact},
    transport::{Link, Wait},
};

/// More questions than any request leads to; a device that asks more often is cancelled.
const MAX_QUESTIONS: usize = 256;

/// On a One, an address cannot be rejected: "no" shows it as a QR code, and another "no" as text. This
/// many times "no" counts as a rejection.
const MAX_ADDRESS_SCREENS: usize = 16;

/// The number of times Cancel is sent. After a truncated message, a device takes the first Cancel for
/// a part of it.
const ATTEMPTS: u32 = 3;

/// A slow answer may take this many times the usual wait.
pub(super) const SLOW: u32 = 4;

/// How long to wait for the answer to Cancel.
const CANCEL: Duration = Duration::from_millis(250);

/// What a device reports without involving its user.
pub(super) enum Probe {
    Features(Box<Features>),
    /// It speaks THP, and reports only this until its user allows this computer to connect.
    Hidden {
        internal_model: String,
        state: State,
    },
}

/// A device, and the session in which its passphrase is used.
pub(super) struct Session {
    pub(super) wire: Wire,
    pub(super) name: String,
    pub(super) timeouts: Timeouts,
    /// Where pairings over THP are kept.
    pub(super) pairings: Arc<dyn Pairings>,
    /// The id of the session in codec v1.
    pub(super) id: Option<Vec<u8>>,
    is_one: bool,
    /// Whether the device waits for a request. Otherwise the next message may answer an earlier one.
    pub(super) in_step: bool,
    /// Whether the device answers more slowly than most.
    pub(super) slow: bool,
    /// Whether answers to packets that were not part of a message may still arrive.
    pub(super) strays: bool,
    /// Whether the device has asked its user anything during the current request.
    pub(super) asked: bool,
    /// Whether the device has already derived this session's seed.
    pub(super) seed_derived: bool,
}

impl Session {
    pub(super) fn new(link: Box<dyn Link>, timeouts: Timeouts) -> Self {
        Self {
            wire: Wire::CodecV1(Channel::new(link)),
            name: "Trezor".to_owned(),
            timeouts,
            pairings: Arc::new(NoPairings),
            id: None,
            is_one: false,
            in_step: false,
            slow: false,
            strays: false,
            asked: false,
            seed_derived: false,
        }
    }

    /// Asks the device about itself, without involving its user.
    pub(super) fn probe(&mut self) -> Result<Probe, DeviceError> {
        if matches!(self.wire, Wire::CodecV1(_))
            && let Some(features) = self.initialized()?
        {
            return Ok(Probe::Features(Box::new(features)));
        }
        self.probe_over_thp()
    }

    /// Connects to the device, asking its user as needed. Returns its features.
    pub(super) fn connect(&mut self, user: &mut dyn Interact) -> Result<Features, DeviceError> {
        match self.probe()? {
            Probe::Features(features) => Ok(*features),
            Probe::Hidden { .. } => self.connect_over_thp(user),
        }
    }

    /// Opens the wallet with PIN and passphrase. Returns the features after that.
    pub(super) fn open_wallet(
        &mut self,
        features: Features,
        user: &mut dyn Interact,
    ) -> Result<Features, DeviceError> {
        match self.wire {
            Wire::Thp(_) => self.open_wallet_over_thp(&features, user),
            _ if features::opens_silently(&features) => Ok(features),
            _ => {
                self.unlock(user)?;
                // A locked device reported fewer features.
                self.resume(user)?;
                self.initialized()?.ok_or_else(|| self.changed_protocol())
            }
        }
    }

    /// Ends the session and the use of its passphrase, and begins a new one.
    pub(super) fn renew(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        match self.wire {
            Wire::Thp(_) => self.renew_over_thp(user),
            _ => self.renew_initialized(user),
        }
    }

    /// Makes the device wait for a request, in the current session.
    fn resume(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        match self.wire {
            Wire::Thp(_) => self.resume_over_thp(user),
            _ => self.initialized()?.map(drop).ok_or_else(|| self.changed_protocol()),
        }
    }

    fn changed_protocol(&self) -> DeviceError {
        DeviceError::protocol(&self.name, "it has switched to another protocol")
    }

    /// Remembers the device's name and model.
    pub(super) fn remember(&mut self, features: &Features) {
        self.name = features::identity(features, false).name();
        self.is_one = features::is_one(features);
    }

    /// Sends `request` and returns its answer, answering the device's questions in between.
    /// `attention` is what the device shows, if the request shows something.
    pub(super) fn call<Q: TrezorMessage, A: TrezorMessage>(
        &mut self,
        request: &Q,
        attention: Option<Attention<'_>>,
        user: &mut dyn Interact,
    ) -> Result<A, DeviceError> {
        if !self.in_step {
            self.resume(user)?;
        }
        self.asked = false;
        // No answer is outstanding, so messages that have arrived are stale.
        self.wire.drain().map_err(|e| e.into_device_error(&self.name))?;
        self.continue_call(request, attention, user)
    }

    /// Like [`call`](Self::call), within a conversation: nothing is discarded first.
    pub(super) fn continue_call<Q: TrezorMessage, A: TrezorMessage>(
        &mut self,
        request: &Q,
        attention: Option<Attention<'_>>,
        user: &mut dyn Interact,
    ) -> Result<A, DeviceError> {
        self.send(request)?;
        let message = self.converse(attention, user)?;
        let answer = self.parse(&message)?;
        self.in_step = true;
        self.seed_derived = true;
        Ok(answer)
    }

    /// Answers the device's questions until it sends something else.
    pub(super) fn converse(
        &mut self,
        attention: Option<Attention<'_>>,
        user: &mut dyn Interact,
    ) -> Result<Message, DeviceError> {
        // Deriving the seed takes the oldest devices seconds.
        let is_quick = self.seed_derived && !self.slow;
        let mut time_limit = self.timeouts.reply * if is_quick { 1 } else { SLOW };
        let mut attention = attention;
        let is_address = matches!(attention, Some(Attention::Address));
        for _ in 0..if is_address { MAX_ADDRESS_SCREENS } else { MAX_QUESTIONS } {
            let received = self.receive_current(Wait::new(time_limit, &|| user.cancelled()));
            let message = match received {
                Ok(message) => message,
                Err(error) => {
                    // Removes the prompt from the device's screen.
                    self.cancel();
                    return Err(error.into_device_error(&self.name));
                }
            };
            let kind = MessageType::from_i32(message.kind.into());
            self.asked |= matches!(
                kind,
                Some(
                    MessageType::MessageType_ButtonRequest
                        | MessageType::MessageType_PinMatrixRequest
                        | MessageType::MessageType_PassphraseRequest
                )
            );
            match kind {
                Some(MessageType::MessageType_ButtonRequest) => {
                    self.answer_button(&message, attention.unwrap_or(Attention::Other), user)?;
                }
                Some(MessageType::MessageType_PinMatrixRequest) => {
                    let pin = secrets::pin(&self.name, user);
                    self.send_secret(pin)?;
                }
                Some(MessageType::MessageType_PassphraseRequest) => {
                    let passphrase = secrets::passphrase(&self.name, !self.is_one, user);
                    self.send_secret(passphrase)?;
                    attention = attention.or(Some(Attention::Passphrase));
                }
                Some(MessageType::MessageType_Failure) => return Err(self.failure(&message)),
                // The late answer to an Initialize that was sent more than once.
                Some(MessageType::MessageType_Features) => {}
                _ => return Ok(message),
            }
            // From now on the device waits for its user, or processes the user's input.
            time_limit = time_limit.max(self.timeouts.user);
        }
        self.cancel();
        if is_address {
            Err(DeviceError::Rejected(self.name.clone()))
        } else {
            Err(DeviceError::protocol(
                &self.name,
                "it keeps asking. If you are switching between its screens, confirm or reject",
            ))
        }
    }

    /// Receives the next message that is not a late answer to an earlier message.
    fn receive_current(&mut self, wait: Wait<'_>) -> Result<Message, ChannelError> {
        loop {
            let message = self.wire.receive(wait)?;
            if !self.is_stale(&message) {
                return Ok(message);
            }
        }
    }

    /// A rejection before the user was asked answers an earlier Cancel. THP needs no such check: it has
    /// channels.
    fn is_stale(&self, message: &Message) -> bool {
        if !matches!(self.wire, Wire::CodecV1(_)) || !is::<Failure>(message) {
            return false;
        }
        self.parse::<Failure>(message).is_ok_and(|failure| {
            (failure::is_cancelled(&failure) && !self.asked)
                || (failure::is_of_firmware(&failure) && self.strays)
        })
    }

    fn answer_button(
        &mut self,
        message: &Message,
        attention: Attention<'_>,
        user: &mut dyn Interact,
    ) -> Result<(), DeviceError> {
        let request: ButtonRequest = self.parse(message)?;
        let attention = match request.code() {
            ButtonRequestType::ButtonRequest_PinEntry => Attention::Pin,
            ButtonRequestType::ButtonRequest_PassphraseEntry => Attention::Passphrase,
            _ => attention,
        };
        user.look_at_device(&self.name, attention);
        self.send(&ButtonAck::new())
    }

    /// Sends the user's answer, or cancels the request if there is none.
    fn send_secret<M: TrezorMessage>(
        &mut self,
        answer: Result<Wiped<M>, DeviceError>,
    ) -> Result<(), DeviceError> {
        match answer {
            Ok(answer) => self.send(&*answer),
            Err(error) => {
                self.cancel();
                Err(error)
            }
        }
    }

    /// Makes the device drop its current request, so that it can be used again. The next request
    /// shows whether that worked.
    pub(super) fn cancel(&mut self) {
        let mut silent = 0;
        for _ in 0..2 * ATTEMPTS {
            if silent == ATTEMPTS || self.send(&Cancel::new()).is_err() {
                return;
            }
            let wait = Wait::uncancelled(self.timeouts.reply.min(CANCEL));
            match self.wire.receive(wait) {
                Ok(message) if is::<Failure>(&message) => return,
                // It took this for the rest of a truncated message, and now shows that message.
                Ok(_) => {}
                Err(_) => silent += 1,
            }
        }
    }

    /// Sends `message`. Until its answer arrives, the device is not ready for a request.
    pub(super) fn send<M: TrezorMessage>(&mut self, message: &M) -> Result<(), DeviceError> {
        let unsendable = |_| DeviceError::protocol(&self.name, "the request cannot be encoded");
        let payload = message.write_to_bytes().map_err(unsendable)?.into();
        self.send_message(&Message { kind: kind::<M>(), payload })
    }

    pub(super) fn send_message(&mut self, message: &Message) -> Result<(), DeviceError> {
        self.in_step = false;
        self.wire.send(message).map_err(|e| e.into_device_error(&self.name))
    }

    pub(super) fn parse<M: TrezorMessage>(&self, message: &Message) -> Result<M, DeviceError> {
        if !is::<M>(message) {
            return Err(self.unexpected(message));
        }
        M::parse_from_bytes(&message.payload)
            .map_err(|_| DeviceError::protocol(&self.name, "a message is not valid protobuf"))
    }

    pub(super) fn unexpected(&self, message: &Message) -> DeviceError {
        DeviceError::protocol(&self.name, format!("unexpected message of type {}", message.kind))
    }

    /// Converts a failure message into an error.
    fn failure(&mut self, message: &Message) -> DeviceError {
        match self.parse(message) {
            Ok(failure) => {
                self.in_step = failure::ends_request(&failure);
                failure::error(&self.name, &failure)
            }
            Err(error) => error,
        }
    }
}

pub(super) fn is<M: TrezorMessage>(message: &Message) -> bool {
    message.kind == kind::<M>()
}

/// The wire id of a message.
fn kind<M: TrezorMessage>() -> u16 {
    // Ids have 16 bits on the wire, and so do all in the vendor's table.
    u16::try_from(M::MESSAGE_TYPE.value()).unwrap_or(u16::MAX)
}
