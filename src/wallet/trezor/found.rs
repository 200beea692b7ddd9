//! A connected Trezor: its identity, and how to open a wallet.

use std::sync::Arc;

use trezor_client::protos::Features;

use super::{
    features,
    preflight::Firmware,
    session::{Probe, Session},
    thp::Pairings,
    wallet::Wallet,
};
use crate::{
    device::{self, DeviceError, Identity, State, Timeouts},
    interact::Interact,
    transport::Link,
};

/// The properties of a Trezor that are known before it is asked anything.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeviceInfo {
    /// The text that selects it, as [`Spec`](crate::discovery::Spec) parses it.
    pub spec: String,
    /// Whether it is a mock or an emulator.
    pub simulated: bool,
}

impl DeviceInfo {
    /// A real device.
    pub fn new(spec: impl Into<String>) -> Self {
        Self { spec: spec.into(), simulated: false }
    }

    /// A mock or an emulator.
    pub fn simulated(spec: impl Into<String>) -> Self {
        Self { simulated: true, ..Self::new(spec) }
    }
}

/// A connected Trezor that is not open yet.
pub struct Trezor {
    session: Session,
    info: DeviceInfo,
}

impl Trezor {
    /// The Trezor at the other end of `link`.
    pub fn new(link: Box<dyn Link>, info: DeviceInfo, timeouts: Timeouts) -> Self {
        Self { session: Session::new(link, timeouts), info }
    }

    /// The same, with THP pairings kept in `pairings`.
    #[must_use]
    pub fn with_pairings(mut self, pairings: Arc<dyn Pairings>) -> Self {
        self.session.pairings = pairings;
        self
    }

    fn identity(&self, features: &Features) -> Identity {
        features::identity(features, self.info.simulated)
    }
}

impl device::Found for Trezor {
    fn spec(&self) -> &str {
        &self.info.spec
    }

    fn identify(&mut self) -> Result<Identity, DeviceError> {
        Ok(match self.session.probe()? {
            Probe::Features(features) => self.identity(&features),
            Probe::Hidden { internal_model, .. } => {
                features::hidden_identity(&internal_model, self.info.simulated)
            }
        })
    }

    fn state(&mut self) -> Result<State, DeviceError> {
        Ok(match self.session.probe()? {
            Probe::Features(features) => features::state(&features),
            Probe::Hidden { state, .. } => state,
        })
    }

    fn open(
        mut self: Box<Self>,
        user: &mut dyn Interact,
    ) -> Result<Box<dyn device::Wallet>, DeviceError> {
        let features = self.session.connect(user)?;
        let device = self.session.name.clone();
        match features::state(&features) {
            State::Ready | State::Locked => {}
            State::Uninitialized => return Err(DeviceError::NotInitialized(device)),
            _ => return Err(DeviceError::unsupported(&device, device::IN_BOOTLOADER)),
        }
        let features = self.session.open_wallet(features, user)?;
        let identity = self.identity(&features);
        let firmware = Firmware::new(&features);
        Ok(Box::new(Wallet { session: self.session, identity, firmware }))
    }
}
