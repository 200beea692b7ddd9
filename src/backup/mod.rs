//! Backup sets: sealed keystores in copies, and the proof that they can be recovered.
//! The formats are in `docs/formats/`.

mod beside;
pub mod copy;
pub mod create;
pub mod custodians;
mod digest;
pub mod drill;
mod error;
pub mod exits;
mod gather;
pub mod hands;
pub mod history;
pub mod import;
pub mod inspect;
mod inspect_file;
mod keystores;
mod known;
mod layout;
mod list;
pub mod manifest;
pub mod medium;
mod open_key;
mod opened;
pub mod origin;
mod recovery;
mod rederive;
pub mod repair;
pub mod reseal;
pub mod restore;
pub mod retire;
pub mod retired;
pub mod scrub;
mod set_id;
pub mod set_secret;
mod share;
pub mod split_mark;
mod sums;
pub mod verdict;

pub use copy::Copy;
pub use digest::Digest;
pub use error::BackupError;
pub use known::Known;
pub use layout::{HISTORY, Layout, UnknownLayout};
pub use list::{ListedSet, holder, list, unknown};
pub use open_key::{OpenKey, OpenKeys, open_keys};
pub use set_id::SetId;
