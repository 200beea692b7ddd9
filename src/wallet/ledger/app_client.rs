//! Sends commands to an app, and waits as long as each needs.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{Apdu, Command, Exchange, StatusWord, commands::GetAppNameAndVersion};
use crate::{
    device::{DeviceError, Timeouts},
    interact::Interact,
    transport::Wait,
};

/// Deriving a key takes the oldest devices this many times as long as another reply.
const DERIVING: u32 = 4;

/// Sends commands to the open app.
pub(super) struct AppClient {
    pub(super) exchange: Box<dyn Exchange>,
    pub(super) name: String,
    pub(super) timeouts: Timeouts,
    /// The open app and its version, for errors: "Ethereum app 1.22.0".
    pub(super) app: String,
    /// Whether the last command has no reply; the device may still show it.
    unanswered: bool,
}

impl AppClient {
    /// A client of the device named `name`, whose open app is not known yet.
    pub(super) fn new(exchange: Box<dyn Exchange>, name: String, timeouts: Timeouts) -> Self {
        Self { exchange, name, timeouts, app: "app".to_owned(), unanswered: false }
    }

    /// Carries out a command that does not involve the user.
    pub(super) fn call<C: Command>(
        &mut self,
        command: &C,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<C::Response, DeviceError> {
        self.run(command, self.timeouts.reply, cancelled)
    }

    /// Carries out a command, and tells the user to look at the device if the app asks the user.
    pub(super) fn call_attended<C: Command>(
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
        let apdus = command.apdus().map_err(|error| {
            DeviceError::unsupported(&self.name, format!("accept this request: {error}"))
        })?;
        if self.unanswered {
            // App 1.22.0 crashes when its user answers a prompt after a silent GET ADDRESS has
            // replaced it. This command removes the prompt and has no other effect.
            let harmless = GetAppNameAndVersion.apdus().unwrap_or_default();
            let _ = self.send_all(&harmless, self.timeouts.reply, cancelled)?;
        }
        let mut reply = self.send_all(&apdus, wait, cancelled)?;
        if reply.as_ref().err() == Some(&StatusWord::NOT_ALLOWED) {
            // An earlier program left the app in the middle of a message. The app has shown nothing,
            // and after this error it is ready for a new message.
            reply = self.send_all(&apdus, wait, cancelled)?;
        }
        let data = reply.map_err(|status| status.error(&self.name, &self.app, C::SINCE))?;
        command.parse(&data).map_err(|e| DeviceError::protocol(&self.name, e.to_string()))
    }

    /// Sends the APDUs of one command. Returns the data of the last reply, or the first error status.
    fn send_all(
        &mut self,
        apdus: &[Apdu],
        wait: Duration,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Result<Zeroizing<Vec<u8>>, StatusWord>, DeviceError> {
        let mut data = Zeroizing::new(Vec::new());
        for apdu in apdus {
            if !data.is_empty() {
                let message = "it replied before the end of the request";
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
}
