//! Judging attestations: by whom, about what, how old, and what they say.

use std::path::{Path, PathBuf};

use super::{AttestError, Attestation, Statement};
use crate::{
    backup::{BackupError, Copy, Digest, ListedSet, SetId, list, manifest::Manifest},
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
    /// Keys that its set must hold.
    pub expect: Vec<PublicKey>,
}

/// An attestation and what is wrong with it.
#[derive(Debug)]
pub struct Judged {
    /// The file.
    pub file: PathBuf,
    /// The attestation.
    pub attestation: Attestation,
    /// What it says, where it follows the grammar.
    pub statement: Option<Statement>,
    /// Everything that speaks against it; empty when it fulfils the rules.
    pub problems: Vec<String>,
}

/// An attestation where it was found, and the manifest of its set where that lies beside it.
#[derive(Debug)]
pub struct FoundAttestation {
    file: PathBuf,
    attestation: Attestation,
    manifest: Option<(Digest, Manifest)>,
}

/// Reads attestations: files by name, and of every copy the newest of each set and signer.
pub fn find(paths: &[PathBuf]) -> Result<Vec<FoundAttestation>, AttestError> {
    let mut found = Vec::new();
    for path in paths {
        match path.is_dir() {
            true => found.extend(in_copy(&Copy::open(path)?)?),
            false => {
                let bytes =
                    private_file::read(path, Attestation::MAX_LEN).map_err(BackupError::from)?;
                let attestation = parse(path, &bytes)?;
                found.push(FoundAttestation { file: path.clone(), attestation, manifest: None });
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

fn parse(path: &Path, bytes: &[u8]) -> Result<Attestation, AttestError> {
    Attestation::parse(bytes)
        .map_err(|reason| AttestError::Malformed { path: path.to_owned(), reason })
}

fn in_copy(copy: &Copy) -> Result<Vec<FoundAttestation>, AttestError> {
    let mut found = Vec::new();
    for ListedSet { id, manifest, .. } in list(std::slice::from_ref(copy))? {
        let digest = manifest_digest(copy, &id);
        let mut newest: Vec<(Timestamp, FoundAttestation)> = Vec::new();
        for (file, bytes) in files(copy, &id)? {
            let attestation = parse(&file, &bytes)?;
            let Ok(statement) = attestation.statement.parse::<Statement>() else {
                let reason = "its statement does not follow the grammar".to_owned();
                return Err(AttestError::Malformed { path: file, reason });
            };
            let manifest = digest.zip(manifest.clone());
            let next = FoundAttestation { file, attestation, manifest };
            let same = |(_, other): &(_, FoundAttestation)| {
                other.attestation.address == next.attestation.address
            };
            match newest.iter_mut().find(|known| same(known)) {
                Some(known) if known.0 < statement.time => *known = (statement.time, next),
                Some(_) => {}
                None => newest.push((statement.time, next)),
            }
        }
        found.extend(newest.into_iter().map(|(_, attestation)| attestation));
    }
    Ok(found)
}

fn manifest_digest(copy: &Copy, set: &SetId) -> Option<Digest> {
    let path: StorePath = format!("{set}/manifest.json").parse().ok()?;
    copy.read(&path, Manifest::MAX_LEN).ok().map(|bytes| Digest::of(&bytes))
}

fn files(copy: &Copy, set: &SetId) -> Result<Vec<(PathBuf, Vec<u8>)>, BackupError> {
    let folder: StorePath = format!("attestations/{set}").parse()?;
    let mut files = Vec::new();
    for entry in copy.list(&folder)? {
        if entry.kind == EntryKind::File && entry.name.ends_with(".json") {
            let path = folder.join(&entry.name)?;
            let bytes = copy.read(&path, Attestation::MAX_LEN)?;
            files.push((copy.dir().join("stockade").join(path.as_str()), bytes));
        }
    }
    Ok(files)
}

/// The newest signed statement about a set that any copy keeps.
pub(super) fn newest(copies: &[Copy], set: &SetId) -> Result<Option<Statement>, BackupError> {
    let mut newest: Option<Statement> = None;
    for copy in copies {
        for (_, bytes) in files(copy, set)? {
            // Whatever else lies there does not keep a new attestation from being made.
            let Ok(attestation) = Attestation::parse(&bytes) else { continue };
            let Ok(statement) = attestation.statement.parse::<Statement>() else { continue };
            let newer = newest.as_ref().is_none_or(|found| found.time < statement.time);
            if newer && statement.set == *set && attestation.is_signed() {
                newest = Some(statement);
            }
        }
    }
    Ok(newest)
}

/// Holds an attestation against the rules.
pub fn judge(found: FoundAttestation, rules: &Rules, now: Timestamp) -> Judged {
    let FoundAttestation { file, attestation, manifest } = found;
    let mut problems = Vec::new();
    if !attestation.is_signed() {
        problems.push(format!("{} did not sign this statement", attestation.address));
    } else if !rules.signers.contains(&attestation.address) {
        problems.push(format!("signed by {}, who is no --signer", attestation.address));
    }
    let statement = attestation.statement.parse::<Statement>().ok();
    match &statement {
        Some(statement) => {
            problems.extend(judge_statement(statement, rules, now));
            problems.extend(judge_keys(statement, manifest.as_ref(), rules));
        }
        None => problems.push("its statement does not follow the grammar".to_owned()),
    }
    Judged { file, attestation, statement, problems }
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
    if keys.contradicted + keys.inconclusive > 0 || keys.proven == 0 {
        problems.push(format!(
            "it says {} keys proven, {} contradicted, {} inconclusive",
            keys.proven, keys.contradicted, keys.inconclusive
        ));
    }
    problems
}

/// Expected keys stand in the manifest, and the statement names the manifest's digest: without
/// that manifest beside it nothing can be said of them.
fn judge_keys(
    statement: &Statement,
    manifest: Option<&(Digest, Manifest)>,
    rules: &Rules,
) -> Vec<String> {
    let attested = manifest.filter(|(digest, _)| *digest == statement.manifest);
    match (attested, manifest) {
        (None, Some(_)) => {
            return vec!["the manifest beside it is not the one it speaks of".to_owned()];
        }
        (None, None) if !rules.expect.is_empty() => {
            return vec!["its set is not at hand, so which keys it holds is not known".to_owned()];
        }
        _ => {}
    }
    let held = |key: &&PublicKey| {
        attested.is_some_and(|(_, m)| m.keystores.iter().any(|entry| entry.pubkey == **key))
    };
    let absent = rules.expect.iter().filter(|key| !held(key)).collect::<Vec<_>>();
    match absent.first() {
        Some(first) => {
            vec![format!("{} expected keys are not in it, {first} among them", absent.len())]
        }
        None => Vec::new(),
    }
}
