use serde_json::json;
use stockade::{device::Timeouts, discovery};

use crate::{CommandResult, context::Context, output::Outcome};

/// List the wallets that are plugged in on USB
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Lists; asks nobody anything.
    pub fn run(self, _context: &mut Context) -> CommandResult {
        let listing = discovery::list(Timeouts::default());
        let mut text = String::new();
        let mut devices = Vec::new();
        for device in &listing.devices {
            let problem = device.problem.as_ref().map(ToString::to_string);
            text += &format!(
                "{}  {} {}",
                crate::shown(&device.spec),
                device.vendor,
                crate::shown(&device.model)
            );
            text += &problem.as_ref().map(|why| format!("  ({why})")).unwrap_or_default();
            text.push('\n');
            devices.push(json!({
                "spec": device.spec,
                "vendor": device.vendor,
                "model": device.model,
                "problem": problem,
            }));
        }
        if listing.devices.is_empty() {
            text += "No wallet found on USB.\n";
        }
        for note in &listing.notes {
            text += &format!("note: {}\n", crate::shown(note));
        }
        Ok(Outcome::done(text, json!({"devices": devices, "notes": listing.notes})))
    }
}
