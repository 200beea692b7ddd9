//! The user as a trait argument. The library never prints and never prompts: it calls these.

use stockade_base::{eth::Transaction, secret::SecretText};

/// What a device waits for its user to do.
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
    /// Compare and approve a 32-byte root that the withdrawal key of a validator signs (BLS).
    SigningRoot {
        /// The validator's index in the wallet.
        index: u32,
        /// What is signed.
        root: &'a [u8; 32],
    },
    /// Approve that this app is opened.
    OpenApp(&'a str),
    /// Enter the PIN on the device.
    Pin,
    /// Enter or confirm the passphrase on the device.
    Passphrase,
    /// Allow this computer to talk to the device.
    Pairing,
    /// Anything else that the device shows.
    Other,
}

/// How the user gives a passphrase.
#[derive(Debug)]
pub enum Passphrase {
    /// Typed on this computer; may be empty.
    Typed(SecretText),
    /// Typed on the device itself.
    OnDevice,
}

/// A person (or a script in their place) beside the device.
pub trait Interact {
    /// The device named `device` shows something: its user must look at it. May be called several
    /// times for one operation; devices differ in how many screens they show.
    fn look_at_device(&mut self, device: &str, attention: Attention<'_>);

    /// The PIN of a Trezor One, as positions 1 to 9 in the scrambled 3x3 grid that the device
    /// shows, laid out as a keypad: 7 8 9 above 4 5 6 above 1 2 3. `None` cancels.
    fn enter_pin_matrix(&mut self, device: &str) -> Option<SecretText>;

    /// The passphrase of a wallet that has passphrase protection on. `None` cancels.
    /// `on_device` says whether the device can ask for it itself.
    fn enter_passphrase(&mut self, device: &str, on_device: bool) -> Option<Passphrase>;

    /// The six digits that a device shows to be paired with this computer. `None` cancels.
    fn enter_pairing_code(&mut self, device: &str) -> Option<String> {
        self.ask(&format!("{device}: type the six digits that it shows"))
    }

    /// A line typed by a person at a terminal, or `None` where nobody is there to answer.
    fn ask(&mut self, question: &str) -> Option<String>;

    /// A secret that is no wallet's, typed without echo: the passphrase of a custodian, or what an
    /// age plugin asks for. `None` where nobody is there to type it.
    fn enter_secret(&mut self, _question: &str) -> Option<SecretText> {
        None
    }

    /// Something the user should know about what the device asks next.
    fn note(&mut self, _text: &str) {}

    /// Whether the user gave up meanwhile; asked often during every wait.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody is there: no question is answered. Enough for a device that asks its own user for
/// everything.
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

/// Where long work reports how far it has come.
pub trait Progress {
    /// `done` of `total` steps of `what` are done.
    fn step(&mut self, what: &str, done: usize, total: usize);

    /// Whether the user gave up meanwhile: what can end between two steps does.
    fn stopped(&self) -> bool {
        false
    }
}

/// Reports nothing.
impl Progress for () {
    fn step(&mut self, _what: &str, _done: usize, _total: usize) {}
}
