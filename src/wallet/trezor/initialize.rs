//! Sessions in codec v1: begun, resumed and ended by their own messages.

use trezor_client::protos::{
    Cancel, EndSession, EthereumAddress, EthereumGetAddress, Failure, Features, Initialize, Ping,
    Success,
};

use super::{
    channel::ChannelError,
    failure,
    session::{SLOW, Session, is},
};
use crate::{device::DeviceError, interact::Interact, transport::Wait};
use stockade_base::path::DerivationPath;

/// The number of times Initialize is sent before the device counts as silent. After a truncated
/// message, a device takes the first Initialize for a part of it.
const ATTEMPTS: u32 = 3;

impl Session {
    /// The device's features, in the session that the first call began. `None` if the device speaks
    /// THP.
    pub(super) fn initialized(&mut self) -> Result<Option<Features>, DeviceError> {
        if self.id.is_some() && !self.in_step {
            // A One that is initialized during a request begins another session, whichever session
            // is requested.
            self.cancel();
        }
        let Some(features) = self.initialize()? else { return Ok(None) };
        // A device that has forgotten a session silently begins another, which may use another
        // passphrase.
        if self.id.is_some() && self.id != features.session_id {
            return Err(failure::session_ended(&self.name));
        }
        if self.id.is_none() {
            self.id.clone_from(&features.session_id);
            self.seed_derived = false;
        }
        self.remember(&features);
        self.in_step = true;
        Ok(Some(features))
    }

    /// Makes the device ask for PIN and passphrase now, with a request that needs them.
    pub(super) fn unlock(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        let mut request = EthereumGetAddress::new();
        request.address_n = DerivationPath::check_address().levels().to_vec();
        self.call::<_, EthereumAddress>(&request, None, user).map(drop)
    }

    /// Ends the session and the use of its passphrase, and begins a new one.
    pub(super) fn renew_initialized(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        if !self.in_step {
            self.initialize()?;
        }
        self.asked = false;
        self.send(&EndSession::new())?;
        match self.converse(None, user) {
            // It has already ended.
            Ok(_) | Err(DeviceError::Refused { .. } | DeviceError::Unsupported { .. }) => {}
            Err(error) => return Err(error),
        }
        self.id = None;
        self.initialized().map(drop)
    }

    /// Sends Initialize, which ends any request, until the device answers with Features.
    fn initialize(&mut self) -> Result<Option<Features>, DeviceError> {
        let mut request = Initialize::new();
        request.session_id.clone_from(&self.id);
        let mut last = None;
        for _ in 0..ATTEMPTS {
            self.wire.drain().map_err(|e| e.into_device_error(&self.name))?;
            self.send(&request)?;
            let wait = Wait::uncancelled(self.timeouts.reply / ATTEMPTS);
            let answer = match self.receive_features(wait)? {
                Answer::Nothing => self.resynchronize()?,
                answer => answer,
            };
            match answer {
                Answer::Features(features) => return Ok(Some(*features)),
                Answer::Thp => return Ok(None),
                Answer::Refusal(error) => last = Some(error),
                // It took this for the rest of a truncated message.
                Answer::Other(error) => {
                    last = Some(error);
                    self.cancel();
                }
                Answer::Nothing => {}
            }
        }
        Err(last.unwrap_or_else(|| self.silent()))
    }

    /// Receives the answer to Initialize. Failures that answer earlier messages are skipped.
    fn receive_features(&mut self, wait: Wait<'_>) -> Result<Answer, DeviceError> {
        loop {
            let message = match self.wire.receive(wait) {
                Ok(message) => message,
                Err(ChannelError::Stopped(_)) => return Ok(Answer::Nothing),
                Err(error @ ChannelError::Codec(_)) => {
                    return Ok(Answer::Refusal(error.into_device_error(&self.name)));
                }
                Err(error) => return Err(error.into_device_error(&self.name)),
            };
            if is::<Features>(&message) {
                return Ok(Answer::Features(Box::new(self.parse(&message)?)));
            }
            if !is::<Failure>(&message) {
                return Ok(Answer::Other(self.unexpected(&message)));
            }
            let failure: Failure = self.parse(&message)?;
            // It speaks THP, and answers every further message in the same way.
            if failure::is_invalid_protocol(&failure) {
                return Ok(Answer::Thp);
            }
            // Initialize does not involve the user, and cannot fail in the firmware.
            if !failure::is_cancelled(&failure) && !failure::is_of_firmware(&failure) {
                return Ok(Answer::Refusal(failure::error(&self.name, &failure)));
            }
        }
    }

    /// Finds out why there was no answer. A slow device sends its Features now. A device that waits
    /// for the rest of a truncated message took Initialize for a part of it; that message is
    /// completed, and its prompt cancelled, because during a prompt a One would begin another session.
    /// The echo of a Ping marks the end of all earlier answers.
    fn resynchronize(&mut self) -> Result<Answer, DeviceError> {
        self.strays = true;
        self.wire.complete().map_err(|e| e.into_device_error(&self.name))?;
        self.send(&Cancel::new())?;
        let echo = format!("Stockade {:08x}", getrandom::u32().unwrap_or_default());
        let mut ping = Ping::new();
        ping.message = Some(echo.clone());
        self.send(&ping)?;
        let mut features = None;
        let mut wait = Wait::uncancelled(self.timeouts.reply * SLOW);
        loop {
            let message = match self.wire.receive(wait) {
                Ok(message) => message,
                // The rest of a damaged answer.
                Err(ChannelError::Codec(_)) => continue,
                Err(ChannelError::Stopped(_)) if features.is_some() => break,
                Err(ChannelError::Stopped(_)) => return Err(self.silent()),
                Err(error) => return Err(error.into_device_error(&self.name)),
            };
            if is::<Features>(&message) {
                let late: Features = self.parse(&message)?;
                self.slow = true;
                // A bootloader may echo nothing.
                if late.bootloader_mode() {
                    return Ok(Answer::Features(Box::new(late)));
                }
                features = Some(late);
                wait = Wait::uncancelled(self.timeouts.reply);
            } else if is::<Failure>(&message) {
                let failure: Failure = self.parse(&message)?;
                if failure::is_invalid_protocol(&failure) {
                    return Ok(Answer::Thp);
                }
            } else if is::<Success>(&message) && self.parse::<Success>(&message)?.message() == echo
            {
                self.strays = false;
                break;
            }
        }
        Ok(features.map_or(Answer::Nothing, |features| Answer::Features(Box::new(features))))
    }

    fn silent(&self) -> DeviceError {
        DeviceError::Timeout { device: self.name.clone(), after: self.timeouts.reply * SLOW }
    }
}

/// The answer to Initialize.
enum Answer {
    Features(Box<Features>),
    /// The device speaks THP.
    Thp,
    Refusal(DeviceError),
    /// A message that does not answer Initialize.
    Other(DeviceError),
    Nothing,
}
