//! Finds devices. The only module that knows both vendors and the mocks.

#[cfg(feature = "mock")]
mod mock;
mod spec;
#[cfg(feature = "hid")]
mod usb;

use std::sync::Arc;

use crate::{
    device::{DeviceError, Found, Timeouts},
    ledger::{self, Ledger, StreamExchange},
    transport::{TransportError, tcp::Tcp, udp::Udp},
    trezor::{self, Pairings, Trezor},
};

pub use spec::{MockModel, Spec, SpecError};

/// Receives the text that a mock's screen shows.
pub type ScreenCallback = Arc<dyn Fn(&str) + Send + Sync>;

/// The seed of a mock and the decisions of its user. Has no effect on real devices and emulators.
#[derive(Clone)]
#[non_exhaustive]
pub struct MockSetup {
    /// The mnemonic. Never use one that guards anything.
    pub mnemonic: String,
    /// Whether its user approves everything, or rejects everything.
    pub approve: bool,
    /// Called with the text of each screen.
    pub on_screen: Option<ScreenCallback>,
}

impl MockSetup {
    /// The same, with another mnemonic.
    #[must_use]
    pub fn with_mnemonic(self, mnemonic: impl Into<String>) -> Self {
        Self { mnemonic: mnemonic.into(), ..self }
    }

    /// The same, with a user who rejects everything.
    #[must_use]
    pub fn rejecting(self) -> Self {
        Self { approve: false, ..self }
    }
}

impl Default for MockSetup {
    fn default() -> Self {
        let mnemonic = ["abandon"; 11].join(" ") + " about";
        Self { mnemonic, approve: true, on_screen: None }
    }
}

/// A device that is plugged in.
#[derive(Debug)]
#[non_exhaustive]
pub struct Listed {
    /// The text that selects this device, as [`Spec`] parses it.
    pub spec: String,
    /// "Ledger", "Trezor".
    pub vendor: &'static str,
    /// "Nano S Plus", "Safe 5"; "device" if the model is unknown.
    pub model: String,
    /// Why it cannot be used now.
    pub problem: Option<DeviceError>,
}

/// The devices that are plugged in.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Listing {
    /// The devices, in no particular order.
    pub devices: Vec<Listed>,
    /// Why devices may be missing, such as a build without USB.
    pub notes: Vec<String>,
}

/// Lists the devices on USB, without involving their users. Ledgers are not contacted at all, because
/// another program may be waiting for an answer.
pub fn list(timeouts: Timeouts) -> Listing {
    let mut listing = Listing::default();
    #[cfg(feature = "hid")]
    usb::list(timeouts, &mut listing);
    #[cfg(not(feature = "hid"))]
    {
        let _ = timeouts;
        listing.notes.push("this build has no USB support".to_owned());
    }
    listing
}

/// Connects to the device that `spec` selects, without asking it anything yet. Pairings are not kept.
pub fn find(
    spec: &Spec,
    timeouts: Timeouts,
    mock: &MockSetup,
) -> Result<Box<dyn Found>, DeviceError> {
    find_paired(spec, timeouts, mock, Arc::new(trezor::NoPairings))
}

/// Like [`find`], with pairings kept in `pairings`.
pub fn find_paired(
    spec: &Spec,
    timeouts: Timeouts,
    mock: &MockSetup,
    pairings: Arc<dyn Pairings>,
) -> Result<Box<dyn Found>, DeviceError> {
    #[cfg(not(feature = "mock"))]
    let _ = mock;
    match spec {
        #[cfg(feature = "hid")]
        Spec::Ledger { path } => usb::ledger(spec, path.as_deref(), timeouts),
        #[cfg(feature = "hid")]
        Spec::Trezor { path } => usb::trezor(spec, path.as_deref(), timeouts, pairings),
        #[cfg(feature = "mock")]
        Spec::MockLedger | Spec::MockTrezor(_) => mock::find(spec, timeouts, mock),
        Spec::Speculos { address } => {
            let stream = Tcp::connect(address, timeouts.reply).map_err(|e| at(spec, e))?;
            let info = ledger::DeviceInfo::simulated(spec.to_string(), "Speculos");
            Ok(Box::new(Ledger::new(Box::new(StreamExchange::new(stream)), info, timeouts)))
        }
        Spec::TrezorUdp { address } => {
            let link = Udp::connect(address, timeouts.reply).map_err(|e| at(spec, e))?;
            let info = trezor::DeviceInfo::simulated(spec.to_string());
            let found = Trezor::new(Box::new(link), info, timeouts);
            Ok(Box::new(found.with_pairings(pairings)))
        }
        #[cfg(not(all(feature = "hid", feature = "mock")))]
        _ => {
            let what = "be used: this build does not support it";
            Err(DeviceError::unsupported(&format!("device `{spec}`"), what))
        }
    }
}

/// The error of a connection that failed before the device sent anything.
fn at(spec: &Spec, error: TransportError) -> DeviceError {
    match DeviceError::transport(&format!("device at {spec}"), error) {
        DeviceError::NotFound(_) => DeviceError::NotFound(spec.to_string()),
        other => other,
    }
}
