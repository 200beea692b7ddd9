//! The checks of a set, according to the attestations in a copy.

use super::{
    AttestedLevel, Statement,
    verify::{MemoryBudget, files},
};
use crate::backup::{BackupError, Copy, ListedSet};
use stockade_base::{eth::Address, timestamp::Timestamp};

/// An attested check of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drilled {
    /// When, by the clock of the host.
    pub time: Timestamp,
    /// Who signed the result. The signature verifies, but can be anybody's.
    pub by: Address,
    /// The copies that were checked.
    pub copies: Vec<String>,
    /// Whether every key was proven in every copy.
    pub good: bool,
}

impl Drilled {
    /// Whether it counts. One of the future says nothing of how long ago it was; what it found wrong
    /// stays wrong.
    pub fn counts(&self, now: Timestamp) -> bool {
        self.time <= now || !self.good
    }
}

/// The drills of exactly this set that attestations in `copy` state, whatever their result.
pub fn drills(copy: &Copy, set: &ListedSet, now: Timestamp) -> Result<Vec<Drilled>, BackupError> {
    let stated = stated(copy, set)?.into_iter().filter(|(_, one)| one.counts(now));
    let drills = stated.filter(|(level, _)| *level == AttestedLevel::Opened);
    Ok(drills.map(|(_, drilled)| drilled).collect())
}

/// The checks of exactly this set, at any level, that attestations in `copy` state, whatever their
/// result, and whether or not they count.
pub fn stated(copy: &Copy, set: &ListedSet) -> Result<Vec<(AttestedLevel, Drilled)>, BackupError> {
    let mut all = Vec::new();
    for (_, _, attestation) in files(copy, &set.id, &mut MemoryBudget::default())?.0 {
        let Ok(statement) = attestation.statement.parse::<Statement>() else { continue };
        let about_it = statement.set == set.id && set.digest == Some(statement.manifest);
        let keys = statement.keys;
        let good = keys.proven > 0 && keys.contradicted == 0 && keys.inconclusive == 0;
        if about_it && attestation.is_signed() {
            let Statement { time, copies, level, .. } = statement;
            all.push((level, Drilled { time, by: attestation.address, copies, good }));
        }
    }
    Ok(all)
}
