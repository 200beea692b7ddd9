//! The app's answers.

use crate::{Decision, User};

/// A status word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Status(u16);

impl Status {
    pub(super) const OK: Self = Self(0x9000);
    pub(super) const TRANSACTION_TYPE: Self = Self(0x6501);
    pub(super) const COMMAND_NOT_ALLOWED: Self = Self(0x6980);
    pub(super) const REJECTED: Self = Self(0x6985);
    /// A number is too long for the screen.
    pub(super) const OVERFLOW: Self = Self(0x6807);
    /// The app's code for the system's error 4215.
    pub(super) const PATH_NOT_ALLOWED: Self = Self(0x6a15);
    pub(super) const INCORRECT_DATA: Self = Self(0x6a80);
    pub(super) const INSUFFICIENT_MEMORY: Self = Self(0x6a84);
    pub(super) const WRONG_DATA_LENGTH: Self = Self(0x6a87);
    pub(super) const WRONG_P1_P2: Self = Self(0x6b00);
    pub(super) const INVALID_INSTRUCTION: Self = Self(0x6d00);
    pub(super) const INVALID_CLASS: Self = Self(0x6e00);
    pub(super) const INTERNAL: Self = Self(0x6f00);
}

/// Data and a status word.
pub(super) struct Answer {
    data: Vec<u8>,
    status: Status,
    /// Whether the user has decided before it.
    pub(super) waited: bool,
}

impl Answer {
    /// An answer without a screen.
    pub(super) fn silent(data: impl Into<Vec<u8>>) -> Self {
        Self { data: data.into(), status: Status::OK, waited: false }
    }

    /// Shows a screen to `user`, and answers with the result of `approved` or with a rejection.
    pub(super) fn reviewed(
        user: &mut User,
        shown: &str,
        approved: impl FnOnce() -> Result<Vec<u8>, Status>,
    ) -> Result<Self, Status> {
        match user.decide(shown) {
            Decision::Approve => Ok(Self { data: approved()?, status: Status::OK, waited: true }),
            Decision::Reject => Ok(Self::rejected()),
        }
    }

    /// The user has rejected one of several screens.
    pub(super) fn rejected() -> Self {
        Self { data: Vec::new(), status: Status::REJECTED, waited: true }
    }

    /// An error status without data.
    pub(super) fn failed(status: Status) -> Self {
        Self { data: Vec::new(), status, waited: false }
    }

    /// The error for a wrong Lc, after stale bytes of the buffer.
    pub(super) fn stale(bytes: &[u8]) -> Self {
        Self { data: bytes.to_vec(), status: Status::WRONG_DATA_LENGTH, waited: false }
    }

    /// Whether the app then forgets an unfinished message.
    pub(super) fn resets(&self) -> bool {
        self.waited || self.status != Status::OK
    }

    /// The bytes that go to the host.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        [&*self.data, &self.status.0.to_be_bytes()].concat()
    }
}
