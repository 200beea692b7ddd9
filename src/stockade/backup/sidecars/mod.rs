//! What is stored with a set in each copy.

pub(crate) mod complete;
pub mod delivery_mark;
pub mod history;
pub mod marks;
pub mod retired;
pub mod room;
pub mod sealed_exits;
pub(crate) mod sets;
pub mod split_mark;
pub mod whereabouts;
