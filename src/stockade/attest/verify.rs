//! Judges attestations: their signer, their subject, their age, and their content.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    AttestError, Attestation, Met, Requirements, Statement,
    chain::Signed,
    found::{FoundAttestation, StoredSet, attested_keys},
    stale::stale,
};
use crate::{
    backup::{BackupError, Copy, Digest, ListedSet, SetId, list, retired},
    store::{EntryKind, StorePath, is_place, private_file},
};
use stockade_base::{eth::Address, timestamp::Timestamp};
use stockade_keystore::bls::PublicKey;

/// The rules that an attestation must meet.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The allowed signers.
    pub signers: Vec<Address>,
    /// The requirements on the statement.
    pub requirements: Requirements,
}

/// An attestation and its problems.
#[derive(Debug)]
#[non_exhaustive]
pub struct Judged {
    /// The file, or the set that has no attestation.
    pub place: PathBuf,
    /// The attestation, if there is one.
    pub attestation: Option<Attestation>,
    /// The statement, if it follows the grammar.
    pub statement: Option<Statement>,
    /// The problems; empty if the attestation meets the rules.
    pub problems: Vec<String>,
    /// Whether there is a file that is named as an attestation and cannot be read as one.
    pub unreadable: bool,
    /// The keys that it covers, if its manifest is stored with it and there is no problem.
    keys: Vec<PublicKey>,
}

/// Which attestations of a copy are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The newest of each set and signer.
    Newest,
    /// All of them.
    All,
}

/// Reads attestations: files given by name, and those of `which` for each set of a copy. Sets
/// without an attestation are reported too, and so are sets that were attested and are gone. If the
/// required keys are known (`keys_named`), an unsigned note is enough to accept that a set was
/// retired: its keys must be in other sets.
pub fn find(
    paths: &[PathBuf],
    which: Which,
    keys_named: bool,
) -> Result<Vec<FoundAttestation>, AttestError> {
    let (mut found, mut copies) = (Vec::new(), Vec::new());
    let mut budget = MemoryBudget::default();
    for path in paths {
        if is_place(path) {
            let copy = Copy::open_another(path, &mut copies)?;
            found.extend(in_copy(copy, which, keys_named, &mut budget)?);
            continue;
        }
        found.push(FoundAttestation {
            place: path.clone(),
            attestation: Some(read(path)?),
            unreadable: None,
            stored_with: None,
            lacks_set: false,
        });
    }
    let lacking = lacking(&copies, &found, keys_named)?;
    found.extend(lacking);
    if found.is_empty() {
        let names: Vec<_> =
            paths.iter().map(|path| stockade_base::shown(&path).to_string()).collect();
        Err(AttestError::None(names.join(", ")))
    } else {
        Ok(found)
    }
}

/// For each copy, the sets that it lacks although other copies hold them or files are about them,
/// except those that were retired there, as in [`attested_in`].
fn lacking(
    copies: &[Copy],
    found: &[FoundAttestation],
    keys_named: bool,
) -> Result<Vec<FoundAttestation>, BackupError> {
    let sets: BTreeSet<_> = found.iter().filter_map(FoundAttestation::set).collect();
    let there: BTreeSet<_> = found.iter().filter_map(FoundAttestation::location).collect();
    let mut lacking = Vec::new();
    for copy in copies {
        let notes = if keys_named { retired::notes(copy)?.notes } else { Vec::new() };
        let is_retired = |set: &SetId| notes.iter().any(|note| note.set == *set);
        let absent = sets.iter().filter(|set| !there.contains(&(copy.id(), *set)));
        for set in absent.filter(|set| !is_retired(set)) {
            lacking.push(FoundAttestation {
                place: copy.path_of(set.as_str()),
                attestation: None,
                unreadable: None,
                stored_with: Some(StoredSet {
                    copy: copy.id().to_owned(),
                    set: ListedSet::absent(set, copy),
                    gone: true,
                }),
                lacks_set: true,
            });
        }
    }
    Ok(lacking)
}

/// Reads an attestation file.
pub fn read(path: &Path) -> Result<Attestation, AttestError> {
    let bytes = private_file::read(path, Attestation::MAX_LEN).map_err(BackupError::from)?;
    Attestation::parse(&bytes)
        .map_err(|reason| AttestError::Malformed { path: path.to_owned(), reason })
}

fn in_copy(
    copy: &Copy,
    which: Which,
    keys_named: bool,
    budget: &mut MemoryBudget,
) -> Result<Vec<FoundAttestation>, AttestError> {
    let mut found = Vec::new();
    for stored_with in attested_in(copy, keys_named)? {
        let (set, lacks_set) = (&stored_with.set.id, stored_with.gone);
        let place = copy.path_of(set.as_str());
        let (mut attestations, unreadable) = files(copy, set, budget)?;
        if which == Which::Newest {
            attestations = newest_of_each(attestations);
        }
        let stored_with = Some(stored_with);
        let none = |place, unreadable| FoundAttestation {
            place,
            attestation: None,
            unreadable,
            stored_with: stored_with.clone(),
            lacks_set,
        };
        if attestations.is_empty() && unreadable.is_empty() && !lacks_set {
            found.push(none(place, None));
        }
        found.extend(unreadable.into_iter().map(|(place, reason)| none(place, Some(reason))));
        found.extend(attestations.into_iter().map(|(_, place, attestation)| FoundAttestation {
            place,
            attestation: Some(attestation),
            unreadable: None,
            stored_with: stored_with.clone(),
            lacks_set,
        }));
    }
    Ok(found)
}

/// The sets of a copy, and those that it lacks but has attestations of. Retired sets are left out
/// if the required keys are known.
fn attested_in(copy: &Copy, keys_named: bool) -> Result<Vec<StoredSet>, BackupError> {
    let id = || copy.id().to_owned();
    let sets = list(std::slice::from_ref(copy))?;
    let there: BTreeSet<_> = sets.iter().map(|set| set.id.clone()).collect();
    let notes = retired::notes(copy)?.notes;
    let is_retired = |set: &SetId| keys_named && notes.iter().any(|note| note.set == *set);
    let mut stored: Vec<_> =
        sets.into_iter().map(|set| StoredSet { copy: id(), set, gone: false }).collect();
    for entry in copy.list(&"attestations".parse()?)? {
        let (Ok(set), EntryKind::Folder) = (entry.name.parse::<SetId>(), entry.kind) else {
            continue;
        };
        if !there.contains(&set) && !is_retired(&set) {
            let set = ListedSet::absent(&set, copy);
            stored.push(StoredSet { copy: id(), set, gone: true });
        }
    }
    Ok(stored)
}

/// The memory left for attestations: enough for some 50,000 of them.
pub(super) struct MemoryBudget(usize);

impl Default for MemoryBudget {
    fn default() -> Self {
        Self(64 * 1024 * 1024)
    }
}

impl MemoryBudget {
    /// The memory for delivery notes, which list their keys.
    pub(super) const FOR_NOTES: Self = Self(128 * 1024 * 1024);

    /// The overhead per file, in addition to its bytes.
    const EACH: usize = 512;

    pub(super) fn take(&mut self, bytes: usize, place: &Path) -> Result<(), BackupError> {
        let left = self.0.checked_sub(bytes.saturating_add(Self::EACH));
        self.0 = left.ok_or_else(|| BackupError::TooMuch(place.to_owned()))?;
        Ok(())
    }
}

/// An attestation and the time in its statement, or the time in the file's name if the signature
/// does not verify.
pub(super) type Dated = (Timestamp, PathBuf, Attestation);

/// A file that is named as an attestation, and why it is not one.
type Unreadable = (PathBuf, String);

/// The newest of each signer, or all of the newest if several have the same time.
fn newest_of_each(all: Vec<Dated>) -> Vec<Dated> {
    let mut newest: BTreeMap<Address, Timestamp> = BTreeMap::new();
    for (time, _, attestation) in &all {
        let known = newest.entry(attestation.address).or_insert(*time);
        *known = (*known).max(*time);
    }
    let counts = |(time, _, attestation): &Dated| newest.get(&attestation.address) == Some(time);
    all.into_iter().filter(counts).collect()
}

/// The files `<utc>-<address>.json` that are stored with a set, including those that cannot be
/// read, since one of these may have been the newest. Other files are not attestations.
pub(super) fn files(
    copy: &Copy,
    set: &SetId,
    budget: &mut MemoryBudget,
) -> Result<(Vec<Dated>, Vec<Unreadable>), BackupError> {
    let folder: StorePath = format!("attestations/{set}").parse()?;
    let (mut files, mut unreadable) = (Vec::new(), Vec::new());
    for entry in copy.list(&folder)? {
        let stem = entry.name.strip_suffix(".json").and_then(|stem| stem.split_once('-'));
        let time = stem.and_then(|(time, address)| {
            address.parse::<Address>().ok()?;
            time.parse::<Timestamp>().ok()
        });
        let (Some(time), EntryKind::File) = (time, entry.kind) else { continue };
        let path = folder.join(&entry.name)?;
        let place = copy.path_of(path.as_str());
        let bytes = copy.read(&path, Attestation::MAX_LEN).map_err(|error| error.to_string());
        budget.take(bytes.as_ref().map_or(0, Vec::len), &place)?;
        match bytes.and_then(|bytes| Attestation::parse(&bytes)) {
            // The name proves nothing: anybody can rename an old statement.
            Ok(attestation) => files.push((attestation.time().unwrap_or(time), place, attestation)),
            Err(reason) => unreadable.push((place, reason)),
        }
    }
    Ok((files, unreadable))
}

/// The statements about a set in all copies, each with the signers whose signature verifies.
pub(super) fn statements(
    copies: &[Copy],
    set: &SetId,
) -> Result<BTreeMap<Digest, Signed>, BackupError> {
    let mut all: BTreeMap<Digest, Signed> = BTreeMap::new();
    let mut budget = MemoryBudget::default();
    for copy in copies {
        for (_, _, attestation) in files(copy, set, &mut budget)?.0 {
            let Ok(statement) = attestation.statement.parse::<Statement>() else { continue };
            if statement.set == *set && attestation.is_signed() {
                Signed::add(&mut all, statement, attestation.address);
            }
        }
    }
    Ok(all)
}

/// The newest statement about a set that `signer` signed and any copy holds.
pub(super) fn newest(
    copies: &[Copy],
    set: &SetId,
    signer: &Address,
    now: Timestamp,
) -> Result<Option<Statement>, BackupError> {
    let all = statements(copies, set)?.into_values();
    let own = all.filter(|one| one.signers.contains(signer) && one.statement.time <= now);
    Ok(own.map(|one| one.statement).max_by_key(|statement| statement.time))
}

/// Checks attestations against the rules, and the copies that they are stored in against each
/// other.
pub fn judge_all(found: Vec<FoundAttestation>, rules: &Rules, now: Timestamp) -> Vec<Judged> {
    let stale = stale(&found.iter().collect::<Vec<_>>(), &rules.signers);
    let judge = |one: FoundAttestation| {
        let stale = stale.iter().find(|stale| stale.is_of(&one));
        // A copy need not hold a set if nothing says that it ever did.
        if one.only_lacks_set() && stale.is_none() {
            return None;
        }
        let mut judged = judge(one, rules, now);
        judged.problems.extend(stale.map(|stale| stale.problem.clone()));
        Some(judged)
    };
    found.into_iter().filter_map(judge).collect()
}

/// Checks one attestation against the rules.
fn judge(found: FoundAttestation, rules: &Rules, now: Timestamp) -> Judged {
    let FoundAttestation { place, attestation, unreadable, stored_with, lacks_set } = found;
    let mut problems = Vec::new();
    let Some(attestation) = attestation else {
        let is_unreadable = unreadable.is_some();
        problems.push(match unreadable {
            Some(reason) => format!("not an attestation: {reason}"),
            None if lacks_set => GONE.to_owned(),
            None => "this set has no attestation".to_owned(),
        });
        return Judged {
            place,
            attestation: None,
            statement: None,
            problems,
            unreadable: is_unreadable,
            keys: Vec::new(),
        };
    };
    if !attestation.is_signed() {
        problems.push(format!("{} did not sign this statement", attestation.address));
    } else if !rules.signers.contains(&attestation.address) {
        problems.push(format!("signed by {}, which is not a --signer", attestation.address));
    }
    let statement = attestation.statement.parse::<Statement>().ok();
    match &statement {
        Some(statement) => {
            let clauses = rules.requirements.clauses(statement, now);
            let broken = clauses.into_iter().filter(|clause| clause.met != Met::Yes);
            problems.extend(broken.map(|clause| clause.detail));
            problems.extend(judge_place(statement, stored_with.as_ref()));
        }
        None => problems.push("its statement does not follow the grammar".to_owned()),
    }
    // Only the keys of a good attestation count: any number of bad ones could name the same keys.
    let good = statement.as_ref().filter(|_| problems.is_empty());
    let keys = good.map_or_else(Vec::new, |good| attested_keys(good, stored_with.as_ref()));
    Judged { place, attestation: Some(attestation), statement, problems, unreadable: false, keys }
}

/// The problem of a set that a copy lacks.
const GONE: &str = "this copy does not hold the set. If it was retired, name the required keys; \
                    attestations of other sets then count for them";

/// The problems if what the attestation is stored with is not what it describes.
pub(super) fn judge_place(statement: &Statement, stored_with: Option<&StoredSet>) -> Vec<String> {
    let Some(StoredSet { copy, set, gone }) = stored_with else { return Vec::new() };
    let mut problems = Vec::new();
    if *gone {
        problems.push(format!("copy {copy}: {GONE}"));
    } else if statement.set != set.id {
        problems.push(format!(
            "it is about set {}, not about the set that it is stored with",
            statement.set
        ));
    } else if set.digest != Some(statement.manifest) {
        problems.push("the manifest stored with it is not the one that it names".to_owned());
    }
    if !statement.copies.contains(copy) {
        problems.push(format!("it does not cover this copy, {copy}"));
    }
    problems
}

/// The keys in `expected` that no good attestation covers.
pub fn unattested(judged: &[Judged], expected: &[PublicKey]) -> Vec<PublicKey> {
    let good = judged.iter().filter(|judged| judged.problems.is_empty());
    let attested: BTreeSet<_> = good.flat_map(|judged| &judged.keys).collect();
    expected.iter().filter(|key| !attested.contains(key)).copied().collect()
}
