//! Trezor: a One with firmware 1.14.1, and core models with firmware 2.12.5-dev, as their
//! emulators answered when they were recorded. Not there yet: transactions, typed data, public
//! keys, SignIdentity and GetECDHSessionKey, which fail as messages that the device does not know.

mod codec_v1;
mod commands;
mod decode;
mod failure;
mod features;
mod flow;
mod kind;
mod model;
mod passphrase;
mod path;
mod pin_matrix;
mod protobuf;
mod screen;
mod session;
mod state;
mod step;
#[cfg(test)]
mod tests;

use codec_v1::{Assembler, Received};
use failure::TOO_BIG;
use flow::{Flow, Pending};
pub use model::Model;
pub use pin_matrix::PinMatrix;
use state::State;

use crate::{Device, Packet, User, seed::DEFAULT_MNEMONIC};

/// A message to the host: its type and its bytes.
type Reply = (u16, Vec<u8>);

/// The One's limit on a message; core firmware takes what its memory holds, and a mock of it
/// nothing larger than four times this.
const ONE_MESSAGE_CAP: usize = 16 * 1024;

/// What a [`Trezor`] starts with.
pub struct Config {
    /// Which model it is.
    pub model: Model,
    /// Its words; `None` for a device that was never set up.
    pub mnemonic: Option<String>,
    /// Whether every session asks for a passphrase.
    pub passphrase_protection: bool,
    /// The passphrase that the user types when the host leaves that to the device.
    pub typed_passphrase: String,
    /// Its PIN. A device that has one starts locked.
    pub pin: Option<String>,
    /// Who presses its buttons.
    pub user: User,
    /// Its name.
    pub label: Option<String>,
    /// Its id, 24 hex characters; `None` for a random one.
    pub device_id: Option<String>,
}

impl Config {
    /// A device with [`DEFAULT_MNEMONIC`], and with neither PIN nor passphrase.
    pub fn new(model: Model, user: User) -> Self {
        Self {
            model,
            mnemonic: Some(DEFAULT_MNEMONIC.to_owned()),
            passphrase_protection: false,
            typed_passphrase: String::new(),
            pin: None,
            user,
            label: None,
            device_id: None,
        }
    }
}

/// A simulated Trezor.
pub struct Trezor {
    state: State,
    user: User,
    /// Its user presses nothing.
    away: bool,
    pending: Option<Pending>,
    assembler: Assembler,
}

impl Trezor {
    /// A device that was just connected.
    pub fn new(config: Config) -> Self {
        let cap = match config.model {
            Model::One => ONE_MESSAGE_CAP,
            _ => 4 * ONE_MESSAGE_CAP,
        };
        let assembler = Assembler::new(cap);
        let (state, user) = State::new(config);
        Self { state, user, away: false, pending: None, assembler }
    }

    /// Takes one message from the host and gives what the device answers: nothing while its user
    /// is away, and where the One ignores the message.
    pub fn message(&mut self, kind: u16, payload: &[u8]) -> Vec<(u16, Vec<u8>)> {
        match self.pending.take() {
            Some(pending) => self.while_waiting(pending, kind, payload),
            None => vec![self.command(kind, payload)],
        }
    }

    /// What the One shows while it asks for the PIN.
    pub fn pin_matrix(&self) -> PinMatrix {
        self.state.pin_matrix.clone()
    }

    /// Has the user of a core model type `digits` the next time it asks for the PIN; otherwise the
    /// user types the right one.
    pub fn type_pin(&mut self, digits: &str) {
        self.state.typed_pins.push_back(digits.to_owned());
    }

    /// Has its user press nothing while `away`: the device goes on waiting, until the host gives
    /// up or sends ButtonAck again.
    pub fn set_away(&mut self, away: bool) {
        self.away = away;
    }

    fn command(&mut self, kind: u16, payload: &[u8]) -> Reply {
        match commands::read(self.state.model, kind, payload) {
            Ok(command) => self.run(Flow::new(command, self.state.model)),
            Err(failure) => self.fail(failure),
        }
    }

    fn too_big(&mut self) -> Vec<Reply> {
        match self.state.model {
            Model::One => vec![self.fail(TOO_BIG.at("messages.c:262"))],
            // Core firmware drops it.
            _ => Vec::new(),
        }
    }
}

impl Device for Trezor {
    fn receive(&mut self, packet: &Packet) -> Vec<Packet> {
        let replies = match self.assembler.push(packet) {
            Received::Nothing => Vec::new(),
            Received::Message(kind, payload) => self.message(kind, &payload),
            Received::TooBig => self.too_big(),
        };
        replies.iter().flat_map(|(kind, payload)| codec_v1::packets(*kind, payload)).collect()
    }
}

/// Random bytes. A mock guards nothing with them, so that a system that has none gives zeros.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::fill(&mut bytes).is_err() {
        bytes = [0; N];
    }
    bytes
}
