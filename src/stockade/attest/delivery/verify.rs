//! Judges delivery notes: who signed them, whether the keys are those that were signed, and whether
//! they describe the set that they are stored with.

use std::path::PathBuf;

use super::{DeliveryNote, DeliveryStatement};
use crate::{
    attest::{AttestError, verify::MemoryBudget},
    backup::{BackupError, Copy, ListedSet, list},
    store::{EntryKind, StorePath, is_place, private_file},
};
use stockade_base::{eth::Address, timestamp::Timestamp};

/// A delivery note that was found, or why a file with such a name is not one.
#[derive(Debug)]
#[non_exhaustive]
pub struct FoundNote {
    place: PathBuf,
    note: Result<DeliveryNote, String>,
    stored_with: Option<ListedSet>,
}

/// A note and its problems.
#[derive(Debug)]
pub struct JudgedNote {
    /// The file.
    pub place: PathBuf,
    /// The note, if the file is one.
    pub note: Option<DeliveryNote>,
    /// The statement, if it follows the grammar.
    pub statement: Option<DeliveryStatement>,
    /// The problems; empty if the note is good.
    pub problems: Vec<String>,
}

/// Reads delivery notes: files given by name, and all notes stored with the sets of copies.
pub fn find_notes(paths: &[PathBuf]) -> Result<Vec<FoundNote>, AttestError> {
    let (mut found, mut copies) = (Vec::new(), Vec::new());
    let mut budget = MemoryBudget::FOR_NOTES;
    for path in paths {
        if is_place(path) {
            found.extend(in_copy(Copy::open_another(path, &mut copies)?, &mut budget)?);
        } else {
            let bytes = private_file::read(path, DeliveryNote::MAX_LEN);
            let note = DeliveryNote::parse(&bytes.map_err(BackupError::from)?);
            found.push(FoundNote { place: path.clone(), note, stored_with: None });
        }
    }
    if found.is_empty() {
        let names: Vec<_> =
            paths.iter().map(|path| stockade_base::shown(&path).to_string()).collect();
        Err(AttestError::NoNote(names.join(", ")))
    } else {
        Ok(found)
    }
}

fn in_copy(copy: &Copy, budget: &mut MemoryBudget) -> Result<Vec<FoundNote>, AttestError> {
    let mut found = Vec::new();
    for set in list(std::slice::from_ref(copy))? {
        let folder: StorePath =
            format!("attestations/{}", set.id).parse().map_err(BackupError::from)?;
        for entry in copy.list(&folder).map_err(BackupError::from)? {
            if entry.kind != EntryKind::File || !entry.name.ends_with(DeliveryNote::END) {
                continue;
            }
            // Not the name of a note.
            let Ok(path) = folder.join(&entry.name) else { continue };
            let place = copy.path_of(path.as_str());
            let bytes = copy.read(&path, DeliveryNote::MAX_LEN).map_err(|error| error.to_string());
            budget.take(bytes.as_ref().map_or(0, Vec::len), &place)?;
            let note = bytes.and_then(|bytes| DeliveryNote::parse(&bytes));
            found.push(FoundNote { place, note, stored_with: Some(set.clone()) });
        }
    }
    Ok(found)
}

/// Checks a note against its allowed signers and the set that it is stored with.
pub fn judge_note(found: FoundNote, signers: &[Address], now: Timestamp) -> JudgedNote {
    let FoundNote { place, note, stored_with } = found;
    let note = match note {
        Ok(note) => note,
        Err(why) => {
            let problems = vec![format!("not a delivery note: {why}")];
            return JudgedNote { place, note: None, statement: None, problems };
        }
    };
    let mut problems = Vec::new();
    if !note.is_signed() {
        problems.push(format!("{} did not sign this statement", note.address));
    } else if !signers.contains(&note.address) {
        problems.push(format!("signed by {}, which is not a --signer", note.address));
    }
    let statement = note.statement.parse::<DeliveryStatement>().ok();
    match &statement {
        None => problems.push("its statement does not follow the grammar".to_owned()),
        Some(statement) => {
            if !note.lists(statement) {
                problems
                    .push("the keys that it lists are not the ones that were signed".to_owned());
            }
            if statement.time > now {
                problems.push(format!("its time {} is in the future", statement.time));
            }
            problems.extend(stored_with.and_then(|set| elsewhere(statement, &set)));
        }
    }
    JudgedNote { place, note: Some(note), statement, problems }
}

/// A problem if the set that the note is stored with is not the one that it describes.
fn elsewhere(statement: &DeliveryStatement, set: &ListedSet) -> Option<String> {
    if statement.set != set.id {
        return Some(format!(
            "it is about set {}, not about the set that it is stored with",
            statement.set
        ));
    }
    let other = set.digest != Some(statement.manifest);
    other.then(|| "the manifest stored with it is not the one that it names".to_owned())
}
