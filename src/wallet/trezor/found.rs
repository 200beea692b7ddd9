//! A Trezor that was found: what it says of itself, and the way to a wallet.

use std::sync::Arc;

use trezor_client::protos::Features;

use super::{
    features,
    preflight::Firmware,
    session::{Session, Sight},
    thp::Pairings,
    wallet::Wallet,
};
use crate::{
    device::{self, DeviceError, Identity, State, Timeouts},
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

    /// The same, where pairings over THP are kept in `pairings`.
    pub fn with_pairings(mut self, pairings: Arc<dyn Pairings>) -> Self {
        self.session.pairings = pairings;
        self
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
        Ok(match self.session.look()? {
            Sight::Features(features) => self.identity(&features),
            Sight::Hidden { internal_model, .. } => {
                features::hidden_identity(&internal_model, self.about.simulated)
            }
        })
    }

    fn state(&mut self) -> Result<State, DeviceError> {
        Ok(match self.session.look()? {
            Sight::Features(features) => features::state(&features),
            Sight::Hidden { state, .. } => state,
        })
    }

    fn open(
        mut self: Box<Self>,
        user: &mut dyn Interact,
    ) -> Result<Box<dyn device::Wallet>, DeviceError> {
        let features = self.session.enter(user)?;
        let device = self.session.name.clone();
        match features::state(&features) {
            State::Ready | State::Locked => {}
            State::Uninitialized => return Err(DeviceError::NotInitialized(device)),
            _ => {
                let what = "be used in its bootloader: unplug it, and plug it in without a press";
                return Err(DeviceError::Unsupported { device, what: what.to_owned() });
            }
        }
        let features = self.session.open_wallet(features, user)?;
        let identity = self.identity(&features);
        let firmware = Firmware::new(&features);
        Ok(Box::new(Wallet { session: self.session, identity, firmware }))
    }
}
