//! A Ledger that was found: what is open on it, and the way to a wallet.

use super::{
    Exchange,
    commands::{AppNameAndVersion, GetAppConfiguration, GetAppNameAndVersion},
    wallet::{Talker, Wallet},
};
use crate::{
    device::{self, DeviceError, Identity, PassphraseUse, State, Timeouts},
    interact::Interact,
};

/// The name of the app that Stockade talks to.
const APP: &str = "Ethereum";

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
}

impl Ledger {
    /// The Ledger at the other end of `exchange`.
    pub fn new(exchange: Box<dyn Exchange>, about: About, timeouts: Timeouts) -> Self {
        let name = format!("Ledger {}", about.model);
        Self {
            talker: Talker {
                exchange,
                name,
                timeouts,
                app_version: "of unknown version".to_owned(),
            },
            about,
        }
    }

    /// Which app is open; `None` while it is locked.
    fn app(&mut self) -> Result<Option<AppNameAndVersion>, DeviceError> {
        match self.talker.ask(&GetAppNameAndVersion, &|| false) {
            Ok(app) => Ok(Some(app)),
            Err(DeviceError::Locked(_)) => Ok(None),
            Err(error) => Err(error),
        }
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
        Ok(self.identity(app))
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
        let device = self.talker.name.clone();
        if self.about.bootloader {
            let what = "be used in its bootloader: unplug it, and plug it in without a press";
            return Err(DeviceError::Unsupported { device, what: what.to_owned() });
        }
        let app = self.app()?.ok_or_else(|| DeviceError::Locked(device.clone()))?;
        if app.name != APP {
            return Err(DeviceError::WrongApp { device, open: shown(app) });
        }
        self.talker.app_version.clone_from(&app.version);
        // The first command of the app's own: whoever only borrowed its name fails here.
        self.talker.ask(&GetAppConfiguration, &|| user.cancelled())?;
        let identity = self.identity(Some(app));
        Ok(Box::new(Wallet { talker: self.talker, identity }))
    }
}

fn shown(app: AppNameAndVersion) -> String {
    match app.is_dashboard() {
        true => "dashboard".to_owned(),
        false => app.name,
    }
}
