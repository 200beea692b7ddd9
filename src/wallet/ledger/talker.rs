//! Carries out commands, and waits as long as each needs.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{Apdu, Command, Exchange, StatusWord, commands::GetAppNameAndVersion};
use crate::{
    device::{DeviceError, Timeouts},
    interact::Interact,
    transport::Wait,
};

/// Keys are derived on the device, which takes the oldest ones so many times as long as another reply.
const DERIVING: u32 = 4;

/// Carries out commands.
pub(super) struct Talker {
    pub(super) exchange: Box<dyn Exchange>,
    pub(super) name: String,
    pub(super) timeouts: Timeouts,
    /// The app that is open and its version, for errors: "Ethereum app 1.22.0".
    pub(super) app: String,
    /// What was asked last got no answer, and the device may still show it.
    pub(super) unanswered: bool,
}

impl Talker {
    /// Carries out a command that needs nobody.
    pub(super) fn ask<C: Command>(
        &mut self,
        command: &C,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<C::Response, DeviceError> {
        self.run(command, self.timeouts.reply, cancelled)
    }

    /// Carries out a command, sending its user to the device where the app asks.
    pub(super) fn ask_user<C: Command>(
        &mut self,
        command: &C,
        user: &mut dyn Interact,
    ) -> Result<C::Response, DeviceError> {
        let wait = match command.attention() {
            Some(attention) => {
                user.look_at_device(&self.name, attention);
                self.timeouts.user
            }
            None => self.timeouts.reply * DERIVING,
        };
        self.run(command, wait, &|| user.cancelled())
    }

    fn run<C: Command>(
        &mut self,
        command: &C,
        wait: Duration,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<C::Response, DeviceError> {
        let apdus = command.apdus().map_err(|error| DeviceError::Unsupported {
            device: self.name.clone(),
            what: format!("take this request: {error}"),
        })?;
        if self.unanswered {
            // App 1.22.0 crashes when its user answers a prompt after a silent GET ADDRESS took its
            // place. A question that asks nothing of anybody takes the prompt away.
            let harmless = GetAppNameAndVersion.apdus().unwrap_or_default();
            let _ = self.send_all(&harmless, self.timeouts.reply, cancelled)?;
        }
        let mut reply = self.send_all(&apdus, wait, cancelled)?;
        if reply.as_ref().err() == Some(&StatusWord::NOT_ALLOWED) {
            // Somebody left the app in the midst of a message. It has shown nothing, and is ready
            // for a new one now that it said so.
            reply = self.send_all(&apdus, wait, cancelled)?;
        }
        let data = reply.map_err(|status| self.refusal::<C>(status))?;
        command.parse(&data).map_err(|e| DeviceError::protocol(&self.name, e.to_string()))
    }

    /// Sends the APDUs of one command, and gives the data of the last reply or the first refusal.
    fn send_all(
        &mut self,
        apdus: &[Apdu],
        wait: Duration,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Result<Zeroizing<Vec<u8>>, StatusWord>, DeviceError> {
        let mut data = Zeroizing::new(Vec::new());
        for apdu in apdus {
            if !data.is_empty() {
                let message = "an answer before the question's end";
                return Err(DeviceError::protocol(&self.name, message));
            }
            self.unanswered = true;
            let reply = self
                .exchange
                .exchange(apdu, Wait::new(wait, cancelled))
                .map_err(|e| e.into_device_error(&self.name))?;
            self.unanswered = false;
            data = match reply.into_data() {
                Ok(data) => data,
                Err(status) => return Ok(Err(status)),
            };
        }
        Ok(Ok(data))
    }

    fn refusal<C: Command>(&self, status: StatusWord) -> DeviceError {
        status.error(&self.name, &self.app, C::SINCE)
    }
}
