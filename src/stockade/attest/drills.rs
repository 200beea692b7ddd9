//! When a set was last drilled, as attestations in a copy say.

use super::{
    AttestedLevel, Statement,
    verify::{Room, files},
};
use crate::backup::{BackupError, Copy, ListedSet};
use stockade_base::{eth::Address, timestamp::Timestamp};

/// A drill of a set as somebody attested it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drilled {
    /// When, by the clock of the host.
    pub time: Timestamp,
    /// Who signed how it ended: a signature that verifies, of whomever.
    pub by: Address,
    /// The copies that were drilled.
    pub copies: Vec<String>,
    /// Whether every key opened, in every one of them.
    pub good: bool,
}

/// The drills of exactly this set that attestations in `copy` speak of, however they ended.
pub fn drills(copy: &Copy, set: &ListedSet, now: Timestamp) -> Result<Vec<Drilled>, BackupError> {
    let mut drills = Vec::new();
    for (_, _, attestation) in files(copy, &set.id, &mut Room::default())?.0 {
        let Ok(statement) = attestation.statement.parse::<Statement>() else { continue };
        let about_it = statement.set == set.id && set.digest == Some(statement.manifest);
        let keys = statement.keys;
        let drill = statement.level == AttestedLevel::Opened;
        let good = keys.proven > 0 && keys.contradicted == 0 && keys.inconclusive == 0;
        if about_it && drill && statement.time <= now && attestation.is_signed() {
            let Statement { time, copies, .. } = statement;
            drills.push(Drilled { time, by: attestation.address, copies, good });
        }
    }
    Ok(drills)
}
