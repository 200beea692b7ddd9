//! What a person would otherwise name on every command line: copies, network, device, signers. A
//! profile holds no secret, and never makes a check pass that would not pass without it.

mod age;
mod error;
mod file;
mod locate;
mod records;

pub use age::{Age, AgeError, Ages};
pub use error::ProfileError;
pub use file::{KnownCopy, NotNodeUrl, Profile, node_url};
pub use locate::{Located, LocatedCopy, Presence, locate};
pub use records::{CheckKind, Recorded, Records, Seen};
