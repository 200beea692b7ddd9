//! A connected Ledger: which app is open, and how to open a wallet.

use super::{
    Exchange, Reconnect,
    app_client::AppClient,
    commands::{
        AppConfiguration, AppNameAndVersion, GetAppConfiguration, GetAppNameAndVersion,
        GetOsVersion,
    },
    model,
    preflight::App,
    switch_app::switch_app,
    wallet::Wallet,
};
use crate::{
    device::{self, DeviceError, Identity, State, Timeouts},
    interact::Interact,
};

/// The name of the Ethereum app.
const APP: &str = "Ethereum";

/// The error of a device in its bootloader, which runs no apps.
pub fn in_bootloader(device: &str) -> DeviceError {
    DeviceError::unsupported(device, device::IN_BOOTLOADER)
}

/// The properties of a Ledger that are known before it is asked anything.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeviceInfo {
    /// The text that selects it, as [`Spec`](crate::discovery::Spec) parses it.
    pub spec: String,
    /// "Nano S Plus", "Speculos".
    pub model: String,
    /// Whether it is a mock or an emulator.
    pub simulated: bool,
    /// Whether it is in its bootloader, where it runs no apps.
    pub bootloader: bool,
}

impl DeviceInfo {
    /// A real device, not in its bootloader.
    pub fn new(spec: impl Into<String>, model: impl Into<String>) -> Self {
        Self { spec: spec.into(), model: model.into(), simulated: false, bootloader: false }
    }

    /// A mock or an emulator.
    pub fn simulated(spec: impl Into<String>, model: impl Into<String>) -> Self {
        Self { simulated: true, ..Self::new(spec, model) }
    }
}

/// A connected Ledger that is not open yet.
pub struct Ledger {
    client: AppClient,
    info: DeviceInfo,
    reconnect: Option<Reconnect>,
}

impl Ledger {
    /// The Ledger at the other end of `exchange`.
    pub fn new(exchange: Box<dyn Exchange>, info: DeviceInfo, timeouts: Timeouts) -> Self {
        let name = format!("Ledger {}", info.model);
        Self { client: AppClient::new(exchange, name, timeouts), info, reconnect: None }
    }

    /// Adds a way to find the device again after it has left USB, as it does when an app is opened or
    /// closed.
    #[must_use]
    pub fn reconnecting(self, reconnect: Reconnect) -> Self {
        Self { reconnect: Some(reconnect), ..self }
    }

    /// The open app; `None` while the device is locked.
    fn app(&mut self) -> Result<Option<AppNameAndVersion>, DeviceError> {
        match self.client.call(&GetAppNameAndVersion, &|| false) {
            Ok(app) => Ok(Some(app)),
            Err(DeviceError::Locked(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens the app `wanted`, and remembers its version.
    fn open_app(
        &mut self,
        wanted: &str,
        user: &mut dyn Interact,
    ) -> Result<AppNameAndVersion, DeviceError> {
        let device = self.client.name.clone();
        if self.info.bootloader {
            return Err(in_bootloader(&device));
        }
        let open = self.app()?.ok_or(DeviceError::Locked(device))?;
        let app = switch_app(&mut self.client, &mut self.reconnect, open, wanted, user)?;
        self.client.app = format!("{} app {}", app.name, app.version);
        Ok(app)
    }

    fn identity(&self, app: Option<AppNameAndVersion>) -> Identity {
        let mut identity = Identity::new("Ledger", &*self.info.model);
        identity.simulated = self.info.simulated;
        match app {
            Some(app) if app.is_dashboard() => identity.firmware = Some(app.version),
            Some(app) => identity.app = Some((app.name, app.version)),
            None => {}
        }
        identity
    }
}

impl device::Found for Ledger {
    fn spec(&self) -> &str {
        &self.info.spec
    }

    fn identify(&mut self) -> Result<Identity, DeviceError> {
        let app = if self.info.bootloader { None } else { self.app()? };
        let on_dashboard = app.as_ref().is_some_and(AppNameAndVersion::is_dashboard);
        let mut identity = self.identity(app);
        // Only the dashboard reports the model.
        if on_dashboard && let Ok(os) = self.client.call(&GetOsVersion, &|| false) {
            identity.firmware = Some(os.firmware);
            if let Some(model) = model::of_target_id(os.target_id) {
                identity.model = model.to_owned();
            }
        }
        Ok(identity)
    }

    fn state(&mut self) -> Result<State, DeviceError> {
        if self.info.bootloader {
            return Ok(State::Bootloader);
        }
        Ok(match self.app() {
            Ok(None) => State::Locked,
            Ok(Some(app)) if app.name == APP => State::Ready,
            Ok(Some(app)) => State::WrongApp { open: app.display_name() },
            Err(DeviceError::NotInitialized(_)) => State::Uninitialized,
            Err(error) => return Err(error),
        })
    }

    fn open(
        mut self: Box<Self>,
        user: &mut dyn Interact,
    ) -> Result<Box<dyn device::Wallet>, DeviceError> {
        let app = self.open_app(APP, user)?;
        // The first command of the Ethereum app itself: another app with the same name fails here.
        let AppConfiguration { blind_signing, version } =
            self.client.call(&GetAppConfiguration, &|| user.cancelled())?;
        let identity = self.identity(Some(app));
        let app = App { version, blind_signing };
        Ok(Box::new(Wallet { client: self.client, identity, app }))
    }

    #[cfg(feature = "bls")]
    fn open_bls_signer(
        mut self: Box<Self>,
        user: &mut dyn Interact,
    ) -> Result<Box<dyn device::BlsSigner>, DeviceError> {
        self.open_app(super::btec::APP, user)?;
        Ok(Box::new(super::btec::Btec { client: self.client }))
    }
}
