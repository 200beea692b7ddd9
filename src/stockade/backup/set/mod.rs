//! The parts of a set, and the verdicts about them.

pub mod charon_folder;
pub(crate) mod combine;
pub mod digest;
pub(crate) mod dirk_account;
pub mod error;
pub mod manifest;
pub mod new_key;
pub mod origin;
pub(crate) mod recovery;
pub mod secret;
pub mod set_id;
pub(crate) mod share;
pub(crate) mod sums;
pub mod verdict;
