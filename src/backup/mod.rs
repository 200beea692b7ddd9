//! Backup sets: sealed keystores in copies, and the proof that they can be recovered.
//! The formats are in `docs/formats/`.

pub mod copy;
pub mod create;
pub mod custodians;
mod digest;
pub mod drill;
mod error;
pub mod history;
pub mod import;
pub mod inspect;
mod list;
pub mod manifest;
mod opened;
pub mod origin;
mod recovery;
mod rederive;
pub mod repair;
pub mod restore;
pub mod scrub;
mod set_id;
pub mod set_secret;
mod sums;
pub mod verdict;

pub use copy::Copy;
pub use digest::Digest;
pub use error::BackupError;
pub use list::{ListedSet, holder, list, unknown};
pub use set_id::SetId;
