//! Reads sets and compares every byte. Needs no wallet and no secret.

pub(crate) mod ahead;
pub mod inspect;
pub(crate) mod inspect_file;
pub mod key_shares;
pub mod list;
mod listing;
pub mod manifest_cache;
pub(crate) mod read_manifest;
mod reading;
pub(crate) mod report;
pub mod scrub;
pub(crate) mod scrubbed;
pub(crate) mod standing;
