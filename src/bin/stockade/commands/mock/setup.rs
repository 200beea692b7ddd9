//! What both simulated wallets are told.

use clap::ValueEnum;
use stockade::discovery::MockSetup;
use stockade_mocks::{Decision, User};

use crate::{
    error::{CommandError, Kind},
    ui,
};

/// What the simulated user does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UserArg {
    /// Approves everything
    Approve,
    /// Rejects everything
    Reject,
    /// Asks you, on this terminal
    Ask,
}

impl UserArg {
    /// The user of a mock.
    pub fn user(self) -> User {
        match self {
            Self::Approve => User::always(Decision::Approve),
            Self::Reject => User::always(Decision::Reject),
            Self::Ask => User::asking(|shown| match ui::approve(shown) {
                true => Decision::Approve,
                false => Decision::Reject,
            }),
        }
    }
}

/// The mock's words: STOCKADE_MOCK_MNEMONIC, or those that everybody knows.
pub fn mnemonic() -> String {
    let words = std::env::var("STOCKADE_MOCK_MNEMONIC").unwrap_or_default();
    match words.split(';').next().map(str::trim) {
        Some(words) if !words.is_empty() => words.to_owned(),
        _ => MockSetup::default().mnemonic,
    }
}

/// A socket that cannot be listened on, or broke.
pub fn socket(listen: &str, error: &std::io::Error) -> CommandError {
    let kind = match error.kind() {
        std::io::ErrorKind::AddrInUse => Kind::Busy,
        std::io::ErrorKind::PermissionDenied => Kind::Permission,
        _ => Kind::Input,
    };
    CommandError::new(kind, format!("{listen}: {error}"))
}
