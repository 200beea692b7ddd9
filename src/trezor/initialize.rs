//! Sessions in codec v1: begun, come back to and ended by messages of their own.

use trezor_client::protos::{
    EndSession, EthereumAddress, EthereumGetAddress, Failure, Features, Initialize,
};

use super::{
    channel::ChannelError,
    failure,
    session::{Session, is},
};
use crate::{device::DeviceError, interact::Interact, path::DerivationPath, transport::Wait};

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
            let wait = Wait::uncancelled(self.timeouts.reply / ATTEMPTS);
            match self.wire.receive(wait) {
                Ok(message) if is::<Features>(&message) => return self.parse(&message).map(Some),
                Ok(message) if is::<Failure>(&message) => {
                    let answer: Failure = self.parse(&message)?;
                    // It speaks THP, and will say so again.
                    if failure::is_invalid_protocol(&answer) {
                        return Ok(None);
                    }
                    last = Some(failure::error(&self.name, &answer));
                }
                Ok(message) => {
                    last = Some(self.unexpected(&message));
                    // It took this for the rest of a message that had been cut short.
                    self.cancel();
                }
                Err(ChannelError::Stopped(_)) => {
                    let completed = self.wire.complete();
                    completed.map_err(|e| e.into_device_error(&self.name))?;
                    // What was cut short may show something by now, in the midst of which a One
                    // would begin another session.
                    if self.id.is_some() {
                        self.cancel();
                    }
                }
                Err(error @ ChannelError::Codec(_)) => {
                    last = Some(error.into_device_error(&self.name));
                }
                Err(error) => return Err(error.into_device_error(&self.name)),
            }
        }
        let silent = DeviceError::Timeout { device: self.name.clone(), after: self.timeouts.reply };
        Err(last.unwrap_or(silent))
    }
}
