//! A command of an app: its APDUs, and how to read its reply.

use super::{Apdu, apdu::TooLong};
use crate::interact::Attention;
use stockade_base::reader::ReadError;

/// A command of an app. Each is in its own file in [`commands`](super::commands).
pub trait Command {
    /// The contents of a reply.
    type Response;

    /// The first version of the Ethereum app that knows the command; `None` for commands of the
    /// dashboard and of other apps.
    const SINCE: Option<&'static str>;

    /// The command's APDUs, in order. Every reply except the last is empty.
    fn apdus(&self) -> Result<Vec<Apdu>, TooLong>;

    /// What the user must look at, if the app asks the user.
    fn attention(&self) -> Option<Attention<'_>> {
        None
    }

    /// Reads the data of the last reply.
    fn parse(&self, data: &[u8]) -> Result<Self::Response, ReplyError>;
}

/// Data is not a valid reply to a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// The fields do not fit the data's length.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A field has a value that the command's specification does not allow.
    #[error("{0}")]
    Invalid(&'static str),
}
