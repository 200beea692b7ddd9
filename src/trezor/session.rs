//! The conversation: one request, whatever the device asks in between, one answer.

use std::time::Duration;

use protobuf::Enum;
use trezor_client::{
    TrezorMessage,
    protos::{
        ButtonAck, ButtonRequest, Cancel, EndSession, EthereumAddress, EthereumGetAddress, Failure,
        Features, Initialize, MessageType, button_request::ButtonRequestType,
    },
};

use super::{
    channel::{Channel, ChannelError},
    codec_v1::Message,
    failure, features, secrets,
};
use crate::{
    device::{DeviceError, Timeouts},
    interact::{Attention, Interact},
    path::DerivationPath,
    transport::{Link, Wait},
};

/// More questions than any request brings; a device that asks on for ever is given up.
const MAX_QUESTIONS: usize = 256;

/// A One has no way to refuse an address: "no" shows it as a QR code, and "no" again as text. Who
/// says no this often does not mean yes.
const MAX_ADDRESS_SCREENS: usize = 16;

/// How often Initialize and Cancel are sent before a device counts as silent: one to which a
/// message was cut short takes the first for the rest of it.
const ATTEMPTS: u32 = 3;

/// How long a device that was told to cancel is waited for.
const CANCEL: Duration = Duration::from_millis(250);

/// A device that answers, and the session in which its passphrase holds.
pub(super) struct Session {
    channel: Channel,
    pub(super) name: String,
    timeouts: Timeouts,
    id: Option<Vec<u8>>,
    is_one: bool,
    /// Whether the device waits for a request; if not, what comes next may answer an earlier one.
    in_step: bool,
    /// Whether this session's seed was used before, and so need not be derived again.
    seed_at_hand: bool,
}

impl Session {
    pub(super) fn new(link: Box<dyn Link>, timeouts: Timeouts) -> Self {
        Self {
            channel: Channel::new(link),
            name: "Trezor".to_owned(),
            timeouts,
            id: None,
            is_one: false,
            in_step: false,
            seed_at_hand: false,
        }
    }

    /// The device's features, in the session that began with the first call of this.
    pub(super) fn features(&mut self) -> Result<Features, DeviceError> {
        if self.id.is_some() && !self.in_step {
            // A One that is initialized in the midst of something begins another session, whatever
            // session it is asked for.
            self.cancel();
        }
        let features = self.initialize()?;
        // A device that has forgotten a session silently begins another, in which another
        // passphrase may hold.
        if self.id.is_some() && self.id != features.session_id {
            return Err(failure::session_ended(&self.name));
        }
        if self.id.is_none() {
            self.id.clone_from(&features.session_id);
            self.seed_at_hand = false;
        }
        self.name = features::identity(&features, false).name();
        self.is_one = features::is_one(&features);
        self.in_step = true;
        Ok(features)
    }

    /// Has the device ask for PIN and passphrase now, by asking for what needs them.
    pub(super) fn unlock(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        let mut request = EthereumGetAddress::new();
        request.address_n = DerivationPath::check_address().levels().to_vec();
        self.call::<_, EthereumAddress>(&request, None, user).map(drop)
    }

    /// Ends the session, and with it the passphrase's hold, and begins a new one.
    pub(super) fn renew(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        if !self.in_step {
            self.initialize()?;
        }
        self.send(&EndSession::new())?;
        // A failure says that it had ended before, which will do.
        if let Err(error) = self.converse(None, user)
            && !self.in_step
        {
            return Err(error);
        }
        self.id = None;
        self.features().map(drop)
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
            self.features()?;
        }
        // Nothing is due, so whatever is there answers something else.
        self.channel.drain().map_err(|e| e.into_device_error(&self.name))?;
        self.send(request)?;
        let message = self.converse(attention, user)?;
        let answer = self.parse(&message)?;
        self.in_step = true;
        self.seed_at_hand = true;
        Ok(answer)
    }

    /// Answers the device's questions until something else comes.
    fn converse(
        &mut self,
        attention: Option<Attention<'_>>,
        user: &mut dyn Interact,
    ) -> Result<Message, DeviceError> {
        // Deriving the seed takes the oldest devices seconds.
        let mut patience = self.timeouts.reply * if self.seed_at_hand { 1 } else { 4 };
        let mut attention = attention;
        let is_address = matches!(attention, Some(Attention::Address));
        for _ in 0..if is_address { MAX_ADDRESS_SCREENS } else { MAX_QUESTIONS } {
            let message = match self.channel.receive(Wait::new(patience, &|| user.cancelled())) {
                Ok(message) => message,
                Err(error) => {
                    // Whatever the device shows is taken off its screen.
                    self.cancel();
                    return Err(error.into_device_error(&self.name));
                }
            };
            match MessageType::from_i32(message.kind.into()) {
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
            patience = self.timeouts.user;
        }
        self.cancel();
        match is_address {
            true => Err(DeviceError::Rejected(self.name.clone())),
            false => Err(DeviceError::protocol(&self.name, "it asks without end")),
        }
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
    fn cancel(&mut self) {
        for _ in 0..ATTEMPTS {
            if self.send(&Cancel::new()).is_err() {
                return;
            }
            let wait = Wait::uncancelled(self.timeouts.reply.min(CANCEL));
            // Anything else shows that it was the rest of a message that had been cut short.
            if self.channel.receive(wait).is_ok_and(|message| is::<Failure>(&message)) {
                return;
            }
        }
    }

    /// Sends Initialize, which ends whatever the device is at, until Features come.
    fn initialize(&mut self) -> Result<Features, DeviceError> {
        let mut request = Initialize::new();
        request.session_id.clone_from(&self.id);
        let mut last = None;
        for _ in 0..ATTEMPTS {
            self.channel.drain().map_err(|e| e.into_device_error(&self.name))?;
            self.send(&request)?;
            let wait = Wait::uncancelled(self.timeouts.reply / ATTEMPTS);
            match self.channel.receive(wait) {
                Ok(message) if is::<Features>(&message) => return self.parse(&message),
                Ok(message) if is::<Failure>(&message) => match self.failure(&message) {
                    // It speaks another protocol, and will say so again.
                    error @ DeviceError::Unsupported { .. } => return Err(error),
                    error => last = Some(error),
                },
                Ok(message) => last = Some(self.unexpected(&message)),
                Err(error @ ChannelError::Transport(_)) => {
                    return Err(error.into_device_error(&self.name));
                }
                Err(error @ ChannelError::Codec(_)) => {
                    last = Some(error.into_device_error(&self.name));
                }
                Err(ChannelError::Stopped(_)) => {}
            }
        }
        let silent = DeviceError::Timeout { device: self.name.clone(), after: self.timeouts.reply };
        Err(last.unwrap_or(silent))
    }

    /// Sends `message`; until its answer has come, nothing else makes sense.
    fn send<M: TrezorMessage>(&mut self, message: &M) -> Result<(), DeviceError> {
        self.in_step = false;
        let unsendable = |_| DeviceError::protocol(&self.name, "a request that cannot be sent");
        let payload = message.write_to_bytes().map_err(unsendable)?.into();
        let kind = kind::<M>();
        self.channel.send(&Message { kind, payload }).map_err(|e| e.into_device_error(&self.name))
    }

    fn parse<M: TrezorMessage>(&self, message: &Message) -> Result<M, DeviceError> {
        if !is::<M>(message) {
            return Err(self.unexpected(message));
        }
        M::parse_from_bytes(&message.payload)
            .map_err(|_| DeviceError::protocol(&self.name, "a message that is no protobuf"))
    }

    fn unexpected(&self, message: &Message) -> DeviceError {
        DeviceError::protocol(&self.name, format!("message {} was not expected", message.kind))
    }

    /// The error that a failure message is. The request it answers is done with.
    fn failure(&mut self, message: &Message) -> DeviceError {
        match self.parse(message) {
            Ok(failure) => {
                self.in_step = true;
                failure::error(&self.name, &failure)
            }
            Err(error) => error,
        }
    }
}

fn is<M: TrezorMessage>(message: &Message) -> bool {
    message.kind == kind::<M>()
}

/// The wire id of a message.
fn kind<M: TrezorMessage>() -> u16 {
    // Ids are 16 bits on the wire; the vendor's table holds no other.
    u16::try_from(M::MESSAGE_TYPE.value()).unwrap_or(u16::MAX)
}
