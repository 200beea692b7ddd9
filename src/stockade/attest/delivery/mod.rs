//! Delivery notes: what went where, in one line of text that a wallet shows and signs. They lie with
//! the attestations beside the set. See `docs/formats/delivery.md`.

mod create;
mod file;
mod statement;
mod verify;

pub use create::{Delivered, create};
pub use file::DeliveryNote;
pub use statement::{DeliveryStatement, Destination, DestinationKind};

pub use crate::backup::keys_digest;
pub use verify::{FoundNote, JudgedNote, find_notes, judge_note};
