//! A device's identity and state, as the device reports them.

/// Completes "the device cannot ..." for a device in its bootloader.
pub(crate) const IN_BOOTLOADER: &str =
    "be used in its bootloader: unplug it, then plug it in again without pressing a button";

/// A device's description of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// "Ledger", "Trezor".
    pub vendor: &'static str,
    /// "Nano S Plus", "Safe 5"; "Speculos" if only the emulator is known.
    pub model: String,
    /// The open app and its version, on devices that have apps.
    pub app: Option<(String, String)>,
    /// The firmware's version, if the device reports it.
    pub firmware: Option<String>,
    /// The name that its owner gave it.
    pub label: Option<String>,
    /// Whether a passphrase is in use.
    pub passphrase: PassphraseUse,
    /// A mock or an emulator: others may know its seed, so it never guards real money.
    pub simulated: bool,
}

impl Identity {
    /// A real device of which only vendor and model are known.
    pub fn new(vendor: &'static str, model: impl Into<String>) -> Self {
        Self {
            vendor,
            model: model.into(),
            app: None,
            firmware: None,
            label: None,
            passphrase: PassphraseUse::Unknown,
            simulated: false,
        }
    }

    /// A mock or an emulator of which only vendor and model are known.
    pub fn simulated(vendor: &'static str, model: impl Into<String>) -> Self {
        Self { simulated: true, ..Self::new(vendor, model) }
    }

    /// The vendor and model, as messages name the device: "Ledger Nano S Plus".
    pub fn name(&self) -> String {
        format!("{} {}", self.vendor, stockade_base::shown(&self.model))
    }
}

/// Whether a wallet's keys depend on a passphrase in addition to its mnemonic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassphraseUse {
    /// Passphrase protection is off.
    Off,
    /// The device asks for a passphrase in each session.
    On,
    /// The device does not report it.
    Unknown,
}

/// The state of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Ready for use.
    Ready,
    /// Its PIN must be entered first.
    Locked,
    /// Another app than Ethereum is open, or the dashboard.
    WrongApp {
        /// The app that is open.
        open: String,
    },
    /// In its bootloader.
    Bootloader,
    /// It has no seed yet.
    Uninitialized,
    /// It is not paired with this computer. Opening it asks its user to pair.
    Unpaired,
}
