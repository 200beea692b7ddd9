//! The state of the device.

use std::collections::VecDeque;

use super::{
    Config,
    failure::{Failure, INVALID_SESSION, NO_KEY},
    model::Model,
    pin_matrix::PinMatrix,
    random,
    session::Sessions,
};
use crate::{Seed, User, seed::Node};

/// The SafetyCheckLevel that refuses paths other than Ethereum's; the other levels only warn.
pub(super) const STRICT: u64 = 0;

/// The default auto-lock delay, ten minutes. The mock never locks itself.
const AUTO_LOCK_MS: u64 = 600_000;

pub(super) struct State {
    pub(super) model: Model,
    pub(super) device_id: String,
    pub(super) mnemonic: Option<String>,
    pub(super) label: Option<String>,
    pub(super) pin: Option<String>,
    pub(super) unlocked: bool,
    /// Whether it is in its bootloader, where it has no keys.
    pub(super) bootloader: bool,
    /// The number of further messages to answer with "busy".
    pub(super) busy: usize,
    pub(super) passphrase_protection: bool,
    pub(super) safety_checks: u64,
    pub(super) flags: u64,
    pub(super) auto_lock_ms: u64,
    pub(super) sessions: Sessions,
    pub(super) pin_matrix: PinMatrix,
    pub(super) typed_passphrase: String,
    /// PINs to be typed on the device before the right one.
    pub(super) typed_pins: VecDeque<String>,
}

impl State {
    /// Splits `config` into the state and the user.
    pub(super) fn new(config: Config) -> (Self, User) {
        let state = Self {
            model: config.model,
            device_id: config.device_id.unwrap_or_else(random_id),
            mnemonic: config.mnemonic,
            label: config.label,
            unlocked: config.pin.is_none(),
            bootloader: false,
            busy: 0,
            pin: config.pin,
            passphrase_protection: config.passphrase_protection,
            safety_checks: STRICT,
            flags: 0,
            auto_lock_ms: AUTO_LOCK_MS,
            sessions: Sessions::default(),
            pin_matrix: PinMatrix::default(),
            typed_passphrase: config.typed_passphrase,
            typed_pins: VecDeque::new(),
        };
        (state, config.user)
    }

    /// Erases all of the user's data.
    pub(super) fn wipe(&mut self) {
        self.device_id = random_id();
        (self.mnemonic, self.label, self.pin) = (None, None, None);
        self.unlocked = true;
        self.passphrase_protection = false;
        self.safety_checks = STRICT;
        (self.flags, self.auto_lock_ms) = (0, AUTO_LOCK_MS);
        self.sessions.clear();
    }

    /// The open seed of the active session.
    pub(super) fn seed(&self) -> Result<&Seed, Failure> {
        self.sessions.seed().ok_or(INVALID_SESSION)
    }

    pub(super) fn node(&self, path: &[u32]) -> Result<Node, Failure> {
        self.seed()?.node(path).ok_or(NO_KEY)
    }
}

fn random_id() -> String {
    random::<12>().iter().map(|byte| format!("{byte:02X}")).collect()
}
