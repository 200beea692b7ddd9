//! What the system answers, whatever runs; and what runs.

use super::{Model, ethereum::Ethereum, transmit_buffer::TransmitBuffer};
use crate::User;

/// The class of the system's own commands.
pub(super) const CLASS: u8 = 0xb0;
/// The answer to everything while the device waits for its PIN.
pub(super) const LOCKED: u16 = 0x5515;

const OK: u16 = 0x9000;
const INVALID_INSTRUCTION: u16 = 0x6d00;
const INVALID_CLASS: u16 = 0x6e00;
const NAME_AND_VERSION: u8 = 0x01;
const QUIT: u8 = 0xa7;

/// What runs on the device now.
pub(super) enum Running {
    Ethereum(Box<Ethereum>),
    Other { name: String, version: String },
    Dashboard,
}

impl Running {
    /// Answers a command that is not the system's own.
    pub(super) fn answer(
        &mut self,
        apdu: &[u8],
        user: &mut User,
        buffer: &TransmitBuffer,
    ) -> Vec<u8> {
        match self {
            Self::Ethereum(app) => app.exchange(apdu, user, buffer),
            Self::Other { .. } => status(INVALID_CLASS),
            Self::Dashboard if apdu.first() == Some(&0xe0) => status(INVALID_INSTRUCTION),
            Self::Dashboard => status(INVALID_CLASS),
        }
    }
}

/// Answers one of the system's own commands. Lc and data are not looked at.
pub(super) fn answer(apdu: &[u8], model: Model, running: &mut Running) -> Vec<u8> {
    let mut fields = apdu.iter().skip(1).copied().chain([0; 3]);
    match [fields.next(), fields.next(), fields.next()] {
        [Some(NAME_AND_VERSION), Some(0), Some(0)] => name_and_version(model, running),
        [Some(QUIT), Some(0), Some(0)] => {
            *running = Running::Dashboard;
            status(OK)
        }
        _ => status(INVALID_CLASS),
    }
}

/// `01 | length, name | length, version`, and in an app `01 | flags`, which are the system's: 00,
/// as Speculos answers.
fn name_and_version(model: Model, running: &Running) -> Vec<u8> {
    let (name, version, flags): (_, _, &[u8]) = match running {
        Running::Ethereum(app) => ("Ethereum", &*app.version().to_string(), &[1, 0]),
        Running::Other { name, version } => (&**name, &**version, &[1, 0]),
        Running::Dashboard => ("BOLOS", model.system_version(), &[]),
    };
    [&[1], &*with_length(name), &with_length(version), flags, &OK.to_be_bytes()].concat()
}

/// `text` after its length. Names and versions longer than 64 bytes do not exist.
fn with_length(text: &str) -> Vec<u8> {
    let bytes = text.bytes().take(64).collect::<Vec<_>>();
    [&[bytes.len() as u8], &*bytes].concat()
}

/// An answer of a status word alone.
pub(super) fn status(word: u16) -> Vec<u8> {
    word.to_be_bytes().to_vec()
}
