use serde::Serialize;
use stockade::device::{Identity, PassphraseUse, State};

use crate::{CommandResult, context::Context, output::Outcome};

/// Show the wallet's model, versions and state. Works while it is locked, too
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Asks the device. Its user need not do anything.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let mut found = context.find()?;
        let identity = found.identify()?;
        let (state, next) = describe(&found.state()?);
        let app = |(name, version): (String, String)| App { name, version };
        let text_of_model = identity.name();
        let Identity { vendor, model, app: open, firmware, label, passphrase, simulated, .. } =
            identity;
        let document = Document {
            spec: found.spec().to_owned(),
            vendor: vendor.to_string(),
            model,
            app: open.map(app),
            firmware,
            label,
            passphrase: match passphrase {
                PassphraseUse::Off => "off",
                PassphraseUse::On => "on",
                PassphraseUse::Unknown => "unknown",
            },
            simulated,
            state,
        };
        Ok(Outcome::done(document.text(&text_of_model, next.as_deref()), document))
    }
}

/// The state's name, and what to do about it.
fn describe(state: &State) -> (&'static str, Option<String>) {
    let next = |text: &str| Some(text.to_owned());
    match state {
        State::Ready => ("ready", None),
        State::Locked => ("locked", next("enter its PIN")),
        State::WrongApp { open } => {
            ("wrong_app", Some(format!("`{open}` is open: open the Ethereum app")))
        }
        State::Bootloader => ("bootloader", next("restart it without holding a button")),
        State::Uninitialized => ("uninitialized", next("set it up with the vendor's program")),
        State::Unpaired => ("unpaired", next("the next command that opens it pairs this computer")),
        _ => ("unknown", None),
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The device as `--device` takes it.
    spec: String,
    /// `Ledger` or `Trezor`.
    vendor: String,
    /// The model, as the device or its USB descriptor names it.
    model: String,
    /// The app that is open (Ledger).
    app: Option<App>,
    /// The version of the firmware, where the device tells it.
    firmware: Option<String>,
    /// The name that its owner gave it (Trezor).
    label: Option<String>,
    /// Whether it asks for a passphrase: `on`, `off` or `unknown`.
    passphrase: &'static str,
    /// Whether it is a simulated wallet or an emulator.
    simulated: bool,
    /// `ready`, `locked`, `wrong_app`, `bootloader`, `uninitialized`, `unpaired` or `unknown`.
    state: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct App {
    /// The app's name, such as `Ethereum`.
    name: String,
    /// The app's version.
    version: String,
}

impl Document {
    fn text(&self, name: &str, next: Option<&str>) -> String {
        let simulated = if self.simulated { " (simulated)" } else { "" };
        let app = self.app.as_ref().map(|App { name, version }| format!("{name} {version}"));
        let mut text = format!("Wallet      {name}{simulated}\n");
        for (title, value) in [("App", &app), ("Firmware", &self.firmware), ("Label", &self.label)]
        {
            if let Some(value) = value {
                text += &format!("{title:<12}{}\n", crate::shown(value));
            }
        }
        text += &format!("Passphrase  {}\nState       {}", self.passphrase, self.state);
        text + &next.map(|next| format!(": {next}")).unwrap_or_default()
    }
}
