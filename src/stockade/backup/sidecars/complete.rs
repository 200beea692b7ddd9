//! The sidecar records of a set: slashing histories, marks, attestations, and sealed exits. Files
//! are only ever added. Copies complete each other, as far as the content of a file fits its name.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;

use super::{
    delivery_mark::DeliveryMark,
    history::{self, NoHistory},
    marks::{self, Mark},
    sealed_exits,
    split_mark::SplitMark,
    whereabouts,
};
use crate::backup::{
    copy::{Copy, folders},
    set::{
        digest::Digest,
        error::BackupError,
        set_id::SetId,
        verdict::{FileProblem, Reason},
    },
};
use crate::store::{EntryKind, StorePath};
use stockade_base::{
    eth::{Address, Signature, personal_message},
    timestamp::Timestamp,
};
use stockade_keystore::bls::PublicKey;

/// The longest history or attestation.
const MAX_LEN: u64 = 256 * 1024 * 1024;

/// The sidecar records of a set in several copies. A file is read again when a copy lacks it, since
/// all of them may not fit into memory.
pub(crate) struct Sidecars {
    files: BTreeMap<StorePath, Held>,
    problems: Vec<FileProblem>,
    passed_over: Vec<String>,
}

/// One file. It has a digest if all copies that hold it agree.
struct Held {
    digest: Digest,
    /// The folder of a copy that holds it.
    dir: PathBuf,
    /// The copies that hold it, or something else under its name.
    copies: Vec<String>,
    disputed: bool,
    /// The copies in which it is damaged, according to its own name.
    rotten: Vec<String>,
}

/// Why a file is not one that copies complete.
enum Wrong {
    /// It says nothing, so nothing is lost without it.
    Nothing(String),
    Bad(Reason, Option<String>),
}

impl From<Reason> for Wrong {
    fn from(reason: Reason) -> Self {
        Self::Bad(reason, None)
    }
}

impl Sidecars {
    /// Reads the sidecar records of the set in all copies, one file at a time.
    pub(crate) fn read(
        set: &SetId,
        keys: &[PublicKey],
        copies: &[Copy],
    ) -> Result<Self, BackupError> {
        let mut sidecars =
            Self { files: BTreeMap::new(), problems: Vec::new(), passed_over: Vec::new() };
        let mut invalid = Vec::new();
        for folder in folders::BY_SET {
            let path: StorePath = format!("{folder}/{set}").parse()?;
            for copy in copies {
                let entries = match copy.list(&path) {
                    Err(error) if error.is_damage() => {
                        let problem = problem(copy, path.to_string(), Reason::Unreadable, None);
                        sidecars.problems.push(problem);
                        continue;
                    }
                    entries => entries?,
                };
                for entry in entries {
                    // A partial file that a killed process left does not count.
                    if entry.name.ends_with(".partial") {
                        continue;
                    }
                    let file = path.join(&entry.name).ok();
                    let file = file.filter(|_| entry.kind == EntryKind::File);
                    let bytes = file.as_ref().and_then(|file| copy.read(file, MAX_LEN).ok());
                    let (Some(file), Some(bytes)) = (file, bytes) else {
                        let name = format!("{path}/{}", entry.name);
                        sidecars.problems.push(problem(copy, name, Reason::Unreadable, None));
                        continue;
                    };
                    let checked = match folder {
                        folders::HISTORY => check_history(&entry.name, &bytes, set, keys),
                        folders::ATTESTATIONS => {
                            if is_attestation(&entry.name, &bytes, set) {
                                Ok(())
                            } else {
                                Err(Reason::Malformed.into())
                            }
                        }
                        folders::WHEREABOUTS => {
                            check_entry(&entry.name, &bytes).map_err(Wrong::from)
                        }
                        _ => sealed_exits::check(&entry.name, &bytes).map_err(Wrong::from),
                    };
                    match checked {
                        Ok(()) => sidecars.add(copy, file, Digest::of(&bytes)),
                        Err(Wrong::Nothing(why)) => {
                            let name = copy.path_of(file.as_str());
                            sidecars
                                .passed_over
                                .push(format!("{}: {why}", stockade_base::shown(&name)));
                        }
                        Err(Wrong::Bad(reason, why)) => invalid.push((copy, file, reason, why)),
                    }
                }
            }
        }
        for (copy, file, reason, why) in invalid {
            match (sidecars.files.get_mut(&file), reason) {
                // The name says what the content must be, and another copy has just that.
                (Some(held), Reason::BitRot) => {
                    held.rotten.push(copy.id().to_owned());
                    continue;
                }
                // Another content under the same name does not replace it.
                (Some(held), _) => held.copies.push(copy.id().to_owned()),
                (None, _) => {}
            }
            sidecars.problems.push(problem(copy, file.to_string(), reason, why));
        }
        Ok(sidecars)
    }

    fn add(&mut self, copy: &Copy, file: StorePath, digest: Digest) {
        let held = self.files.entry(file.clone()).or_insert_with(|| Held {
            digest,
            dir: copy.dir().to_owned(),
            copies: Vec::new(),
            disputed: false,
            rotten: Vec::new(),
        });
        held.copies.push(copy.id().to_owned());
        if held.digest != digest {
            held.disputed = true;
            let reason = Reason::ManifestDisagreement;
            self.problems.push(problem(copy, file.to_string(), reason, None));
        }
    }

    /// Files that are not valid, and files that differ between copies.
    pub(crate) fn problems(&self) -> Vec<FileProblem> {
        self.problems.clone()
    }

    /// Descriptions of files that say nothing.
    pub(crate) fn passed_over(&self) -> &[String] {
        &self.passed_over
    }

    /// Adds the missing files to `copy`, and returns how many there were. Existing files are not
    /// changed, unless their own name shows that they are damaged. If copies disagree about a file,
    /// it is not spread.
    pub(crate) fn complete(&self, copy: &Copy) -> Result<usize, BackupError> {
        let mut added = 0;
        for (path, held) in self.files.iter().filter(|(_, held)| !held.disputed) {
            let rotten = held.rotten.iter().any(|id| id == copy.id());
            if !rotten && held.copies.iter().any(|id| id == copy.id()) {
                continue;
            }
            let bytes = held.read(path)?;
            if rotten {
                copy.put_again(path, &bytes)?;
            } else if !copy.add_if_absent(path, &bytes)? {
                continue;
            }
            added += 1;
        }
        Ok(added)
    }
}

/// The name of an entry tells its content, even if this version does not know all of its fields.
fn check_entry(name: &str, bytes: &[u8]) -> Result<(), Reason> {
    if !whereabouts::is_name(name) {
        return Err(Reason::Malformed);
    }
    if whereabouts::check(name, bytes) { Ok(()) } else { Err(Reason::BitRot) }
}

impl Held {
    /// Reads the content again that was checked.
    fn read(&self, path: &StorePath) -> Result<Vec<u8>, BackupError> {
        let copies = Copy::open_all(std::slice::from_ref(&self.dir))?;
        let gone = || BackupError::NoCopy(self.dir.clone());
        let bytes = copies.first().ok_or_else(gone)?.read(path, MAX_LEN)?;
        if Digest::of(&bytes) == self.digest {
            Ok(bytes)
        } else {
            Err(BackupError::History(format!(
                "{} in {} was changed while it was read",
                path,
                stockade_base::shown(&self.dir)
            )))
        }
    }
}

fn problem(copy: &Copy, file: String, reason: Reason, detail: Option<String>) -> FileProblem {
    FileProblem { copy: copy.id().to_owned(), file, reason, detail }
}

/// Checks a slashing history: its name, its network, and that it is about a key of the set. Also
/// accepts a mark about such a key.
fn check_history(name: &str, bytes: &[u8], set: &SetId, keys: &[PublicKey]) -> Result<(), Wrong> {
    let malformed = |why: &str| Wrong::Bad(Reason::Malformed, Some(why.to_owned()));
    let mark = match () {
        () if marks::is_name::<SplitMark>(name) => Some(is_mark::<SplitMark>(bytes, keys)),
        () if marks::is_name::<DeliveryMark>(name) => Some(is_mark::<DeliveryMark>(bytes, keys)),
        () => None,
    };
    match mark {
        Some(true) => return Ok(()),
        Some(false) => return Err(Reason::Malformed.into()),
        None => {}
    }
    // What a client answered to a removal, if that is not a history.
    if name.strip_suffix("-answer.txt").is_some_and(|stem| stem.parse::<Timestamp>().is_ok()) {
        return Ok(());
    }
    if name.strip_suffix(".json").is_none_or(|stem| stem.parse::<Timestamp>().is_err()) {
        return Err(malformed("its name is not a time"));
    }
    let history = history::check_kept(bytes, set.network()).map_err(|why| match why {
        NoHistory::Nothing(why) => Wrong::Nothing(why),
        NoHistory::Unreliable(why) => malformed(&why),
    })?;
    let newest = history.newest();
    if keys.iter().any(|key| newest.contains_key(key)) {
        Ok(())
    } else {
        Err(malformed("it is not about any key of this set"))
    }
}

fn is_mark<M: Mark>(bytes: &[u8], keys: &[PublicKey]) -> bool {
    let mark = marks::parse::<M>(bytes);
    mark.is_some_and(|mark| mark.keys().iter().any(|key| keys.contains(key)))
}

/// The common fields of attestations of all versions.
#[derive(Deserialize)]
struct Signed {
    statement: String,
    address: Address,
    signature: Signature,
}

/// Whether `statement`, of any version, is one of `noun` about `set`. A field cannot contain a
/// semicolon.
fn is_about(statement: &str, noun: &str, set: &SetId) -> bool {
    let fields = statement.strip_prefix(&format!("Stockade {noun} v"));
    fields.and_then(|fields| fields.split_once("; ")).is_some_and(|(version, fields)| {
        let is_version = !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit());
        is_version && fields.split("; ").any(|field| field == format!("set {set}"))
    })
}

/// Whether the file is an attestation or a delivery note about this set that was signed by the
/// address in its name.
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
        && is_about(&signed.statement, noun, set)
        && signer.is_ok_and(|signer| signer == signed.address)
}
