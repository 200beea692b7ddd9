//! Compares attestations with a policy, set by set. The statement that counts for a set is the
//! newest one that any of the policy's signers made, or all of the newest if several have the same
//! time: neither an older nor a more favourable one replaces it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use super::{
    Clause, FoundAttestation, Met, Policy, Statement,
    chain::{self, Flaws, Signed},
    stale::stale,
    verify::judge_place,
};
use crate::backup::{Digest, SetId};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::bls::PublicKey;

/// The result of an audit for one set.
#[derive(Debug)]
#[non_exhaustive]
pub struct SetAudit {
    /// The set.
    pub set: SetId,
    /// The statement that counts, if a signer of the policy made one. If there are several, the
    /// first that does not meet the requirements.
    pub statement: Option<Statement>,
    /// The result for each clause of the policy.
    pub clauses: Vec<Clause>,
    /// The keys of the manifest that the statement covers, if that manifest is stored with it.
    keys: BTreeSet<PublicKey>,
}

/// The result of an audit.
#[derive(Debug)]
#[non_exhaustive]
pub struct Audit {
    /// The results, set by set.
    pub sets: Vec<SetAudit>,
    /// The required keys that are not attested by any set that meets every clause.
    pub missing: Vec<PublicKey>,
}

impl SetAudit {
    /// Whether every clause is met.
    pub fn is_met(&self) -> bool {
        self.met() == Met::Yes
    }

    /// Whether the clauses are met: one that is not decides, and then one that cannot be told.
    pub fn met(&self) -> Met {
        least(self.clauses.iter().map(|clause| clause.met))
    }
}

impl Audit {
    /// Whether the policy is met for every set and every required key. Without any set it is not
    /// met.
    pub fn is_met(&self) -> bool {
        self.met() == Met::Yes
    }

    /// The same, if it can be told.
    pub fn met(&self) -> Met {
        if self.sets.is_empty() || !self.missing.is_empty() {
            return Met::No;
        }
        least(self.sets.iter().map(SetAudit::met))
    }
}

fn least(all: impl Iterator<Item = Met>) -> Met {
    all.fold(Met::Yes, |so_far, met| match (so_far, met) {
        (Met::No, _) | (_, Met::No) => Met::No,
        (Met::Unknown, _) | (_, Met::Unknown) => Met::Unknown,
        (Met::Yes, Met::Yes) => Met::Yes,
    })
}

/// Judges `found` by `policy`. `after` are the digests of the last statements that an auditor
/// remembers, one per set at most: each must be among `found`, for any of the sets.
pub fn audit(
    found: &[FoundAttestation],
    policy: &Policy,
    after: &[Digest],
    now: Timestamp,
) -> Audit {
    let ids: BTreeSet<SetId> = found.iter().filter_map(FoundAttestation::set).collect();
    let mut sets: Vec<_> = ids.into_iter().map(|id| audit_set(id, found, policy, now)).collect();
    for after in after {
        remember(&mut sets, found, policy, after);
    }
    let met = sets.iter().filter(|set| set.is_met());
    let attested: BTreeSet<_> = met.flat_map(|set| &set.keys).collect();
    let missing = policy.keys.iter().filter(|key| !attested.contains(key)).copied().collect();
    Audit { sets, missing }
}

fn audit_set(id: SetId, found: &[FoundAttestation], policy: &Policy, now: Timestamp) -> SetAudit {
    let own: Vec<_> = found.iter().filter(|one| one.set().as_ref() == Some(&id)).collect();
    let signed = signed(&id, &own, policy);
    let newest = signed.values().map(|one| one.statement.time).max();
    let counts: Vec<_> = signed.values().filter(|one| Some(one.statement.time) == newest).collect();
    let of_each: Vec<_> = counts.iter().map(|one| clauses(one, &own, policy, now)).collect();
    let is_met = |clauses: &[Clause]| clauses.iter().all(|clause| clause.met == Met::Yes);
    let first = counts.iter().zip(&of_each).find(|(_, clauses)| !is_met(clauses));
    let Some(shown) = first.map(|(one, _)| one).or(counts.first()) else {
        let clause = Clause::new("signers", false, "no signer of the policy attested this set");
        return SetAudit { set: id, statement: None, clauses: vec![clause], keys: BTreeSet::new() };
    };
    let statement = Some(shown.statement.clone());
    let mut clauses = worst(of_each);
    clauses.extend(unreadable(&own));
    if policy.chain {
        clauses.push(chain(policy, &signed));
    }
    let keys_of = |one| own.iter().flat_map(move |found| found.keys_of(one));
    let keys = counts.iter().flat_map(|one| keys_of(&one.statement)).collect();
    SetAudit { set: id, statement, clauses, keys }
}

/// Checks the requirements for each statement that counts.
fn clauses(
    one: &Signed,
    own: &[&FoundAttestation],
    policy: &Policy,
    now: Timestamp,
) -> Vec<Clause> {
    let mut clauses = vec![signers(one, policy)];
    clauses.extend(policy.requirements.clauses(&one.statement, now));
    clauses.push(place(&one.statement, own, policy));
    clauses
}

/// Keeps each clause once, with the statement that meets it least.
fn worst(of_each: Vec<Vec<Clause>>) -> Vec<Clause> {
    let mut worst: Vec<Clause> = Vec::new();
    for clause in of_each.into_iter().flatten() {
        match worst.iter_mut().find(|known| known.name == clause.name) {
            Some(known) if known.met < clause.met => *known = clause,
            Some(_) => {}
            None => worst.push(clause),
        }
    }
    worst
}

/// The statements about a set, each with the policy's signers whose signature verifies.
fn signed(id: &SetId, found: &[&FoundAttestation], policy: &Policy) -> BTreeMap<Digest, Signed> {
    let mut signed: BTreeMap<Digest, Signed> = BTreeMap::new();
    for attestation in found.iter().filter_map(|one| one.attestation.as_ref()) {
        let Ok(statement) = attestation.statement.parse::<Statement>() else { continue };
        let counts = policy.signers.contains(&attestation.address) && attestation.is_signed();
        if counts && statement.set == *id {
            Signed::add(&mut signed, statement, attestation.address);
        }
    }
    signed
}

fn signers(newest: &Signed, policy: &Policy) -> Clause {
    let names: Vec<_> = newest.signers.iter().map(ToString::to_string).collect();
    let detail = format!(
        "the newest statement is signed by {} of the policy's signers, {} are required: {}",
        names.len(),
        policy.threshold,
        names.join(", ")
    );
    Clause::new("signers", names.len() >= policy.threshold, detail)
}

/// The sets found must be what the statement describes, in a state no older than any that is known.
/// Without a set this cannot be checked.
fn place(statement: &Statement, found: &[&FoundAttestation], policy: &Policy) -> Clause {
    let there = found.iter().filter(|one| !one.only_lacks_set());
    let stored_with: Vec<_> = there.filter_map(|one| one.stored_with.as_ref()).collect();
    let stale = stale(found, &policy.signers).into_iter().map(|stale| stale.problem);
    let problems =
        stored_with.iter().flat_map(|stored_with| judge_place(statement, Some(stored_with)));
    let problems: BTreeSet<_> = problems.chain(stale).collect();
    if stored_with.is_empty() && problems.is_empty() {
        return Clause::unknown("set", "the set itself was not found, only its attestation");
    }
    if problems.is_empty() {
        Clause::new("set", true, "the manifest found is the one that it names")
    } else {
        let problems: Vec<_> = problems.into_iter().collect();
        Clause::new("set", false, problems.join("; "))
    }
}

/// A damaged attestation may have been the newest.
fn unreadable(found: &[&FoundAttestation]) -> Option<Clause> {
    let damaged = found.iter().find_map(|one| Some((&one.place, one.unreadable.as_ref()?)));
    let detail = |(place, reason): (&PathBuf, &String)| {
        format!("{}: {reason}", stockade_base::shown(&place))
    };
    damaged.map(|damaged| Clause::unknown("readable", detail(damaged)))
}

fn chain(policy: &Policy, signed: &BTreeMap<Digest, Signed>) -> Clause {
    let flaws: Vec<Flaws> =
        policy.signers.iter().map(|signer| chain::flaws(signer, signed)).collect();
    let breaks: BTreeSet<_> = flaws.iter().flat_map(|flaws| flaws.breaks.clone()).collect();
    let unknown: BTreeSet<_> = flaws.iter().flat_map(|flaws| flaws.unknown.clone()).collect();
    let joined = |said: BTreeSet<String>| said.into_iter().collect::<Vec<_>>().join("; ");
    match (breaks.is_empty(), unknown.is_empty()) {
        (true, true) => {
            let detail = format!("{} statements, each naming the last one", signed.len());
            Clause::new("chain", true, detail)
        }
        (true, false) => Clause::unknown("chain", joined(unknown)),
        (false, _) => Clause::new("chain", false, joined(breaks)),
    }
}

/// Adds a clause to the set that the remembered statement is about, or to every set if there is
/// none.
fn remember(sets: &mut [SetAudit], found: &[FoundAttestation], policy: &Policy, after: &Digest) {
    let mut here = false;
    for set in &mut *sets {
        let own: Vec<_> = found.iter().filter(|one| one.set().as_ref() == Some(&set.set)).collect();
        if signed(&set.set, &own, policy).contains_key(after) {
            here = true;
            set.clauses.push(Clause::new("after", true, format!("{after} was found")));
        }
    }
    if !here {
        let detail =
            format!("a rollback: the statement {after} was not found; what was found may be older");
        for set in sets {
            set.clauses.push(Clause::new("after", false, detail.clone()));
        }
    }
}
