//! What one command of an app is: its APDUs, and how its reply reads.

use super::{Apdu, apdu::TooLong};
use crate::interact::Attention;
use stockade_base::reader::ReadError;

/// A command of an app. Each has its file in [`commands`](super::commands).
pub trait Command {
    /// What a reply holds.
    type Response;

    /// The first version of the Ethereum app that knows it; none for commands of the dashboard and of
    /// other apps.
    const SINCE: Option<&'static str>;

    /// Its APDUs, in order. Every reply but the last one's is empty.
    fn apdus(&self) -> Result<Vec<Apdu>, TooLong>;

    /// What its user must look at, if the app asks its user.
    fn attention(&self) -> Option<Attention<'_>> {
        None
    }

    /// Reads the data of the last reply.
    fn parse(&self, data: &[u8]) -> Result<Self::Response, ReplyError>;
}

/// Why data is no reply to a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// A field does not fit.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A field's content is not what the command's document allows.
    #[error("{0}")]
    Invalid(&'static str),
}
