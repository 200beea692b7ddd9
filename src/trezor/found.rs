//! A Trezor that was found: what it says of itself, and the way to a wallet.

use trezor_client::protos::Features;

use super::{features, session::Session, wallet::Wallet};
use crate::{
    device::{self, DeviceError, Identity, PassphraseUse, State, Timeouts},
    interact::Interact,
    transport::Link,
};

/// What is known about a Trezor before it is asked anything.
#[derive(Debug, Clone)]
pub struct About {
    /// What to give to `--device` to mean it.
    pub spec: String,
    /// A mock or an emulator.
    pub simulated: bool,
}

/// A Trezor that was found and is not opened yet.
pub struct Trezor {
    session: Session,
    about: About,
}

impl Trezor {
    /// The Trezor at the other end of `link`.
    pub fn new(link: Box<dyn Link>, about: About, timeouts: Timeouts) -> Self {
        Self { session: Session::new(link, timeouts), about }
    }

    fn identity(&self, features: &Features) -> Identity {
        features::identity(features, self.about.simulated)
    }
}

impl device::Found for Trezor {
    fn spec(&self) -> &str {
        &self.about.spec
    }

    fn identify(&mut self) -> Result<Identity, DeviceError> {
        let features = self.session.features()?;
        Ok(self.identity(&features))
    }

    fn state(&mut self) -> Result<State, DeviceError> {
        Ok(features::state(&self.session.features()?))
    }

    fn open(
        mut self: Box<Self>,
        user: &mut dyn Interact,
    ) -> Result<Box<dyn device::Wallet>, DeviceError> {
        let features = self.session.features()?;
        let device = self.session.name.clone();
        match features::state(&features) {
            State::Ready if self.identity(&features).passphrase == PassphraseUse::Off => {}
            State::Ready | State::Locked => self.session.unlock(user)?,
            State::Uninitialized => return Err(DeviceError::NotInitialized(device)),
            _ => {
                let what = "be used in its bootloader: unplug it, and plug it in without a press";
                return Err(DeviceError::Unsupported { device, what: what.to_owned() });
            }
        }
        // A locked device told less.
        let features = self.session.features()?;
        let identity = self.identity(&features);
        Ok(Box::new(Wallet { session: self.session, identity }))
    }
}
