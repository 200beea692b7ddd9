//! Sessions in codec v1: begun, come back to and ended by messages of their own.

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

/// How often Initialize is sent before a device counts as silent: one to which a message was cut
/// short takes the first for a part of it.
const ATTEMPTS: u32 = 3;

impl Session {
    /// The device's features, in the session that began with the first call of this; `None` from a
    /// device that speaks THP.
    pub(super) fn initialized(&mut self) -> Result<Option<Features>, DeviceError> {
        if self.id.is_some() && !self.in_step {
            // A One that is initialized in the midst of something begins another session, whatever
            // session it is asked for.
            self.cancel();
        }
        let Some(features) = self.initialize()? else { return Ok(None) };
        // A device that has forgotten a session silently begins another, in which another
        // passphrase may hold.
        if self.id.is_some() && self.id != features.session_id {
            return Err(failure::session_ended(&self.name));
        }
        if self.id.is_none() {
            self.id.clone_from(&features.session_id);
            self.seed_at_hand = false;
        }
        self.know(&features);
        self.in_step = true;
        Ok(Some(features))
    }

    /// Has the device ask for PIN and passphrase now, by asking for what needs them.
    pub(super) fn unlock(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        let mut request = EthereumGetAddress::new();
        request.address_n = DerivationPath::check_address().levels().to_vec();
        self.call::<_, EthereumAddress>(&request, None, user).map(drop)
    }

    /// Ends the session, and with it the passphrase's hold, and begins a new one.
    pub(super) fn renew_initialized(&mut self, user: &mut dyn Interact) -> Result<(), DeviceError> {
        if !self.in_step {
            self.initialize()?;
        }
        self.asked = false;
        self.send(&EndSession::new())?;
        match self.converse(None, user) {
            // It had ended before, which will do.
            Ok(_) | Err(DeviceError::Refused { .. } | DeviceError::Unsupported { .. }) => {}
            Err(error) => return Err(error),
        }
        self.id = None;
        self.initialized().map(drop)
    }

    /// Sends Initialize, which ends whatever the device is at, until Features come.
    fn initialize(&mut self) -> Result<Option<Features>, DeviceError> {
        let mut request = Initialize::new();
        request.session_id.clone_from(&self.id);
        let mut last = None;
        for _ in 0..ATTEMPTS {
            self.wire.drain().map_err(|e| e.into_device_error(&self.name))?;
            self.send(&request)?;
            let heard = match self.hear(Wait::uncancelled(self.timeouts.reply / ATTEMPTS))? {
                Heard::Nothing => self.settle()?,
                heard => heard,
            };
            match heard {
                Heard::Features(features) => return Ok(Some(*features)),
                Heard::Thp => return Ok(None),
                Heard::Refusal(error) => last = Some(error),
                // It took this for the rest of a message that had been cut short.
                Heard::Other(error) => {
                    last = Some(error);
                    self.cancel();
                }
                Heard::Nothing => {}
            }
        }
        Err(last.unwrap_or_else(|| self.silent()))
    }

    /// The answer to Initialize. Failures that answer what was sent before it are skipped.
    fn hear(&mut self, wait: Wait<'_>) -> Result<Heard, DeviceError> {
        loop {
            let message = match self.wire.receive(wait) {
                Ok(message) => message,
                Err(ChannelError::Stopped(_)) => return Ok(Heard::Nothing),
                Err(error @ ChannelError::Codec(_)) => {
                    return Ok(Heard::Refusal(error.into_device_error(&self.name)));
                }
                Err(error) => return Err(error.into_device_error(&self.name)),
            };
            if is::<Features>(&message) {
                return Ok(Heard::Features(Box::new(self.parse(&message)?)));
            }
            if !is::<Failure>(&message) {
                return Ok(Heard::Other(self.unexpected(&message)));
            }
            let failure: Failure = self.parse(&message)?;
            // It speaks THP, and will say so again.
            if failure::is_invalid_protocol(&failure) {
                return Ok(Heard::Thp);
            }
            // Initialize asks nobody, and cannot fail in the firmware.
            if !failure::is_cancelled(&failure) && !failure::is_of_firmware(&failure) {
                return Ok(Heard::Refusal(failure::error(&self.name, &failure)));
            }
        }
    }

    /// Finds out why nothing was heard. A device that is slow gives the Features now. One to which a
    /// message was cut short took Initialize for a part of it: the message is completed, and what it
    /// shows is cancelled, for in the midst of that a One would begin another session. The echo of a
    /// Ping says that every answer before it has come.
    fn settle(&mut self) -> Result<Heard, DeviceError> {
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
                self.late = true;
                // A bootloader may echo nothing.
                if late.bootloader_mode() {
                    return Ok(Heard::Features(Box::new(late)));
                }
                features = Some(late);
                wait = Wait::uncancelled(self.timeouts.reply);
            } else if is::<Failure>(&message) {
                let failure: Failure = self.parse(&message)?;
                if failure::is_invalid_protocol(&failure) {
                    return Ok(Heard::Thp);
                }
            } else if is::<Success>(&message) && self.parse::<Success>(&message)?.message() == echo
            {
                self.strays = false;
                break;
            }
        }
        Ok(features.map_or(Heard::Nothing, |features| Heard::Features(Box::new(features))))
    }

    fn silent(&self) -> DeviceError {
        DeviceError::Timeout { device: self.name.clone(), after: self.timeouts.reply * SLOW }
    }
}

/// What comes when Initialize was sent.
enum Heard {
    Features(Box<Features>),
    /// It speaks THP.
    Thp,
    Refusal(DeviceError),
    /// A message that does not answer it.
    Other(DeviceError),
    Nothing,
}
