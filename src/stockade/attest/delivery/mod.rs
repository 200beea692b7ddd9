//! Delivery notes: one line of text, signed by a wallet, that states which keys were delivered
//! where. They are stored with the attestations of a set. See `docs/formats/delivery.md`.

mod create;
mod file;
mod statement;
mod verify;

pub use create::{Delivered, create};
pub use file::DeliveryNote;
pub use statement::{DeliveryStatement, Destination, DestinationKind};

pub use crate::backup::keys_digest;
pub use verify::{FoundNote, JudgedNote, find_notes, judge_note};
