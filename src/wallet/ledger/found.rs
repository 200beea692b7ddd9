//! A Ledger that was found: what is open on it, and the way to a wallet.

use super::{
    Exchange, Reconnect,
    commands::{
        AppConfiguration, AppNameAndVersion, GetAppConfiguration, GetAppNameAndVersion,
        GetDeviceInfo,
    },
    model,
    preflight::App,
    switch::switch,
    talker::Talker,
    wallet::Wallet,
};
use crate::{
    device::{self, DeviceError, Identity, PassphraseUse, State, Timeouts},
    interact::Interact,
};

/// The app that Stockade talks to.
const APP: &str = "Ethereum";

/// The error of a `device` that runs no app.
pub fn in_bootloader(device: &str) -> DeviceError {
    let what = "be used in its bootloader: unplug it, and plug it in without a press";
    DeviceError::Unsupported { device: device.to_owned(), what: what.to_owned() }
}

/// What is known about a Ledger before it is asked anything.
#[derive(Debug, Clone)]
pub struct About {
    /// What to give to `--device` to mean it.
    pub spec: String,
    /// "Nano S Plus", "Speculos".
    pub model: String,
    /// A mock or an emulator.
    pub simulated: bool,
    /// In its bootloader, where it runs no app.
    pub bootloader: bool,
}

/// A Ledger that was found and is not opened yet.
pub struct Ledger {
    talker: Talker,
    about: About,
    reconnect: Option<Reconnect>,
}

impl Ledger {
    /// The Ledger at the other end of `exchange`.
    pub fn new(exchange: Box<dyn Exchange>, about: About, timeouts: Timeouts) -> Self {
        let name = format!("Ledger {}", about.model);
        Self {
            talker: Talker { exchange, name, timeouts, app: "app".to_owned(), unanswered: false },
            about,
            reconnect: None,
        }
    }

    /// With a way to find it again after it left USB, as it does when an app is opened or closed.
    #[must_use]
    pub fn reconnecting(self, reconnect: Reconnect) -> Self {
        Self { reconnect: Some(reconnect), ..self }
    }

    /// Which app is open; `None` while it is locked.
    fn app(&mut self) -> Result<Option<AppNameAndVersion>, DeviceError> {
        match self.talker.ask(&GetAppNameAndVersion, &|| false) {
            Ok(app) => Ok(Some(app)),
            Err(DeviceError::Locked(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Has the app `wanted` opened, and remembers its version.
    fn bring_up(
        &mut self,
        wanted: &str,
        user: &mut dyn Interact,
    ) -> Result<AppNameAndVersion, DeviceError> {
        let device = self.talker.name.clone();
        if self.about.bootloader {
            return Err(in_bootloader(&device));
        }
        let open = self.app()?.ok_or(DeviceError::Locked(device))?;
        let app = switch(&mut self.talker, &mut self.reconnect, open, wanted, user)?;
        self.talker.app = format!("{} app {}", app.name, app.version);
        Ok(app)
    }

    fn identity(&self, app: Option<AppNameAndVersion>) -> Identity {
        let (app, firmware) = match app {
            Some(app) if app.is_dashboard() => (None, Some(app.version)),
            Some(app) => (Some((app.name, app.version)), None),
            None => (None, None),
        };
        Identity {
            vendor: "Ledger",
            model: self.about.model.clone(),
            app,
            firmware,
            label: None,
            passphrase: PassphraseUse::Unknown,
            simulated: self.about.simulated,
        }
    }
}

impl device::Found for Ledger {
    fn spec(&self) -> &str {
        &self.about.spec
    }

    fn identify(&mut self) -> Result<Identity, DeviceError> {
        let app = if self.about.bootloader { None } else { self.app()? };
        let on_dashboard = app.as_ref().is_some_and(AppNameAndVersion::is_dashboard);
        let mut identity = self.identity(app);
        // The dashboard alone says what the device is.
        if on_dashboard && let Ok(info) = self.talker.ask(&GetDeviceInfo, &|| false) {
            identity.firmware = Some(info.firmware);
            if let Some(model) = model::of_target_id(info.target_id) {
                identity.model = model.to_owned();
            }
        }
        Ok(identity)
    }

    fn state(&mut self) -> Result<State, DeviceError> {
        if self.about.bootloader {
            return Ok(State::Bootloader);
        }
        Ok(match self.app() {
            Ok(None) => State::Locked,
            Ok(Some(app)) if app.name == APP => State::Ready,
            Ok(Some(app)) => State::WrongApp { open: shown(app) },
            Err(DeviceError::NotInitialized(_)) => State::Uninitialized,
            Err(error) => return Err(error),
        })
    }

    fn open(
        mut self: Box<Self>,
        user: &mut dyn Interact,
    ) -> Result<Box<dyn device::Wallet>, DeviceError> {
        let app = self.bring_up(APP, user)?;
        // The first command of the app's own: whoever only borrowed its name fails here.
        let AppConfiguration { blind_signing, version } =
            self.talker.ask(&GetAppConfiguration, &|| user.cancelled())?;
        let identity = self.identity(Some(app));
        let app = App { version, blind_signing };
        Ok(Box::new(Wallet { talker: self.talker, identity, app }))
    }

    #[cfg(feature = "bls")]
    fn open_bls_signer(
        mut self: Box<Self>,
        user: &mut dyn Interact,
    ) -> Result<Box<dyn device::BlsSigner>, DeviceError> {
        self.bring_up(super::btec::APP, user)?;
        Ok(Box::new(super::btec::Btec { talker: self.talker }))
    }
}

/// An app's name, for people.
pub(super) fn shown(app: AppNameAndVersion) -> String {
    match app.is_dashboard() {
        true => "dashboard".to_owned(),
        false => app.name,
    }
}
