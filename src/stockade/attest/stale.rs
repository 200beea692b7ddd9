//! Finds copies that lack a statement about them, because they were set back to an older state. One
//! copy alone cannot show that; the statements in other copies do.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{Statement, found::FoundAttestation};
use crate::backup::SetId;
use stockade_base::{eth::Address, timestamp::Timestamp};

/// A set in a copy that was set back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stale {
    copy: String,
    set: SetId,
    /// The problem, for people.
    pub problem: String,
}

/// A set in a copy.
type Place = (String, SetId);

/// Each copy that lacks the newest statement that one of `signers` made about it, although the
/// statement is stored elsewhere.
pub(super) fn stale(found: &[&FoundAttestation], signers: &[Address]) -> Vec<Stale> {
    let mut stale: BTreeMap<Place, String> = BTreeMap::new();
    for signer in signers {
        let (mut spoken, mut held) = (BTreeMap::new(), BTreeMap::new());
        for (one, statement) in found.iter().filter_map(|one| signed(one, signer)) {
            for copy in &statement.copies {
                let place = (copy.clone(), statement.set.clone());
                newest(spoken.entry(place), statement.time, one);
            }
            if let Some((copy, set)) = one.location().filter(|(_, set)| **set == statement.set) {
                newest(held.entry((copy.to_owned(), set.clone())), statement.time, one);
            }
        }
        for (copy, set) in found.iter().filter_map(|one| one.location()) {
            let place = (copy.to_owned(), set.clone());
            let Some((time, kept)) = spoken.get(&place) else { continue };
            if held.get(&place).is_some_and(|(own, _)| own >= time) {
                continue;
            }
            let kept = stockade_base::shown(&kept.place);
            let problem = format!(
                "copy {copy} lacks the statement of {time} about it, which is stored as {kept}: it was \
                 set back to an older state, or the statement was removed from it"
            );
            stale.insert(place, problem);
        }
    }
    let stale = stale.into_iter();
    stale.map(|((copy, set), problem)| Stale { copy, set, problem }).collect()
}

impl Stale {
    /// Whether this is about the set and copy that `found` is in.
    pub(super) fn is_of(&self, found: &FoundAttestation) -> bool {
        found.location() == Some((self.copy.as_str(), &self.set))
    }
}

fn newest<'a>(
    entry: Entry<'_, Place, (Timestamp, &'a FoundAttestation)>,
    time: Timestamp,
    one: &'a FoundAttestation,
) {
    let last = entry.or_insert((time, one));
    if last.0 < time {
        *last = (time, one);
    }
}

/// The statement, if `signer` really signed it.
fn signed<'a>(
    found: &'a FoundAttestation,
    signer: &Address,
) -> Option<(&'a FoundAttestation, Statement)> {
    let attestation = found.attestation.as_ref()?;
    let own = attestation.address == *signer && attestation.is_signed();
    own.then(|| attestation.statement.parse().ok()).flatten().map(|statement| (found, statement))
}
