use serde_json::json;
use stockade::device::{Identity, PassphraseUse, State};

use crate::{CommandResult, context::Context, output::Outcome};

/// Show what the wallet says of itself, in whatever state it is
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Asks the device, and nobody else, anything.
    pub fn run(self, context: &mut Context) -> CommandResult {
        let mut found = context.find()?;
        let identity = found.identify()?;
        let state = found.state()?;
        let (state, wait) = describe(&state);
        let passphrase = match identity.passphrase {
            PassphraseUse::Off => "off",
            PassphraseUse::On => "on",
            PassphraseUse::Unknown => "unknown",
        };
        let text = text(&identity, passphrase, state, wait.as_deref());
        let app =
            identity.app.as_ref().map(|(name, version)| json!({"name": name, "version": version}));
        let json = json!({
            "spec": found.spec(),
            "vendor": identity.vendor,
            "model": identity.model,
            "app": app,
            "firmware": identity.firmware,
            "label": identity.label,
            "passphrase": passphrase,
            "simulated": identity.simulated,
            "state": state,
        });
        Ok(Outcome::done(text, json))
    }
}

fn describe(state: &State) -> (&'static str, Option<String>) {
    match state {
        State::Ready => ("ready", None),
        State::Locked => ("locked", Some("enter its PIN".to_owned())),
        State::WrongApp { open } => {
            ("wrong_app", Some(format!("`{open}` is open: open the Ethereum app")))
        }
        State::Bootloader => ("bootloader", Some("restart it without a button held".to_owned())),
        State::Uninitialized => {
            ("uninitialized", Some("set it up with the vendor's program".to_owned()))
        }
        State::Unpaired => {
            ("unpaired", Some("the next command that opens it pairs this computer".to_owned()))
        }
        _ => ("unknown", None),
    }
}

fn text(identity: &Identity, passphrase: &str, state: &str, wait: Option<&str>) -> String {
    let simulated = if identity.simulated { " (simulated)" } else { "" };
    let mut text = format!("Wallet      {}{simulated}\n", identity.name());
    if let Some((name, version)) = &identity.app {
        text += &format!("App         {} {}\n", crate::shown(name), crate::shown(version));
    }
    if let Some(firmware) = &identity.firmware {
        text += &format!("Firmware    {}\n", crate::shown(firmware));
    }
    if let Some(label) = &identity.label {
        text += &format!("Label       {}\n", crate::shown(label));
    }
    text += &format!("Passphrase  {passphrase}\nState       {state}");
    text + &wait.map(|wait| format!(": {wait}")).unwrap_or_default()
}
