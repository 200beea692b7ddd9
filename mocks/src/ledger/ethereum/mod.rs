//! The Ethereum app 1.22.0, by its [documentation] and held to recordings of it.
//!
//! Not there: what only serves to explain more on the screen (names, tokens, descriptors of calls,
//! filters). Such commands are answered as unknown ones are.
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

/// EIP-7702's authorizations, and the first version that knows them.
const SIGN_AUTHORIZATION: u8 = 0x34;
const KNOWS_7702: Version = Version(1, 17, 0);

/// The app: its memory while it runs, and its settings.
pub(super) struct Ethereum {
    model: Model,
    version: Version,
    seed: Seed,
    settings: Settings,
    /// The transaction that is being received.
    transaction: Option<sign_transaction::Signing>,
    /// The typed data that is being received.
    typed_data: Option<eip712::TypedData>,
    /// The key to which the next deposit may pay.
    withdrawal_index: u32,
    /// The personal message that is being received.
    message: Option<sign_personal::Message>,
    challenge: Option<[u8; 4]>,
    /// How long the last answer was. One that waited for the user does not count.
    last_sent: usize,
}

impl Ethereum {
    /// The app just opened.
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

    /// Answers one command, which is in `buffer` too.
    pub(super) fn exchange(
        &mut self,
        apdu: &[u8],
        user: &mut User,
        buffer: &TransmitBuffer,
    ) -> Vec<u8> {
        let answer = match Command::parse(apdu) {
            Some(command) => self.dispatch(&command, user).unwrap_or_else(Answer::failed),
            // The firmware forgets to reset the length of its answer before this one.
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
            // Its setting is off, which is how the app is delivered.
            SIGN_AUTHORIZATION if self.version >= KNOWS_7702 => Err(Status::COMMAND_NOT_ALLOWED),
            _ => Err(Status::INVALID_INSTRUCTION),
        }
    }

    /// Forgets what it was in the middle of, as the firmware does after an error, after every
    /// review, and at the start of some commands.
    fn reset(&mut self) {
        self.message = None;
        self.transaction = None;
        self.typed_data = None;
        self.withdrawal_index = 0;
    }

    /// Whether it waits for more of something.
    fn is_in_the_middle(&self) -> bool {
        self.message.is_some() || self.transaction.is_some()
    }

    /// The node at `path`. The system lets this app derive at 44'/60', 45' (since 1.21.0) and
    /// 12381/3600 only.
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
