//! The Ethereum app 1.22.0, after its [documentation] and checked against recordings.
//!
//! Not simulated: commands that only make the screen explain more (names, tokens, descriptors of
//! calls, filters). They are answered like unknown commands.
//!
//! [documentation]: https://github.com/LedgerHQ/app-ethereum/blob/1.22.0/doc/ethapp.adoc

mod amounts;
mod answer;
mod app_configuration;
mod command;
mod eip712;
mod get_address;
mod get_challenge;
mod get_eth2_public_key;
mod network;
mod plugin;
mod privacy_operation;
mod review;
mod rlp;
mod set_eth2_withdrawal_index;
mod sign_personal;
mod sign_transaction;
mod transaction;

use super::{Model, Settings, Version, transmit_buffer::TransmitBuffer};
use crate::{Seed, User, seed::Node};
use answer::{Answer, Status};
use command::Command;

const CLASS: u8 = 0xe0;
const HARDENED: u32 = 1 << 31;
/// The first version that may use 45'.
const KNOWS_45: Version = Version(1, 21, 0);

/// EIP-7702 authorizations, and the first version that knows them.
const SIGN_AUTHORIZATION: u8 = 0x34;
const KNOWS_7702: Version = Version(1, 17, 0);

/// The app's memory and settings.
pub(super) struct Ethereum {
    model: Model,
    version: Version,
    seed: Seed,
    settings: Settings,
    /// The transaction being received.
    transaction: Option<sign_transaction::Signing>,
    /// The typed data being received.
    typed_data: Option<eip712::TypedData>,
    /// The withdrawal key that the next deposit may name.
    withdrawal_index: u32,
    /// The personal message being received.
    message: Option<sign_personal::Message>,
    challenge: Option<[u8; 4]>,
    /// The length of the last answer, except answers after a user's decision.
    last_sent: usize,
}

impl Ethereum {
    /// The app after it was opened.
    pub(super) fn new(model: Model, version: Version, seed: Seed, settings: Settings) -> Self {
        Self {
            model,
            version,
            seed,
            settings,
            transaction: None,
            typed_data: None,
            withdrawal_index: 0,
            message: None,
            challenge: None,
            last_sent: 0,
        }
    }

    pub(super) fn version(&self) -> Version {
        self.version
    }

    pub(super) fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Answers one command, which is also in `buffer`.
    pub(super) fn exchange(
        &mut self,
        apdu: &[u8],
        user: &mut User,
        buffer: &TransmitBuffer,
    ) -> Vec<u8> {
        let answer = match Command::parse(apdu) {
            Some(command) => self.dispatch(&command, user).unwrap_or_else(Answer::failed),
            // The firmware does not reset the length of its answer before this one.
            None => Answer::stale(buffer.front(self.last_sent)),
        };
        if answer.resets() {
            self.reset();
        }
        let reply = answer.to_bytes();
        self.last_sent = if answer.waited { 0 } else { reply.len() };
        reply
    }

    fn dispatch(&mut self, command: &Command<'_>, user: &mut User) -> Result<Answer, Status> {
        if command.class != CLASS {
            return Err(Status::INVALID_CLASS);
        }
        match command.instruction {
            sign_transaction::INSTRUCTION => self.sign_transaction(command, user),
            eip712::DEFINE => self.define_struct(command),
            eip712::IMPLEMENT => self.implement_struct(command),
            eip712::SIGN => self.sign_typed_data(command, user),
            get_address::INSTRUCTION => self.get_address(command, user),
            app_configuration::INSTRUCTION => Ok(self.app_configuration()),
            sign_personal::INSTRUCTION => self.sign_personal(command, user),
            get_eth2_public_key::INSTRUCTION => self.get_eth2_public_key(command, user),
            set_eth2_withdrawal_index::INSTRUCTION => self.set_eth2_withdrawal_index(command),
            privacy_operation::INSTRUCTION => self.privacy_operation(command, user),
            get_challenge::INSTRUCTION => self.get_challenge(),
            // Its setting is off by default.
            SIGN_AUTHORIZATION if self.version >= KNOWS_7702 => Err(Status::COMMAND_NOT_ALLOWED),
            _ => Err(Status::INVALID_INSTRUCTION),
        }
    }

    /// Forgets unfinished messages, as the firmware does after an error, after every
    /// review, and at the start of some commands.
    fn reset(&mut self) {
        self.message = None;
        self.transaction = None;
        self.typed_data = None;
        self.withdrawal_index = 0;
    }

    /// Whether a message is unfinished.
    fn is_in_the_middle(&self) -> bool {
        self.message.is_some() || self.transaction.is_some()
    }

    /// The node at `path`. The system allows this app to use only 44'/60', 45' (since 1.21.0) and
    /// 12381/3600.
    fn node(&self, path: &[u32]) -> Result<Node, Status> {
        let allowed: [&[u32]; 3] =
            [&[44 | HARDENED, 60 | HARDENED], &[12381, 3600], &[45 | HARDENED]];
        let known = if self.version < KNOWS_45 { 2 } else { 3 };
        if !allowed.iter().take(known).any(|prefix| path.starts_with(prefix)) {
            return Err(Status::PATH_NOT_ALLOWED);
        }
        self.seed.node(path).ok_or(Status::INTERNAL)
    }
}
