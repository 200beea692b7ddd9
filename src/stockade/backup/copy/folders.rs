//! The folders of a copy below `stockade/`, beside its sets.

/// Slashing histories and marks, a folder for each set.
pub(crate) const HISTORY: &str = "history";
/// Attestations and delivery notes, a folder for each set.
pub(crate) const ATTESTATIONS: &str = "attestations";
/// Sealed exits, a folder for each set.
pub(crate) const EXITS: &str = "exits";
/// Notes of sets that were retired.
pub(crate) const RETIRED: &str = "retired";
/// The record of where keys may sign, a folder for each set.
pub(crate) const WHEREABOUTS: &str = "whereabouts";

/// Those with a folder for each set.
pub(crate) const BY_SET: [&str; 4] = [HISTORY, ATTESTATIONS, EXITS, WHEREABOUTS];
