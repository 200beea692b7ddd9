//! Judging attestations: by whom, about what, how old, and what they say.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    AttestError, Attestation, Met, Requirements, Statement,
    chain::Signed,
    found::{Beside, FoundAttestation, attested_keys},
    stale::stale,
};
use crate::{
    backup::{BackupError, Copy, Digest, ListedSet, SetId, list, retired},
    store::{EntryKind, StorePath, is_place, private_file},
};
use stockade_base::{eth::Address, timestamp::Timestamp};
use stockade_keystore::bls::PublicKey;

/// What an attestation must fulfil.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Who may have signed it.
    pub signers: Vec<Address>,
    /// What it must say.
    pub requirements: Requirements,
}

/// An attestation and what is wrong with it.
#[derive(Debug)]
pub struct Judged {
    /// The file, or the set that has none.
    pub place: PathBuf,
    /// The attestation, where there is one.
    pub attestation: Option<Attestation>,
    /// What it says, where it follows the grammar.
    pub statement: Option<Statement>,
    /// Everything that speaks against it; empty when it fulfils the rules.
    pub problems: Vec<String>,
    /// The keys of the manifest that it speaks of, where that lies beside it and nothing is wrong.
    keys: Vec<PublicKey>,
}

/// Which of a copy's attestations are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Of each set and signer the newest.
    Newest,
    /// All that there are.
    All,
}

/// Reads attestations: files by name; and of every copy, for each of its sets, those of `which`. A
/// set that nobody attested is found too, and one that was attested and is gone. Where the keys are
/// known that there must be (`keys_named`), that a set was retired needs no other witness than the
/// note of it, which nobody signed: its keys must be in others.
pub fn find(
    paths: &[PathBuf],
    which: Which,
    keys_named: bool,
) -> Result<Vec<FoundAttestation>, AttestError> {
    let (mut found, mut copies) = (Vec::new(), Vec::new());
    let mut room = Room::default();
    for path in paths {
        if is_place(path) {
            let copy = Copy::open_another(path, &mut copies)?;
            found.extend(in_copy(copy, which, keys_named, &mut room)?);
            continue;
        }
        found.push(FoundAttestation {
            place: path.clone(),
            attestation: Some(read(path)?),
            unreadable: None,
            beside: None,
            lacks_set: false,
        });
    }
    let lacking = lacking(&copies, &found, keys_named)?;
    found.extend(lacking);
    match found.is_empty() {
        true => {
            let names: Vec<_> =
                paths.iter().map(|path| stockade_base::shown(&path).to_string()).collect();
            Err(AttestError::None(names.join(", ")))
        }
        false => Ok(found),
    }
}

/// The sets that other copies hold, or files speak of, for each copy that lacks them; but for those that
/// were retired there, as in [`besides`].
fn lacking(
    copies: &[Copy],
    found: &[FoundAttestation],
    keys_named: bool,
) -> Result<Vec<FoundAttestation>, BackupError> {
    let sets: BTreeSet<_> = found.iter().filter_map(FoundAttestation::set).collect();
    let there: BTreeSet<_> = found.iter().filter_map(FoundAttestation::lies_in).collect();
    let mut lacking = Vec::new();
    for copy in copies {
        let notes = if keys_named { retired::notes(copy)?.notes } else { Vec::new() };
        let is_retired = |set: &SetId| notes.iter().any(|note| note.set == *set);
        let absent = sets.iter().filter(|set| !there.contains(&(copy.id(), *set)));
        for set in absent.filter(|set| !is_retired(set)) {
            lacking.push(FoundAttestation {
                place: copy.dir().join("stockade").join(set.as_str()),
                attestation: None,
                unreadable: None,
                beside: Some(Beside {
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
    room: &mut Room,
) -> Result<Vec<FoundAttestation>, AttestError> {
    let mut found = Vec::new();
    for beside in besides(copy, keys_named)? {
        let (set, lacks_set) = (&beside.set.id, beside.gone);
        let place = copy.dir().join("stockade").join(set.as_str());
        let (mut attestations, unreadable) = files(copy, set, room)?;
        if which == Which::Newest {
            attestations = newest_of_each(attestations);
        }
        let beside = Some(beside);
        let none = |place, unreadable| FoundAttestation {
            place,
            attestation: None,
            unreadable,
            beside: beside.clone(),
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
            beside: beside.clone(),
            lacks_set,
        }));
    }
    Ok(found)
}

/// The sets of a copy, and those that it has attestations of and lacks; but for those that were
/// retired, where somebody asks for their keys anyway.
fn besides(copy: &Copy, keys_named: bool) -> Result<Vec<Beside>, BackupError> {
    let id = || copy.id().to_owned();
    let sets = list(std::slice::from_ref(copy))?;
    let there: BTreeSet<_> = sets.iter().map(|set| set.id.clone()).collect();
    let notes = retired::notes(copy)?.notes;
    let is_retired = |set: &SetId| keys_named && notes.iter().any(|note| note.set == *set);
    let mut besides: Vec<_> =
        sets.into_iter().map(|set| Beside { copy: id(), set, gone: false }).collect();
    for entry in copy.list(&"attestations".parse()?)? {
        let (Ok(set), EntryKind::Folder) = (entry.name.parse::<SetId>(), entry.kind) else {
            continue;
        };
        if !there.contains(&set) && !is_retired(&set) {
            let set = ListedSet::absent(&set, copy);
            besides.push(Beside { copy: id(), set, gone: true });
        }
    }
    Ok(besides)
}

/// How much memory is left for attestations: some 50,000 of them, more than anybody makes.
pub(super) struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(64 * 1024 * 1024)
    }
}

impl Room {
    /// The same for delivery notes, which list their keys.
    pub(super) const FOR_NOTES: Self = Self(128 * 1024 * 1024);

    /// What is held beside a file's bytes.
    const EACH: usize = 512;

    pub(super) fn take(&mut self, bytes: usize, place: &Path) -> Result<(), BackupError> {
        let left = self.0.checked_sub(bytes.saturating_add(Self::EACH));
        self.0 = left.ok_or_else(|| BackupError::TooMuch(place.to_owned()))?;
        Ok(())
    }
}

/// An attestation, and the time that it says; where nobody signed that, the time that its file's
/// name gives.
pub(super) type Dated = (Timestamp, PathBuf, Attestation);

/// A file that is named as an attestation, and why it is none.
type Unreadable = (PathBuf, String);

/// The newest of each signer; all of them where several are of one time.
fn newest_of_each(all: Vec<Dated>) -> Vec<Dated> {
    let mut newest: BTreeMap<Address, Timestamp> = BTreeMap::new();
    for (time, _, attestation) in &all {
        let known = newest.entry(attestation.address).or_insert(*time);
        *known = (*known).max(*time);
    }
    let counts = |(time, _, attestation): &Dated| newest.get(&attestation.address) == Some(time);
    all.into_iter().filter(counts).collect()
}

/// The files `<utc>-<address>.json` that lie beside a set, and those of such a name that cannot be
/// read: one of these may have been the newest. Whatever else is there is no attestation.
pub(super) fn files(
    copy: &Copy,
    set: &SetId,
    room: &mut Room,
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
        let place = copy.dir().join("stockade").join(path.as_str());
        let bytes = copy.read(&path, Attestation::MAX_LEN).map_err(|error| error.to_string());
        room.take(bytes.as_ref().map_or(0, Vec::len), &place)?;
        match bytes.and_then(|bytes| Attestation::parse(&bytes)) {
            // A name is no evidence: anybody can give an old statement a new one.
            Ok(attestation) => files.push((attestation.time().unwrap_or(time), place, attestation)),
            Err(reason) => unreadable.push((place, reason)),
        }
    }
    Ok((files, unreadable))
}

/// The statements about a set that the copies keep, each with those who really signed it.
pub(super) fn statements(
    copies: &[Copy],
    set: &SetId,
) -> Result<BTreeMap<Digest, Signed>, BackupError> {
    let mut all: BTreeMap<Digest, Signed> = BTreeMap::new();
    let mut room = Room::default();
    for copy in copies {
        for (_, _, attestation) in files(copy, set, &mut room)?.0 {
            let Ok(statement) = attestation.statement.parse::<Statement>() else { continue };
            if statement.set == *set && attestation.is_signed() {
                Signed::add(&mut all, statement, attestation.address);
            }
        }
    }
    Ok(all)
}

/// The newest statement about a set that `signer` signed and any copy keeps.
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

/// Holds attestations against the rules, and the copies that they lie in against each other.
pub fn judge_all(found: Vec<FoundAttestation>, rules: &Rules, now: Timestamp) -> Vec<Judged> {
    let stale = stale(&found.iter().collect::<Vec<_>>(), &rules.signers);
    let judge = |one: FoundAttestation| {
        let stale = stale.iter().find(|stale| stale.is_of(&one));
        // A copy need not hold a set of which nothing says that it did.
        if one.only_lacks_set() && stale.is_none() {
            return None;
        }
        let mut judged = judge(one, rules, now);
        judged.problems.extend(stale.map(|stale| stale.problem.clone()));
        Some(judged)
    };
    found.into_iter().filter_map(judge).collect()
}

/// Holds one attestation against the rules.
fn judge(found: FoundAttestation, rules: &Rules, now: Timestamp) -> Judged {
    let FoundAttestation { place, attestation, unreadable, beside, lacks_set } = found;
    let mut problems = Vec::new();
    let Some(attestation) = attestation else {
        problems.push(match unreadable {
            Some(reason) => format!("it is no attestation: {reason}"),
            None if lacks_set => GONE.to_owned(),
            None => "nobody attested this set".to_owned(),
        });
        return Judged { place, attestation: None, statement: None, problems, keys: Vec::new() };
    };
    if !attestation.is_signed() {
        problems.push(format!("{} did not sign this statement", attestation.address));
    } else if !rules.signers.contains(&attestation.address) {
        problems.push(format!("signed by {}, who is no --signer", attestation.address));
    }
    let statement = attestation.statement.parse::<Statement>().ok();
    match &statement {
        Some(statement) => {
            let clauses = rules.requirements.clauses(statement, now);
            let broken = clauses.into_iter().filter(|clause| clause.met != Met::Yes);
            problems.extend(broken.map(|clause| clause.detail));
            problems.extend(judge_place(statement, beside.as_ref()));
        }
        None => problems.push("its statement does not follow the grammar".to_owned()),
    }
    // Only those of a good one count: any number of others may name the same keys.
    let good = statement.as_ref().filter(|_| problems.is_empty());
    let keys = good.map_or_else(Vec::new, |good| attested_keys(good, beside.as_ref()));
    Judged { place, attestation: Some(attestation), statement, problems, keys }
}

/// What is said of a set that a copy lacks.
const GONE: &str = "this copy does not hold the set; where it was retired, name the keys that there \
                    must be, and those of other sets count";

/// What lies beside it must be what it speaks of.
pub(super) fn judge_place(statement: &Statement, beside: Option<&Beside>) -> Vec<String> {
    let Some(Beside { copy, set, gone }) = beside else { return Vec::new() };
    let mut problems = Vec::new();
    if *gone {
        problems.push(format!("copy {copy}: {GONE}"));
    } else if statement.set != set.id {
        problems.push(format!("it speaks of set {}, not of the one beside it", statement.set));
    } else if set.digest != Some(statement.manifest) {
        problems.push("the manifest beside it is not the one it speaks of".to_owned());
    }
    if !statement.copies.contains(copy) {
        problems.push(format!("it does not speak of this copy, {copy}"));
    }
    problems
}

/// Those of `expected` that no good attestation speaks of.
pub fn unattested(judged: &[Judged], expected: &[PublicKey]) -> Vec<PublicKey> {
    let good = judged.iter().filter(|judged| judged.problems.is_empty());
    let attested: BTreeSet<_> = good.flat_map(|judged| &judged.keys).collect();
    expected.iter().filter(|key| !attested.contains(key)).copied().collect()
}
