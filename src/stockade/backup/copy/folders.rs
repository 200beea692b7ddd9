//! The folders of a copy below `stockade/` that are not sets.

/// Slashing histories and marks, with a folder for each set.
pub(crate) const HISTORY: &str = "history";
/// Attestations and delivery notes, with a folder for each set.
pub(crate) const ATTESTATIONS: &str = "attestations";
/// Sealed exits, with a folder for each set.
pub(crate) const EXITS: &str = "exits";
/// Notes of retired sets.
pub(crate) const RETIRED: &str = "retired";
/// The record of where keys may sign, with a folder for each set.
pub(crate) const WHEREABOUTS: &str = "whereabouts";

/// The folders that have a folder for each set.
pub(crate) const BY_SET: [&str; 4] = [HISTORY, ATTESTATIONS, EXITS, WHEREABOUTS];
