//! The conversation: one request, whatever the device asks in between, one answer.

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
    failure, features, secrets,
    thp::{NoPairings, Pairings},
    wire::Wire,
};
use crate::{
    device::{DeviceError, State, Timeouts},
    interact::{Attention, Interact},
    transport::{Link, Wait},
};

/// More questions than any request brings; a device that asks on for ever is given up.
const MAX_QUESTIONS: usize = 256;

/// A One has no way to refuse an address: "no" shows it as a QR code, and "no" again as text. Who
/// says no this often does not mean yes.
const MAX_ADDRESS_SCREENS: usize = 16;

/// How often Cancel is sent: a device to which a message was cut short takes the first for the
/// rest of it.
const ATTEMPTS: u32 = 3;

/// How many times the usual wait a slow answer gets.
pub(super) const SLOW: u32 = 4;

/// How long a device that was told to cancel is waited for.
const CANCEL: Duration = Duration::from_millis(250);

/// What can be seen of a device without asking anybody.
pub(super) enum Sight {
    Features(Box<Features>),
    /// It speaks THP, and says no more than this before its user lets this computer connect.
    Hidden {
        internal_model: String,
        state: State,
    },
}

/// A device that answers, and the session in which its passphrase holds.
pub(super) struct Session {
    pub(super) wire: Wire,
    pub(super) name: String,
    pub(super) timeouts: Timeouts,
    /// Where pairings over THP are kept.
    pub(super) pairings: Arc<dyn Pairings>,
    /// The id of the session in codec v1.
    pub(super) id: Option<Vec<u8>>,
    is_one: bool,
    /// Whether the device waits for a request; if not, what comes next may answer an earlier one.
    pub(super) in_step: bool,
    /// Whether the device needs longer for an answer than most.
    pub(super) late: bool,
    /// Whether answers may still come to packets that were not part of a message.
    pub(super) strays: bool,
    /// Whether the device has asked its user anything since the request that it is at.
    pub(super) asked: bool,
    /// Whether this session's seed was used before, and so need not be derived again.
    pub(super) seed_at_hand: bool,
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
            late: false,
            strays: false,
            asked: false,
            seed_at_hand: false,
        }
    }

    /// What can be known of the device without asking anybody anything.
    pub(super) fn look(&mut self) -> Result<Sight, DeviceError> {
        if matches!(self.wire, Wire::CodecV1(_))
            && let Some(features) = self.initialized()?
        {
            return Ok(Sight::Features(Box::new(features)));
        }
        self.look_over_thp()
    }

    /// Makes the device talk to this computer, asking its user whatever that takes: its features.
    pub(super) fn enter(&mut self, user: &mut dyn Interact) -> Result<Features, DeviceError> {
        match self.look()? {
            Sight::Features(features) => Ok(*features),
            Sight::Hidden { .. } => self.enter_over_thp(user),
        }
    }

    /// Opens the wallet behind it: PIN and passphrase. Its features after that.
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
                // A locked device told less.
                self.resume(user)?;
                self.initialized()?.ok_or_else(|| self.changed_protocol())
            }
        }
    }

    /// Ends the session, and with it the passphrase's hold, and begins a new one.
    pub(super) fn renew(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        match self.wire {
            Wire::Thp(_) => self.renew_over_thp(user),
            _ => self.renew_initialized(user),
        }
    }

    /// Has the device wait for a request, in the session of before.
    fn resume(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        match self.wire {
            Wire::Thp(_) => self.resume_over_thp(user),
            _ => self.initialized()?.map(drop).ok_or_else(|| self.changed_protocol()),
        }
    }

    fn changed_protocol(&self) -> DeviceError {
        DeviceError::protocol(&self.name, "it speaks another protocol than before")
    }

    /// Keeps what `features` tell of the device's name and kind.
    pub(super) fn know(&mut self, features: &Features) {
        self.name = features::identity(features, false).name();
        self.is_one = features::is_one(features);
    }

    /// Sends `request` and gives its answer, seeing to whatever the device asks in between.
    /// `attention` is what the user sees meanwhile, where the request itself shows something.
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
        // Nothing is due, so whatever is there answers something else.
        self.wire.drain().map_err(|e| e.into_device_error(&self.name))?;
        self.go_on(request, attention, user)
    }

    /// The same within a conversation: nothing is thrown away before.
    pub(super) fn go_on<Q: TrezorMessage, A: TrezorMessage>(
        &mut self,
        request: &Q,
        attention: Option<Attention<'_>>,
        user: &mut dyn Interact,
    ) -> Result<A, DeviceError> {
        self.send(request)?;
        let message = self.converse(attention, user)?;
        let answer = self.parse(&message)?;
        self.in_step = true;
        self.seed_at_hand = true;
        Ok(answer)
    }

    /// Answers the device's questions until something else comes.
    pub(super) fn converse(
        &mut self,
        attention: Option<Attention<'_>>,
        user: &mut dyn Interact,
    ) -> Result<Message, DeviceError> {
        // Deriving the seed takes the oldest devices seconds.
        let is_quick = self.seed_at_hand && !self.late;
        let mut patience = self.timeouts.reply * if is_quick { 1 } else { SLOW };
        let mut attention = attention;
        let is_address = matches!(attention, Some(Attention::Address));
        for _ in 0..if is_address { MAX_ADDRESS_SCREENS } else { MAX_QUESTIONS } {
            let message = match self.fresh(Wait::new(patience, &|| user.cancelled())) {
                Ok(message) => message,
                Err(error) => {
                    // Whatever the device shows is taken off its screen.
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
                Some(MessageType::MessageType_PinMatrixRequest) => self.answer_pin(user)?,
                Some(MessageType::MessageType_PassphraseRequest) => {
                    self.answer_passphrase(user)?;
                    attention = attention.or(Some(Attention::Passphrase));
                }
                Some(MessageType::MessageType_Failure) => return Err(self.failure(&message)),
                // The late answer to an Initialize that was sent more than once.
                Some(MessageType::MessageType_Features) => {}
                _ => return Ok(message),
            }
            // From here on a person is asked, or the device works on what a person entered.
            patience = patience.max(self.timeouts.user);
        }
        self.cancel();
        match is_address {
            true => Err(DeviceError::Rejected(self.name.clone())),
            false => Err(DeviceError::protocol(
                &self.name,
                "it asks without end. Whoever goes back and forth between its screens: end with yes or no",
            )),
        }
    }

    /// The next message that is not the late answer to what was sent before the request.
    fn fresh(&mut self, wait: Wait<'_>) -> Result<Message, ChannelError> {
        loop {
            let message = self.wire.receive(wait)?;
            if !self.is_stale(&message) {
                return Ok(message);
            }
        }
    }

    /// Nobody can have refused what nobody was asked: such a failure answers an earlier Cancel. THP
    /// has channels for that.
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

    fn answer_pin(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        match secrets::pin(&self.name, user) {
            Ok(ack) => self.send(&*ack),
            Err(error) => {
                self.cancel();
                Err(error)
            }
        }
    }

    fn answer_passphrase(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        match secrets::passphrase(&self.name, !self.is_one, user) {
            Ok(ack) => self.send(&*ack),
            Err(error) => {
                self.cancel();
                Err(error)
            }
        }
    }

    /// Has the device drop what it is at, so that it can be used afterwards. Whether that worked
    /// shows when it is asked the next time.
    pub(super) fn cancel(&mut self) {
        let mut silent = 0;
        for _ in 0..2 * ATTEMPTS {
            if silent == ATTEMPTS || self.send(&Cancel::new()).is_err() {
                return;
            }
            let wait = Wait::uncancelled(self.timeouts.reply.min(CANCEL));
            match self.wire.receive(wait) {
                Ok(message) if is::<Failure>(&message) => return,
                // It took this for the rest of a message that had been cut short, and shows that now.
                Ok(_) => {}
                Err(_) => silent += 1,
            }
        }
    }

    /// Sends `message`; until its answer has come, nothing else makes sense.
    pub(super) fn send<M: TrezorMessage>(&mut self, message: &M) -> Result<(), DeviceError> {
        let unsendable = |_| DeviceError::protocol(&self.name, "a request that cannot be sent");
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
            .map_err(|_| DeviceError::protocol(&self.name, "a message that is no protobuf"))
    }

    pub(super) fn unexpected(&self, message: &Message) -> DeviceError {
        DeviceError::protocol(&self.name, format!("message {} was not expected", message.kind))
    }

    /// The error that a failure message is.
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
    // Ids are 16 bits on the wire; the vendor's table holds no other.
    u16::try_from(M::MESSAGE_TYPE.value()).unwrap_or(u16::MAX)
}
