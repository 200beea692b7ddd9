//! Opening a set: who can open it, and what is in it.

pub mod access;
pub(crate) mod approvals;
pub(crate) mod error;
pub mod exits;
pub(crate) mod gather;
pub(crate) mod keystores;
pub mod open_key;
pub(crate) mod opened;
pub(crate) mod rederive;
pub mod unlockers;
