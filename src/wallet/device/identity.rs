//! What a device says of itself.

/// What a device is, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// "Ledger", "Trezor".
    pub vendor: &'static str,
    /// "Nano S Plus", "Safe 5"; "Speculos" where only the emulator is known.
    pub model: String,
    /// The open app and its version, on devices that have apps.
    pub app: Option<(String, String)>,
    /// The firmware's version, where the device tells.
    pub firmware: Option<String>,
    /// The name that its owner gave it.
    pub label: Option<String>,
    /// Whether a passphrase is in use.
    pub passphrase: PassphraseUse,
    /// A mock or an emulator: its seed is known or may be, so it never guards real money.
    pub simulated: bool,
}

impl Identity {
    /// "Ledger Nano S Plus", for sentences.
    pub fn name(&self) -> String {
        format!("{} {}", self.vendor, stockade_base::shown(&self.model))
    }
}

/// Whether a wallet's keys depend on a passphrase beside its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassphraseUse {
    /// Passphrase protection is off.
    Off,
    /// The device asks for a passphrase each session.
    On,
    /// The device cannot be asked.
    Unknown,
}

/// The state in which a device was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Ready for use.
    Ready,
    /// Its PIN must be entered first.
    Locked,
    /// Another app than Ethereum is open (or none: the dashboard).
    WrongApp {
        /// The app that is open.
        open: String,
    },
    /// In its bootloader.
    Bootloader,
    /// No words on it yet.
    Uninitialized,
    /// It does not talk to this computer yet; opening it asks its user whether it may.
    Unpaired,
}
