//! Judging attestations: by whom, about what, how old, and what they say.

use std::{collections::BTreeSet, path::PathBuf};

use super::{AttestError, Attestation, Statement};
use crate::{
    backup::{BackupError, Copy, ListedSet, SetId, list},
    bls::PublicKey,
    eth::Address,
    store::{EntryKind, StorePath, private_file},
    timestamp::Timestamp,
};

/// What an attestation must fulfil.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Who may have signed it.
    pub signers: Vec<Address>,
    /// The oldest that it may be, in seconds.
    pub max_age: Option<i64>,
    /// How many copies it must speak of.
    pub min_copies: usize,
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
    /// The keys of the manifest that it speaks of, where that lies beside it.
    keys: Vec<PublicKey>,
}

/// An attestation where it was found, or a set that has none.
#[derive(Debug)]
pub struct FoundAttestation {
    place: PathBuf,
    attestation: Option<Attestation>,
    beside: Option<Beside>,
}

/// The set that an attestation lies beside, and the copy.
#[derive(Debug, Clone)]
struct Beside {
    copy: String,
    set: ListedSet,
}

/// Reads attestations: files by name; and of every copy, for each of its sets, the newest of each
/// signer. A set that nobody attested is found too.
pub fn find(paths: &[PathBuf]) -> Result<Vec<FoundAttestation>, AttestError> {
    let mut found = Vec::new();
    for path in paths {
        match path.is_dir() {
            true => found.extend(in_copy(&Copy::open(path)?)?),
            false => {
                let bytes =
                    private_file::read(path, Attestation::MAX_LEN).map_err(BackupError::from)?;
                let attestation = Attestation::parse(&bytes)
                    .map_err(|reason| AttestError::Malformed { path: path.clone(), reason })?;
                let (place, attestation) = (path.clone(), Some(attestation));
                found.push(FoundAttestation { place, attestation, beside: None });
            }
        }
    }
    match found.is_empty() {
        true => {
            let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
            Err(AttestError::None(names.join(", ")))
        }
        false => Ok(found),
    }
}

fn in_copy(copy: &Copy) -> Result<Vec<FoundAttestation>, AttestError> {
    let mut found = Vec::new();
    for set in list(std::slice::from_ref(copy))? {
        let place = copy.dir().join("stockade").join(set.id.as_str());
        let newest = newest_of_each(copy, &set.id)?;
        let beside = Some(Beside { copy: copy.id().to_owned(), set });
        if newest.is_empty() {
            found.push(FoundAttestation { place, attestation: None, beside: beside.clone() });
        }
        found.extend(newest.into_iter().map(|(place, attestation)| FoundAttestation {
            place,
            attestation: Some(attestation),
            beside: beside.clone(),
        }));
    }
    Ok(found)
}

/// The newest attestation of each signer about a set in one copy.
fn newest_of_each(copy: &Copy, set: &SetId) -> Result<Vec<(PathBuf, Attestation)>, BackupError> {
    let mut newest: Vec<(Timestamp, PathBuf, Attestation)> = Vec::new();
    for (time, file, attestation) in files(copy, set)? {
        let address = attestation.address;
        match newest.iter_mut().find(|(_, _, known)| known.address == address) {
            Some(known) if known.0 < time => *known = (time, file, attestation),
            Some(_) => {}
            None => newest.push((time, file, attestation)),
        }
    }
    Ok(newest.into_iter().map(|(_, file, attestation)| (file, attestation)).collect())
}

/// The files `<utc>-<address>.json` that lie beside a set. Whatever else is there, or cannot be
/// read, is no attestation.
fn files(copy: &Copy, set: &SetId) -> Result<Vec<(Timestamp, PathBuf, Attestation)>, BackupError> {
    let folder: StorePath = format!("attestations/{set}").parse()?;
    let mut files = Vec::new();
    for entry in copy.list(&folder)? {
        let stem = entry.name.strip_suffix(".json").and_then(|stem| stem.split_once('-'));
        let time = stem.and_then(|(time, address)| {
            address.parse::<Address>().ok()?;
            time.parse::<Timestamp>().ok()
        });
        let (Some(time), EntryKind::File) = (time, entry.kind) else { continue };
        let path = folder.join(&entry.name)?;
        let Ok(bytes) = copy.read(&path, Attestation::MAX_LEN) else { continue };
        let Ok(attestation) = Attestation::parse(&bytes) else { continue };
        files.push((time, copy.dir().join("stockade").join(path.as_str()), attestation));
    }
    Ok(files)
}

/// The newest statement about a set that `signer` signed and any copy keeps.
pub(super) fn newest(
    copies: &[Copy],
    set: &SetId,
    signer: &Address,
    now: Timestamp,
) -> Result<Option<Statement>, BackupError> {
    let mut newest: Option<Statement> = None;
    for copy in copies {
        for (_, _, attestation) in files(copy, set)? {
            let Ok(statement) = attestation.statement.parse::<Statement>() else { continue };
            let newer = newest.as_ref().is_none_or(|found| found.time < statement.time);
            let own = attestation.address == *signer && attestation.is_signed();
            if newer && own && statement.set == *set && statement.time <= now {
                newest = Some(statement);
            }
        }
    }
    Ok(newest)
}

/// Holds an attestation against the rules.
pub fn judge(found: FoundAttestation, rules: &Rules, now: Timestamp) -> Judged {
    let FoundAttestation { place, attestation, beside } = found;
    let mut problems = Vec::new();
    let Some(attestation) = attestation else {
        problems.push("nobody attested this set".to_owned());
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
            problems.extend(judge_statement(statement, rules, now));
            problems.extend(judge_place(statement, beside.as_ref()));
        }
        None => problems.push("its statement does not follow the grammar".to_owned()),
    }
    let keys = statement.iter().flat_map(|statement| attested_keys(statement, beside.as_ref()));
    let keys = keys.collect();
    Judged { place, attestation: Some(attestation), statement, problems, keys }
}

fn judge_statement(statement: &Statement, rules: &Rules, now: Timestamp) -> Vec<String> {
    let mut problems = Vec::new();
    let age = now.unix() - statement.time.unix();
    if age < 0 {
        problems.push(format!("its time {} is in the future", statement.time));
    }
    if let Some(max) = rules.max_age
        && age > max
    {
        problems.push(format!("it is {} days old, {} are allowed", age / 86_400, max / 86_400));
    }
    if statement.copies.len() < rules.min_copies {
        let count = statement.copies.len();
        problems.push(format!("it speaks of {count} copies, {} are asked for", rules.min_copies));
    }
    let keys = statement.keys;
    if keys.contradicted > 0 || keys.inconclusive > 0 || keys.proven == 0 {
        problems.push(format!(
            "it says {} keys proven, {} contradicted, {} inconclusive",
            keys.proven, keys.contradicted, keys.inconclusive
        ));
    }
    problems
}

/// What lies beside it must be what it speaks of.
fn judge_place(statement: &Statement, beside: Option<&Beside>) -> Vec<String> {
    let Some(Beside { copy, set }) = beside else { return Vec::new() };
    let mut problems = Vec::new();
    if statement.set != set.id {
        problems.push(format!("it speaks of set {}, not of the one beside it", statement.set));
    } else if set.digest != Some(statement.manifest) {
        problems.push("the manifest beside it is not the one it speaks of".to_owned());
    }
    if !statement.copies.contains(copy) {
        problems.push(format!("it does not speak of this copy, {copy}"));
    }
    problems
}

/// The statement names the manifest's digest: which keys it speaks of, only that very manifest says.
fn attested_keys(statement: &Statement, beside: Option<&Beside>) -> Vec<PublicKey> {
    let set = beside.map(|beside| &beside.set);
    let set = set.filter(|set| set.digest == Some(statement.manifest));
    let entries = set.into_iter().flat_map(ListedSet::keystores);
    entries.map(|entry| entry.pubkey).collect()
}

/// Those of `expected` that no good attestation speaks of.
pub fn unattested(judged: &[Judged], expected: &[PublicKey]) -> Vec<PublicKey> {
    let good = judged.iter().filter(|judged| judged.problems.is_empty());
    let attested: BTreeSet<_> = good.flat_map(|judged| &judged.keys).collect();
    expected.iter().filter(|key| !attested.contains(key)).copied().collect()
}
