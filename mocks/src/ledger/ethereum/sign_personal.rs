//! SIGN PERSONAL MESSAGE: EIP-191, version 0x45.

use super::{
    Ethereum,
    answer::{Answer, Status},
    command::Command,
};
use crate::User;

pub(super) const INSTRUCTION: u8 = 0x08;

const FIRST: u8 = 0x00;
const MORE: u8 = 0x80;

/// The app's heap, which must hold both the message and the displayed text. The overhead of the heap
/// itself was not measured, so it is not counted.
const HEAP: usize = 16 * 1024;

/// A message of which some chunks have arrived.
pub(super) struct Message {
    path: Vec<u32>,
    length: usize,
    bytes: Vec<u8>,
}

impl Ethereum {
    /// P1 00 begins a message with path, length and bytes; P1 80 continues it. The chunk that
    /// completes the message starts the review. P2 is ignored.
    pub(super) fn sign_personal(
        &mut self,
        command: &Command<'_>,
        user: &mut User,
    ) -> Result<Answer, Status> {
        let (mut message, chunk) = match (command.p1, self.message.take()) {
            (FIRST, None) => Message::begin(command)?,
            (FIRST, Some(_)) => return Err(Status::COMMAND_NOT_ALLOWED),
            (MORE, Some(message)) => (message, command.data),
            (MORE, None) => return Err(Status::INCORRECT_DATA),
            _ => return Err(Status::WRONG_P1_P2),
        };
        if message.bytes.len() + chunk.len() > message.length {
            return Err(Status::INCORRECT_DATA);
        }
        message.bytes.extend(chunk);
        if message.bytes.len() < message.length {
            self.message = Some(message);
            return Ok(Answer::silent([]));
        }
        let shown = message.shown(self.model.has_buttons());
        if message.length + shown.len() > HEAP {
            return Err(Status::INSUFFICIENT_MEMORY);
        }
        Answer::reviewed(user, &format!("Review message\nMessage: {shown}"), || {
            // The firmware derives the key here, so a forbidden path is refused only now.
            self.sign(&message)
        })
    }

    /// `v (1b or 1c) | r | s`.
    fn sign(&self, message: &Message) -> Result<Vec<u8>, Status> {
        let node = self.node(&message.path)?;
        let (r, s, odd) = node.sign_personal(&message.bytes).ok_or(Status::INTERNAL)?;
        Ok([&[0x1b + u8::from(odd)], &r[..], &s].concat())
    }
}

impl Message {
    /// Reads `path | length (4) | bytes`. Returns the message and the bytes.
    fn begin<'a>(command: &Command<'a>) -> Result<(Self, &'a [u8]), Status> {
        let (path, rest) = command.path()?;
        let (length, bytes) = rest.split_first_chunk().ok_or(Status::INCORRECT_DATA)?;
        // The firmware uses only the lower 16 bits of the length.
        let length = usize::from(u32::from_be_bytes(*length) as u16);
        if length > HEAP {
            return Err(Status::INSUFFICIENT_MEMORY);
        }
        Ok((Self { path, length, bytes: Vec::new() }, bytes))
    }

    /// The displayed text, in which models with buttons replace all white space with blanks; or hex,
    /// if any byte is not printable ASCII.
    fn shown(&self, has_buttons: bool) -> String {
        // Like C's isspace(), this includes the vertical tab, unlike Rust's function.
        let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
        if !self.bytes.iter().all(|byte| byte.is_ascii_graphic() || is_space(byte)) {
            let hex: String = self.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            return format!("0x{hex}");
        }
        let blank = |byte: &u8| has_buttons && is_space(byte);
        self.bytes.iter().map(|byte| if blank(byte) { ' ' } else { char::from(*byte) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use crate::{
        Decision, User,
        ledger::{Config, Ledger, Model},
    };

    const H: u8 = 0x80;
    const PATH: [u8; 21] = [5, H, 0, 0, 44, H, 0, 0, 60, H, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const FORBIDDEN: [u8; 21] = [5, H, 0, 0, 44, H, 0, 0, 0, H, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    fn command(instruction: u8, p1: u8, data: &[u8]) -> Vec<u8> {
        [&[0xe0, instruction, p1, 0, data.len() as u8], data].concat()
    }

    fn begin(path: &[u8], length: u32, bytes: &[u8]) -> Vec<u8> {
        command(super::INSTRUCTION, super::FIRST, &[path, &length.to_be_bytes(), bytes].concat())
    }

    fn more(bytes: &[u8]) -> Vec<u8> {
        command(super::INSTRUCTION, super::MORE, bytes)
    }

    #[test]
    fn a_message_is_the_same_in_chunks_of_any_size() {
        let mut ledger = Ledger::new(Config::default());
        let whole = ledger.exchange(&begin(&PATH, 5, b"hello"));
        assert_eq!(whole.len(), 67);
        assert_eq!(ledger.exchange(&begin(&PATH, 5, b"")), [0x90, 0]);
        for byte in b"hell" {
            assert_eq!(ledger.exchange(&more(&[*byte])), [0x90, 0]);
        }
        assert_eq!(ledger.exchange(&more(b"o")), whole);
    }

    #[test]
    fn a_message_that_is_begun_twice_or_left_for_an_address_is_lost() {
        let mut ledger = Ledger::new(Config::default());
        assert_eq!(ledger.exchange(&begin(&PATH, 5, b"he")), [0x90, 0]);
        assert_eq!(ledger.exchange(&begin(&PATH, 5, b"he")), [0x69, 0x80]);
        assert_eq!(ledger.exchange(&more(b"llo")), [0x6a, 0x80]);

        assert_eq!(ledger.exchange(&begin(&PATH, 5, b"he")), [0x90, 0]);
        assert!(ledger.exchange(&command(0x02, 0, &PATH)).ends_with(&[0x90, 0]));
        assert_eq!(ledger.exchange(&more(b"llo")), [0x6a, 0x80]);
    }

    #[test]
    fn a_path_that_is_not_allowed_is_refused_after_the_review() {
        let user = User::scripted([Decision::Reject], Decision::Approve);
        let mut ledger = Ledger::new(Config { user, ..Config::default() });
        assert_eq!(ledger.exchange(&begin(&FORBIDDEN, 5, b"hello")), [0x69, 0x85]);
        assert_eq!(ledger.exchange(&begin(&FORBIDDEN, 5, b"hello")), [0x6a, 0x15]);
    }

    #[test]
    fn line_breaks_are_blanks_on_models_with_buttons_and_stay_on_touch_screens() {
        for (model, shown) in [(Model::NanoX, "one two"), (Model::Flex, "one\ntwo")] {
            let (sees, saw) = mpsc::channel();
            let user = User::asking(move |shown| {
                sees.send(shown.to_owned()).unwrap();
                Decision::Approve
            });
            let mut ledger = Ledger::new(Config { model, user, ..Config::default() });
            ledger.exchange(&begin(&PATH, 7, b"one\ntwo"));
            assert_eq!(saw.recv().unwrap(), format!("Review message\nMessage: {shown}"));
        }
    }

    #[test]
    fn a_message_that_does_not_fit_is_refused_when_it_begins() {
        let mut ledger = Ledger::new(Config::default());
        assert_eq!(ledger.exchange(&begin(&PATH, 20_000, b"he")), [0x6a, 0x84]);
    }
}
