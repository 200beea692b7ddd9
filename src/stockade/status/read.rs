//! Reads manifests, attestations and this computer's records.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    due,
    report::{CopyStatus, Last, PairStatus, SetStatus, StatusReport},
    request::{Gone, StatusRequest},
    tasks,
};
use crate::{
    attest::{self, AttestedLevel},
    backup::{self, BackupError, Copy, Digest, ListedSet, SetId, origin::OriginVerdict, retired},
    profile::{CheckKind, Located, Presence, Recorded},
    validator::fleet::Fleet,
};
use stockade_base::{eth::Address, timestamp::Timestamp};
use stockade_keystore::bls::PublicKey;

/// A set by its manifest: several sets, if the copies disagree about it.
type Key = (SetId, Option<Digest>);

/// A set, and its last checks in each copy.
struct Found {
    listed: ListedSet,
    copies: BTreeMap<String, FoundIn>,
}

/// The last check of each kind, in the order of [`CheckKind::ALL`].
#[derive(Default)]
struct FoundIn {
    read: bool,
    last: [Option<Last>; 3],
}

impl FoundIn {
    fn add(&mut self, kind: CheckKind, last: Last) {
        if let Some(slot) = self.last.get_mut(kind as usize) {
            *slot = (*slot).max(Some(last));
        }
    }
}

/// Reads the state of the copies. Fails only if a copy that could be opened cannot be listed any
/// more; what cannot be read otherwise is a task.
pub fn status(mut request: StatusRequest<'_>) -> Result<StatusReport, BackupError> {
    let mut unreadable = drop_unlistable(&mut request.located);
    let mut sets: BTreeMap<Key, Found> = BTreeMap::new();
    for listed in backup::list(&request.located.copies)? {
        let copy = listed.copy.clone();
        let key = (listed.id.clone(), listed.digest);
        let signer = listed.signer;
        let found = sets.entry(key);
        let found = found.or_insert_with(|| Found { listed, copies: BTreeMap::new() });
        found.listed.signer = found.listed.signer.or(signer);
        found.copies.entry(copy).or_default().read = true;
    }
    let mut gone = add_records(&mut sets, &request);
    let Stated { unread, others, latest } = add_attestations(&mut sets, &mut gone, &request);
    unreadable.extend(unread);
    let latest = latest.max(last_recorded(&request));
    drop_explained(&mut gone, &sets, &request.located.copies)?;
    let fleet = fleet(&sets, &request.located);
    let mut report = report(&sets, &request);
    let found = tasks::Found { unreadable, gone, others, latest, warnings: fleet.warnings() };
    tasks::add(&mut report, &request, &found);
    Ok(report)
}

/// Takes copies that cannot be listed from those that are here, and says why.
fn drop_unlistable(located: &mut Located) -> Vec<String> {
    let Located { copies, known } = located;
    let mut problems = Vec::new();
    copies.retain(|copy| {
        let Err(error) = copy.set_ids() else { return true };
        let one = known.iter_mut().find(|one| one.known.id.as_str() == copy.id());
        if let Some(one) = one {
            one.presence = Presence::Unreadable(copy.dir().to_owned(), error.to_string());
        } else {
            problems.push(format!("copy {}: {error}", copy.id()));
        }
        false
    });
    problems
}

/// Adds this computer's records. A record of a copy that was not read shows that it held the set.
/// Gives the sets that were in a copy and are not.
fn add_records(sets: &mut BTreeMap<Key, Found>, request: &StatusRequest<'_>) -> Gone {
    let unread = unread(&request.located);
    let mut gone = Gone::new();
    // One of the future says nothing of how long ago it was; what it found wrong stays wrong.
    let counts = |one: &&Recorded| one.at <= request.now || !one.good;
    for record in request.records.checks().iter().filter(counts) {
        let Some(found) = sets.get_mut(&(record.set.clone(), Some(record.manifest))) else {
            gone.insert((record.set.clone(), record.copy.clone()));
            continue;
        };
        if unread.contains(record.copy.as_str()) {
            found.copies.entry(record.copy.clone()).or_default();
        }
        let Some(of) = found.copies.get_mut(&record.copy) else {
            gone.insert((record.set.clone(), record.copy.clone()));
            continue;
        };
        let last = Last { at: record.at, failed: !record.good, by: None };
        of.add(record.kind, last);
        // A drill reads every byte first.
        if record.kind == CheckKind::Drill && record.good {
            of.add(CheckKind::Scrub, last);
        }
    }
    gone
}

/// The latest time that this computer recorded.
fn last_recorded(request: &StatusRequest<'_>) -> Option<Timestamp> {
    let (known, records) = (&request.located.known, request.records);
    let seen = known.iter().filter_map(|one| records.seen(one.known.id.as_str()));
    records.checks().iter().map(|one| one.at).chain(seen.map(|seen| seen.at)).max()
}

/// Leaves only sets that a copy should hold: not those of copies that were not read or are not the
/// profile's, not those that it holds with another manifest, and not retired ones.
fn drop_explained(
    gone: &mut Gone,
    sets: &BTreeMap<Key, Found>,
    copies: &[Copy],
) -> Result<(), BackupError> {
    if gone.is_empty() {
        return Ok(());
    }
    let mut retired = BTreeSet::new();
    for copy in copies {
        retired.extend(retired::notes(copy)?.notes.into_iter().map(|note| note.set));
    }
    let held: BTreeSet<_> = sets
        .iter()
        .flat_map(|((id, _), found)| found.copies.keys().map(move |copy| (id, copy.as_str())))
        .collect();
    gone.retain(|(set, copy)| {
        copies.iter().any(|one| one.id() == copy)
            && !held.contains(&(set, copy.as_str()))
            && !retired.contains(set)
    });
    Ok(())
}

/// What the attestations state, besides the checks.
#[derive(Default)]
struct Stated {
    /// What could not be read.
    unread: Vec<String>,
    /// The other addresses that attested.
    others: BTreeSet<Address>,
    /// The latest time of the owner's.
    latest: Option<Timestamp>,
}

/// Adds the attestations of the owner's addresses. Adds to `gone` what they state of copies that do not
/// hold the set.
fn add_attestations(
    sets: &mut BTreeMap<Key, Found>,
    gone: &mut Gone,
    request: &StatusRequest<'_>,
) -> Stated {
    let mut all = Stated::default();
    let unread = unread(&request.located);
    for found in sets.values_mut() {
        for copy in &request.located.copies {
            if !found.copies.get(copy.id()).is_some_and(|of| of.read) {
                continue;
            }
            let stated = match attest::stated(copy, &found.listed) {
                Ok(stated) => stated,
                Err(error) => {
                    let set = &found.listed.id;
                    all.unread.push(format!("copy {}, {set}: {error}", copy.id()));
                    continue;
                }
            };
            let own = |by: &Address| request.pins.judge(by) < OriginVerdict::Unknown;
            all.others.extend(stated.iter().map(|(_, one)| one.by).filter(|by| !own(by)));
            for (level, one) in stated.into_iter().filter(|(_, one)| own(&one.by)) {
                all.latest = all.latest.max(Some(one.time));
                if !one.counts(request.now) {
                    continue;
                }
                let last = Last { at: one.time, failed: !one.good, by: Some(one.by) };
                for named in &one.copies {
                    if unread.contains(named.as_str()) {
                        found.copies.entry(named.clone()).or_default();
                    }
                    match found.copies.get_mut(named) {
                        Some(of) => add_stated(of, level, last),
                        None => _ = gone.insert((found.listed.id.clone(), named.clone())),
                    }
                }
            }
        }
    }
    all
}

fn add_stated(of: &mut FoundIn, level: AttestedLevel, last: Last) {
    of.add(CheckKind::Attestation, last);
    match level {
        AttestedLevel::Bytes => of.add(CheckKind::Scrub, last),
        AttestedLevel::Opened => {
            of.add(CheckKind::Drill, last);
            if !last.failed {
                of.add(CheckKind::Scrub, last);
            }
        }
    }
}

/// The ids of the copies that were not read.
fn unread(located: &Located) -> BTreeSet<String> {
    let read = |id: &str| located.copies.iter().any(|copy| copy.id() == id);
    let ids = located.known.iter().map(|one| one.known.id.to_string());
    ids.filter(|id| !read(id)).collect()
}

/// The same sets as a fleet, for its warnings. A copy that was not read holds what it held when it was
/// last checked.
fn fleet(sets: &BTreeMap<Key, Found>, located: &Located) -> Fleet {
    let mut fleet = Fleet::default();
    for copy in &located.copies {
        fleet.add(copy.id(), copy.dir(), None);
    }
    for found in sets.values() {
        for id in found.copies.keys() {
            let dir = located.copies.iter().find(|copy| copy.id() == id).map(Copy::dir);
            let listed = ListedSet { copy: id.clone(), ..found.listed.clone() };
            fleet.add(id, dir.unwrap_or(std::path::Path::new("")), Some(listed));
        }
    }
    fleet
}

fn report(sets: &BTreeMap<Key, Found>, request: &StatusRequest<'_>) -> StatusReport {
    let mut holders: BTreeMap<PublicKey, BTreeSet<&str>> = BTreeMap::new();
    for found in sets.values() {
        for entry in found.listed.keystores() {
            let holders = holders.entry(entry.pubkey).or_default();
            holders.extend(found.copies.keys().map(String::as_str));
        }
    }
    StatusReport {
        at: request.now,
        ages: request.ages,
        copies: copies(request),
        sets: sets.values().map(|found| set(found, request)).collect(),
        keys: holders.len(),
        keys_in_one_copy: holders.values().filter(|copies| copies.len() < 2).count(),
        tasks: Vec::new(),
        notes: Vec::new(),
    }
}

fn copies(request: &StatusRequest<'_>) -> Vec<CopyStatus> {
    let status = |one: &crate::profile::LocatedCopy| {
        let id = one.known.id.as_str();
        let copy = request.located.copies.iter().find(|copy| copy.id() == id);
        CopyStatus {
            id: id.to_owned(),
            label: one.known.label.clone(),
            away: one.known.away,
            presence: one.presence.clone(),
            seen: request.records.seen(id).filter(|seen| seen.at <= request.now).cloned(),
            sets: copy.and_then(|copy| Some(copy.set_ids().ok()?.0.len())),
        }
    };
    request.located.known.iter().map(status).collect()
}

fn set(found: &Found, request: &StatusRequest<'_>) -> SetStatus {
    let manifest = found.listed.manifest.as_deref();
    let signer = found.listed.signer;
    let pair = |(copy, of): (&String, &FoundIn)| PairStatus {
        copy: copy.clone(),
        read: of.read,
        checks: CheckKind::ALL
            .into_iter()
            .zip(of.last)
            .map(|(kind, last)| due::check(kind, last, request.ages.of(kind), request.now))
            .collect(),
    };
    let mut copies: Vec<_> = found.copies.iter().map(pair).collect();
    let place = |id: &str| request.located.known.iter().position(|one| one.known.id.as_str() == id);
    copies.sort_by_key(|pair| place(&pair.copy));
    let custodians = manifest.into_iter().flat_map(|manifest| &manifest.custodians);
    SetStatus {
        id: found.listed.id.clone(),
        readable: manifest.is_some(),
        keys: found.listed.keystores().len(),
        origin: signer.map_or(OriginVerdict::Unknown, |signer| request.pins.judge(&signer)),
        signer,
        custodians: custodians.map(|custodian| custodian.id().to_string()).collect(),
        threshold: manifest.map(|manifest| manifest.threshold),
        copies,
    }
}
