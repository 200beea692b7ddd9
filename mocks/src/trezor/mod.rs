//! Trezor: a One with firmware 1.14.1, and core models with firmware 2.12.5-dev, after recordings of
//! their emulators.

mod codec_v1;
mod commands;
mod debug_link;
mod decode;
mod descriptor;
mod events;
mod failure;
mod features;
mod fields;
mod flow;
mod identity;
mod kind;
mod model;
mod passphrase;
mod path;
mod pin_matrix;
mod protobuf;
mod rlp;
mod screen;
mod session;
mod slip10;
mod state;
mod step;
#[cfg(test)]
mod tests;
mod thp;
mod thp_messages;

use codec_v1::{Assembler, Received};
pub use debug_link::DebugLink;
use failure::{INVALID_MAGIC, TOO_BIG};
use flow::{Flow, Pending};
pub use model::Model;
pub use pin_matrix::PinMatrix;
use state::State;
pub use thp::{HostCredential, PairingCode};

use std::{collections::VecDeque, time::Duration};

use crate::{Decision, Device, Packet, User, seed::DEFAULT_MNEMONIC};

/// A message to the host: its type and its bytes.
type Reply = (u16, Vec<u8>);

/// The One's limit on a message. Core firmware is limited by its memory; the mock of it accepts at
/// most four times this.
const ONE_MESSAGE_CAP: usize = 16 * 1024;

/// The initial state of a [`Trezor`].
pub struct Config {
    /// The model.
    pub model: Model,
    /// The mnemonic; `None` if the device is not set up.
    pub mnemonic: Option<String>,
    /// Whether every session asks for a passphrase.
    pub passphrase_protection: bool,
    /// The passphrase that the user types on the device.
    pub typed_passphrase: String,
    /// The PIN. A device with a PIN starts locked.
    pub pin: Option<String>,
    /// The user, who presses its buttons.
    pub user: User,
    /// The name that the owner gave it.
    pub label: Option<String>,
    /// The device id, 24 hex characters; `None` for a random one.
    pub device_id: Option<String>,
}

impl Config {
    /// A device with [`DEFAULT_MNEMONIC`], without PIN and passphrase.
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
    /// Whether the user presses nothing.
    away: bool,
    /// It has been unplugged since this was last checked.
    unplugged: bool,
    /// The delay of its answers.
    late: Duration,
    /// Whether its screens wait for presses over the debug link. Presses may arrive early.
    by_hand: bool,
    presses: VecDeque<Decision>,
    pending: Option<Pending>,
    assembler: Assembler,
    /// The Safe 7 speaks only THP.
    thp: Option<thp::Front>,
    /// The THP session of `pending`.
    pending_of: Option<(u16, u8)>,
    pairing_code: PairingCode,
}

impl Trezor {
    /// A device that was just connected.
    pub fn new(config: Config) -> Self {
        let cap = match config.model {
            Model::One => ONE_MESSAGE_CAP,
            _ => 4 * ONE_MESSAGE_CAP,
        };
        let assembler = Assembler::new(cap);
        let thp = if config.model == Model::Safe7 { thp::Front::new() } else { None };
        let (state, user) = State::new(config);
        let pairing_code = PairingCode::default();
        let pending_of = None;
        Self {
            state,
            user,
            away: false,
            unplugged: false,
            late: Duration::ZERO,
            by_hand: false,
            presses: VecDeque::new(),
            pending: None,
            assembler,
            thp,
            pending_of,
            pairing_code,
        }
    }

    /// Receives one message from the host and returns the answer. Empty while the user is away, and
    /// if the One ignores the message.
    pub fn message(&mut self, kind: u16, payload: &[u8]) -> Vec<(u16, Vec<u8>)> {
        if let Some(instead) = self.before_message(kind) {
            return instead;
        }
        match self.pending.take() {
            Some(pending) => self.while_waiting(pending, kind, payload),
            None => vec![self.command(kind, payload)],
        }
    }

    /// Which model it is.
    pub fn model(&self) -> Model {
        self.state.model
    }

    /// Its id, 24 hex characters.
    pub fn device_id(&self) -> &str {
        &self.state.device_id
    }

    /// Whether it was started in its bootloader.
    pub fn is_in_bootloader(&self) -> bool {
        self.state.bootloader
    }

    /// The PIN matrix on a One's screen.
    pub fn pin_matrix(&self) -> PinMatrix {
        self.state.pin_matrix.clone()
    }

    /// Makes the user of a core model type `digits` at the next PIN request. By default the user
    /// types the right PIN.
    pub fn type_pin(&mut self, digits: &str) {
        self.state.typed_pins.push_back(digits.to_owned());
    }

    /// While `away`, the user presses nothing: the device waits until the host cancels
    /// or sends ButtonAck again.
    pub fn set_away(&mut self, away: bool) {
        self.away = away;
    }

    /// Unplugs it and plugs it in again: sessions and unfinished requests are lost, and it is locked
    /// if it has a PIN.
    pub fn replug(&mut self) {
        self.pending = None;
        self.assembler.reset();
        self.state.sessions.clear();
        self.state.pin_matrix.hide();
        self.pairing_code.hide();
        self.state.unlocked = self.state.pin.is_none();
        if let Some(thp) = &mut self.thp {
            thp.close_all();
        }
    }

    /// Whether it speaks THP instead of codec v1.
    pub fn speaks_thp(&self) -> bool {
        self.thp.is_some()
    }

    /// The code on a Safe 7's screen during pairing.
    pub fn pairing_code(&self) -> PairingCode {
        self.pairing_code.clone()
    }

    /// The credentials of a computer that is paired with a Safe 7 and connects without a question.
    pub fn paired_host(&self, name: &str, app: &str) -> Option<HostCredential> {
        Some(self.thp.as_ref()?.pair(name, app))
    }

    /// Sets how long a Safe 7 waits for an acknowledgement before it sends a packet again. Five times
    /// that is how long a channel may be silent before another can be used.
    pub fn set_patience(&mut self, patience: Duration) {
        if let Some(thp) = &mut self.thp {
            thp.patience = patience;
        }
    }

    /// Makes a Safe 7 report that it is busy for the next `messages`, as if another program used it.
    pub fn set_busy(&mut self, messages: usize) {
        if let Some(thp) = &mut self.thp {
            thp.busy = messages;
        }
    }

    fn command(&mut self, kind: u16, payload: &[u8]) -> Reply {
        self.presses.clear();
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

    /// The One and bootloaders ignore a packet that is not part of a message. Core firmware
    /// answers each, and drops its current request.
    fn stray(&mut self) -> Vec<Reply> {
        if self.state.model == Model::One || self.state.bootloader {
            return Vec::new();
        }
        self.pending = None;
        vec![self.fail(INVALID_MAGIC)]
    }
}

impl Device for Trezor {
    fn receive(&mut self, packet: &Packet) -> Vec<Packet> {
        if self.thp.is_some() && !self.state.bootloader {
            return self.thp_packet(packet);
        }
        let replies = match self.assembler.push(packet) {
            Received::Nothing => Vec::new(),
            Received::Message(kind, payload) => self.message(kind, &payload),
            Received::TooBig => self.too_big(),
            Received::Stray => self.stray(),
        };
        replies.iter().flat_map(|(kind, payload)| codec_v1::packets(*kind, payload)).collect()
    }

    fn tick(&mut self) -> Vec<Packet> {
        let Some(thp) = &mut self.thp else { return Vec::new() };
        thp.tick();
        thp.packets()
    }
}

/// Random bytes, or zeros if the system provides none: a mock protects nothing with them.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::fill(&mut bytes).is_err() {
        bytes = [0; N];
    }
    bytes
}
