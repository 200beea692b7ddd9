//! What lies beside a set: slashing histories, marks, attestations, and sealed exits.
//! Files are only ever added; copies complete each other's, as far as what they hold is what its
//! name says.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    BackupError, Copy, SetId,
    delivery_mark::DeliveryMark,
    exits, history,
    marks::{self, Mark},
    split_mark::SplitMark,
    verdict::{FileProblem, Reason},
};
use crate::{
    bls::PublicKey,
    eth::{Address, Signature, personal_message},
    store::{EntryKind, StorePath},
    timestamp::Timestamp,
};

/// The longest history or attestation.
const MAX_LEN: u64 = 256 * 1024 * 1024;

/// The files beside a set in several copies.
pub(super) struct Beside {
    files: BTreeMap<StorePath, Held>,
    problems: Vec<FileProblem>,
}

/// One file: what it is, where all copies that hold one say the same.
struct Held {
    bytes: Vec<u8>,
    /// The copies that hold it, or something else under its name.
    copies: Vec<String>,
    disputed: bool,
    /// The copies in which it rotted, by its own name.
    rotten: Vec<String>,
}

impl Beside {
    /// Reads what lies beside the set in all copies.
    pub(super) fn read(
        set: &SetId,
        keys: &[PublicKey],
        copies: &[Copy],
    ) -> Result<Self, BackupError> {
        let mut beside = Self { files: BTreeMap::new(), problems: Vec::new() };
        let mut invalid = Vec::new();
        for folder in ["history", "attestations", exits::FOLDER] {
            let path: StorePath = format!("{folder}/{set}").parse()?;
            for copy in copies {
                let entries = match copy.list(&path) {
                    Err(error) if error.is_damage() => {
                        let problem = problem(copy, path.to_string(), Reason::Unreadable);
                        beside.problems.push(problem);
                        continue;
                    }
                    entries => entries?,
                };
                for entry in entries {
                    // What a killed process left is nothing yet.
                    if entry.name.ends_with(".partial") {
                        continue;
                    }
                    let file = path.join(&entry.name).ok();
                    let file = file.filter(|_| entry.kind == EntryKind::File);
                    let bytes = file.as_ref().and_then(|file| copy.read(file, MAX_LEN).ok());
                    let (Some(file), Some(bytes)) = (file, bytes) else {
                        let name = format!("{path}/{}", entry.name);
                        beside.problems.push(problem(copy, name, Reason::Unreadable));
                        continue;
                    };
                    let valid = |valid: bool| valid.then_some(()).ok_or(Reason::Malformed);
                    let checked = match folder {
                        "history" => valid(is_history(&entry.name, &bytes, set, keys)),
                        "attestations" => valid(is_attestation(&entry.name, &bytes, set)),
                        _ => exits::check(&entry.name, &bytes),
                    };
                    match checked {
                        Ok(()) => beside.add(copy, file, bytes),
                        Err(reason) => invalid.push((copy, file, reason)),
                    }
                }
            }
        }
        for (copy, file, reason) in invalid {
            match (beside.files.get_mut(&file), reason) {
                // Its name says what it must be, and another copy has just that.
                (Some(held), Reason::BitRot) => {
                    held.rotten.push(copy.id().to_owned());
                    continue;
                }
                // What stands under its name elsewhere is not put in its place.
                (Some(held), _) => held.copies.push(copy.id().to_owned()),
                (None, _) => {}
            }
            beside.problems.push(problem(copy, file.to_string(), reason));
        }
        Ok(beside)
    }

    fn add(&mut self, copy: &Copy, file: StorePath, bytes: Vec<u8>) {
        let new = || Held {
            bytes: bytes.clone(),
            copies: Vec::new(),
            disputed: false,
            rotten: Vec::new(),
        };
        let held = self.files.entry(file.clone()).or_insert_with(new);
        held.copies.push(copy.id().to_owned());
        if held.bytes != bytes {
            held.disputed = true;
            self.problems.push(problem(copy, file.to_string(), Reason::ManifestDisagreement));
        }
    }

    /// Files that are none, and files of one name that differ.
    pub(super) fn problems(&self) -> Vec<FileProblem> {
        self.problems.clone()
    }

    /// Adds to `copy` what it lacks, and gives how many that were. What it has stays as it is, but
    /// for what rotted by its own name; of two files that dispute one name neither is spread.
    pub(super) fn complete(&self, copy: &Copy) -> Result<usize, BackupError> {
        let mut added = 0;
        for (path, held) in self.files.iter().filter(|(_, held)| !held.disputed) {
            if held.rotten.iter().any(|id| id == copy.id()) {
                copy.put_again(path, &held.bytes)?;
                added += 1;
                continue;
            }
            let lacks = !held.copies.iter().any(|id| id == copy.id());
            if lacks && copy.add_if_absent(path, &held.bytes)? {
                added += 1;
            }
        }
        Ok(added)
    }
}

fn problem(copy: &Copy, file: String, reason: Reason) -> FileProblem {
    FileProblem { copy: copy.id().to_owned(), file, reason }
}

/// A slashing history by its name, for the set's network, that speaks of a key of the set; or a mark
/// of such a key.
fn is_history(name: &str, bytes: &[u8], set: &SetId, keys: &[PublicKey]) -> bool {
    if marks::is_name::<SplitMark>(name) {
        return is_mark::<SplitMark>(bytes, keys);
    }
    if marks::is_name::<DeliveryMark>(name) {
        return is_mark::<DeliveryMark>(bytes, keys);
    }
    let dated = name.strip_suffix(".json").is_some_and(|stem| stem.parse::<Timestamp>().is_ok());
    let history = history::parse_kept(bytes, set.network());
    let speaks = history.is_ok_and(|history| {
        let newest = history.newest();
        keys.iter().any(|key| newest.contains_key(key))
    });
    dated && speaks
}

fn is_mark<M: Mark>(bytes: &[u8], keys: &[PublicKey]) -> bool {
    let mark = marks::parse::<M>(bytes);
    mark.is_some_and(|mark| mark.keys().iter().any(|key| keys.contains(key)))
}

/// What is common to attestations of every version.
#[derive(Deserialize)]
struct Signed {
    statement: String,
    address: Address,
    signature: Signature,
}

/// A statement about this set, really signed by the address in the file's name: an attestation or a
/// delivery note.
fn is_attestation(name: &str, bytes: &[u8], set: &SetId) -> bool {
    let stem = name.strip_suffix(".json").unwrap_or_default();
    let (stem, noun) = match stem.strip_suffix(".delivery") {
        Some(stem) => (stem, "delivery"),
        None => (stem, "attestation"),
    };
    let Some((time, address)) = stem.split_once('-') else { return false };
    let Ok(signed) = serde_json::from_slice::<Signed>(bytes) else { return false };
    let signer = personal_message::recover(signed.statement.as_bytes(), &signed.signature);
    time.parse::<Timestamp>().is_ok()
        && address.eq_ignore_ascii_case(&signed.address.to_string())
        && signed.statement.starts_with(&format!("Stockade {noun} v1; set {set}; "))
        && signer.is_ok_and(|signer| signer == signed.address)
}
