use serde::Serialize;
use stockade::{
    device::Timeouts,
    discovery::{self, Listing},
    shown,
};

use crate::{CommandResult, context::Context, output::Outcome};

/// List the wallets that are plugged in on USB
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Lists the devices, without asking anything of them.
    pub fn run(self, _context: &mut Context) -> CommandResult {
        let Listing { devices, notes, .. } = discovery::list(Timeouts::default());
        let devices: Vec<_> = devices
            .into_iter()
            .map(|device| Device {
                problem: device.problem.as_ref().map(ToString::to_string),
                spec: device.spec,
                vendor: device.vendor.to_string(),
                model: device.model,
            })
            .collect();
        let mut text: String = devices.iter().map(Device::line).collect();
        if devices.is_empty() {
            text += "No wallet found on USB.\n";
        }
        text.extend(notes.iter().map(|note| format!("note: {}\n", shown(note))));
        Ok(Outcome::done(text, Document { devices, notes }))
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The wallets on USB, in no particular order.
    devices: Vec<Device>,
    /// Why wallets may be missing from the list, for people.
    notes: Vec<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Device {
    /// The device as `--device` takes it.
    spec: String,
    /// `Ledger` or `Trezor`.
    vendor: String,
    /// The model.
    model: String,
    /// Why it cannot be used now, for people.
    problem: Option<String>,
}

impl Device {
    fn line(&self) -> String {
        let problem = self.problem.as_ref().map(|why| format!("  ({why})")).unwrap_or_default();
        format!("{}  {} {}{problem}\n", shown(&self.spec), self.vendor, shown(&self.model))
    }
}
