//! Finding devices: the only module that knows both vendors, and the mock.

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

/// Told what the screen of a mock shows.
pub type Shows = Arc<dyn Fn(&str) + Send + Sync>;

/// What a mock holds, and what its user does. Real devices do not look at it.
#[derive(Clone)]
pub struct MockSetup {
    /// Its words. Never words that guard anything.
    pub mnemonic: String,
    /// Whether its user approves everything, or rejects everything.
    pub approve: bool,
    /// Told what its screen shows: nobody else can see it.
    pub shows: Option<Shows>,
}

impl Default for MockSetup {
    fn default() -> Self {
        let mnemonic = ["abandon"; 11].join(" ") + " about";
        Self { mnemonic, approve: true, shows: None }
    }
}

/// A device that is plugged in.
#[derive(Debug)]
pub struct Listed {
    /// What to give to `--device` to mean it.
    pub spec: String,
    /// "Ledger", "Trezor".
    pub vendor: &'static str,
    /// "Nano S Plus", "Safe 5"; "device" where it cannot be told.
    pub model: String,
    /// Why it cannot be used now.
    pub problem: Option<DeviceError>,
}

/// What is plugged in.
#[derive(Debug, Default)]
pub struct Listing {
    /// The devices, in no particular order.
    pub devices: Vec<Listed>,
    /// Why devices may be missing: no USB here, say.
    pub notes: Vec<String>,
}

/// What is plugged in on USB. Nobody is asked anything, and a Ledger is not spoken to at all:
/// another program may be waiting for its answer.
pub fn list(timeouts: Timeouts) -> Listing {
    let mut listing = Listing::default();
    #[cfg(feature = "hid")]
    usb::list(timeouts, &mut listing);
    #[cfg(not(feature = "hid"))]
    {
        let _ = timeouts;
        listing.notes.push("this build does not do USB".to_owned());
    }
    listing
}

/// The device that `spec` names. It is connected to, and not asked anything yet. What is paired with
/// it is not kept.
pub fn find(
    spec: &Spec,
    timeouts: Timeouts,
    mock: &MockSetup,
) -> Result<Box<dyn Found>, DeviceError> {
    find_paired(spec, timeouts, mock, Arc::new(trezor::NoPairings))
}

/// The same, where what was paired with a device is kept in `pairings`.
pub fn find_paired(
    spec: &Spec,
    timeouts: Timeouts,
    mock: &MockSetup,
    pairings: Arc<dyn Pairings>,
) -> Result<Box<dyn Found>, DeviceError> {
    match spec {
        Spec::Ledger { path } => usb_ledger(spec, path.as_deref(), timeouts),
        Spec::Trezor { path } => usb_trezor(spec, path.as_deref(), timeouts, pairings),
        Spec::Speculos { address } => {
            let stream = Tcp::connect(address, timeouts.reply).map_err(|e| at(spec, e))?;
            let about = ledger::About {
                spec: spec.to_string(),
                model: "Speculos".to_owned(),
                simulated: true,
                bootloader: false,
            };
            Ok(Box::new(Ledger::new(Box::new(StreamExchange::new(stream)), about, timeouts)))
        }
        Spec::TrezorUdp { address } => {
            let link = Udp::connect(address, timeouts.reply).map_err(|e| at(spec, e))?;
            let about = trezor::About { spec: spec.to_string(), simulated: true };
            let found = Trezor::new(Box::new(link), about, timeouts);
            Ok(Box::new(found.with_pairings(pairings)))
        }
        Spec::MockLedger | Spec::MockTrezor(_) => simulated(spec, timeouts, mock),
    }
}

#[cfg(feature = "hid")]
use usb::{ledger as usb_ledger, trezor as usb_trezor};

#[cfg(not(feature = "hid"))]
use no_usb as usb_ledger;

#[cfg(not(feature = "hid"))]
fn usb_trezor(
    spec: &Spec,
    _path: Option<&str>,
    _timeouts: Timeouts,
    _pairings: Arc<dyn Pairings>,
) -> Result<Box<dyn Found>, DeviceError> {
    Err(not_in_this_build(spec))
}

#[cfg(not(feature = "hid"))]
fn no_usb(
    spec: &Spec,
    _path: Option<&str>,
    _timeouts: Timeouts,
) -> Result<Box<dyn Found>, DeviceError> {
    Err(not_in_this_build(spec))
}

#[cfg(feature = "mock")]
use mock::find as simulated;

#[cfg(not(feature = "mock"))]
fn simulated(
    spec: &Spec,
    _timeouts: Timeouts,
    _mock: &MockSetup,
) -> Result<Box<dyn Found>, DeviceError> {
    Err(not_in_this_build(spec))
}

#[cfg(not(all(feature = "hid", feature = "mock")))]
fn not_in_this_build(spec: &Spec) -> DeviceError {
    DeviceError::Unsupported {
        device: format!("device `{spec}`"),
        what: "be used: this build was made without it".to_owned(),
    }
}

/// A link that failed before anything was said.
fn at(spec: &Spec, error: TransportError) -> DeviceError {
    match DeviceError::transport(&format!("device at {spec}"), error) {
        DeviceError::NotFound(_) => DeviceError::NotFound(spec.to_string()),
        other => other,
    }
}
