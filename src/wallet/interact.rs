//! The user, as a trait that callers implement. This crate never prints or prompts by itself.

use stockade_base::{eth::Transaction, secret::SecretText};

/// What a device asks its user to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attention<'a> {
    /// Compare and approve an address.
    Address,
    /// Compare and approve a BLS public key.
    PublicKey,
    /// Read and approve this text.
    Message(&'a str),
    /// Read and approve this transaction.
    Transaction(&'a Transaction),
    /// Compare and approve a 32-byte root to sign with a validator's BLS withdrawal key.
    SigningRoot {
        /// The validator's index in the wallet.
        index: u32,
        /// The root to sign.
        root: &'a [u8; 32],
    },
    /// Approve opening this app.
    OpenApp(&'a str),
    /// Enter the PIN on the device.
    Pin,
    /// Enter or confirm the passphrase on the device.
    Passphrase,
    /// Allow this computer to connect to the device.
    Pairing,
    /// Read and approve something else that the device shows.
    Other,
}

/// A passphrase, or the place where the user will type it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Passphrase {
    /// Typed on this computer; may be empty.
    Typed(SecretText),
    /// To be typed on the device itself.
    OnDevice,
}

/// The person who uses the device, or a script in their place.
pub trait Interact {
    /// Tells the user to look at the device named `device`. May be called several times during one
    /// operation: devices differ in how many screens they show.
    fn look_at_device(&mut self, device: &str, attention: Attention<'_>);

    /// Asks for the PIN of a Trezor One: positions 1 to 9 in the scrambled 3x3 grid that the device
    /// shows, in the layout of a keypad (7 8 9 at the top, 1 2 3 at the bottom). `None` cancels.
    fn enter_pin_matrix(&mut self, device: &str) -> Option<SecretText>;

    /// Asks for the passphrase of a wallet that has passphrase protection on. `on_device` tells
    /// whether it can also be typed on the device. `None` cancels.
    fn enter_passphrase(&mut self, device: &str, on_device: bool) -> Option<Passphrase>;

    /// Asks for the six digits that a device shows during pairing. `None` cancels.
    fn enter_pairing_code(&mut self, device: &str) -> Option<String> {
        self.ask(&format!("{device}: type the six digits that it shows"))
    }

    /// Asks for one line of text. `None` if there is no terminal to ask on.
    fn ask(&mut self, question: &str) -> Option<String>;

    /// Asks for a secret without echoing it: a custodian's passphrase, or the answer to an age
    /// plugin. `None` if there is no terminal to ask on.
    fn enter_secret(&mut self, _question: &str) -> Option<SecretText> {
        None
    }

    /// Says that exactly `count` approvals on the device follow, so that each can be shown with its
    /// number. Approvals are all that [`Attention`] names, except entering a PIN or a passphrase,
    /// opening an app, and pairing.
    fn expect_approvals(&mut self, _count: usize) {}

    /// Tells the user something that they should know before they look at the device.
    fn note(&mut self, _text: &str) {}

    /// Whether the user has cancelled. Polled during every wait.
    fn cancelled(&self) -> bool {
        false
    }
}

/// No user: questions are not answered. Sufficient for devices that ask for everything on their own
/// screen.
impl Interact for () {
    fn look_at_device(&mut self, _device: &str, _attention: Attention<'_>) {}

    fn enter_pin_matrix(&mut self, _device: &str) -> Option<SecretText> {
        None
    }

    fn enter_passphrase(&mut self, _device: &str, on_device: bool) -> Option<Passphrase> {
        on_device.then_some(Passphrase::OnDevice)
    }

    fn ask(&mut self, _question: &str) -> Option<String> {
        None
    }
}

/// Receives the progress of long operations.
pub trait Progress {
    /// Reports that `done` of `total` steps of `what` are complete.
    fn step(&mut self, what: &str, done: usize, total: usize);

    /// Whether the user has cancelled. Operations that can stop between two steps do so.
    fn stopped(&self) -> bool {
        false
    }
}

/// Discards the reports.
impl Progress for () {
    fn step(&mut self, _what: &str, _done: usize, _total: usize) {}
}
