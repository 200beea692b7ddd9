//! Repair: one copy from another. Files are mixed by their digests in one manifest, never by a
//! set's name; and no manifest is spread that nobody vouches for.

use super::{
    BackupError, Copy, Digest, SetId,
    inspect::{Inspection, ReadManifest},
    origin::{OriginVerdict, Pins},
    scrub::{Scrubbed, ScrubbedSet},
    sums::{self, Sums},
    verdict::Reason,
};
use crate::{
    interact::Progress,
    store::{EntryKind, NewFile, ReadBack, StorePath},
};

/// The longest history or attestation.
const MAX_BESIDE: u64 = 256 * 1024 * 1024;

/// What became of one set in one copy.
#[derive(Debug)]
pub struct Repaired {
    /// Which set.
    pub set: SetId,
    /// The copy's id.
    pub copy: String,
    /// What was done.
    pub done: Done,
}

/// What was done to a set in a copy.
#[derive(Debug, PartialEq, Eq)]
pub enum Done {
    /// It was whole already.
    Whole,
    /// It was written anew, from the files that are whole somewhere.
    Written(ReadBack),
    /// It was left as it is, for this reason.
    Left(Reason),
}

/// Repairs every set in every copy, as far as the copies together hold it whole.
pub fn repair(
    copies: &mut [Copy],
    scrubbed: &Scrubbed,
    pins: &Pins,
    progress: &mut dyn Progress,
) -> Result<Vec<Repaired>, BackupError> {
    for copy in copies.iter_mut() {
        copy.renew()?;
        copy.lock()?;
    }
    let mut repaired = Vec::new();
    let total = scrubbed.sets.len();
    for (i, set) in scrubbed.sets.iter().enumerate() {
        progress.step("repairing", i, total);
        let whole = whole_set(set, copies, pins);
        let beside = beside(&set.id, copies)?;
        for (copy, inspection) in copies.iter_mut().zip(&set.copies) {
            let done = match &whole {
                Err(reason) => Done::Left(*reason),
                Ok(whole) if is_whole(inspection.as_ref(), whole) => Done::Whole,
                // Something else lies in the folder: it may be somebody's, and is not thrown away.
                Ok(_) if inspection.as_ref().is_some_and(|i| !i.unlisted.is_empty()) => {
                    Done::Left(Reason::Unlisted)
                }
                Ok(whole) => {
                    copy.initialise()?;
                    // Keys without their slashing history are never there alone.
                    for (path, bytes) in &beside {
                        copy.add_if_absent(path, bytes)?;
                    }
                    Done::Written(copy.replace(&set.id, &whole.files)?)
                }
            };
            repaired.push(Repaired { set: set.id.clone(), copy: copy.id().to_owned(), done });
        }
    }
    progress.step("repairing", total, total);
    Ok(repaired)
}

/// All files of a set, and the digest of its SHA256SUMS.
struct WholeSet {
    files: Vec<NewFile>,
    sums: Digest,
}

fn is_whole(inspection: Option<&Inspection>, whole: &WholeSet) -> bool {
    inspection.is_some_and(|inspection| {
        inspection.damage.is_empty()
            && inspection.sums.as_ref().is_some_and(|(_, digest)| *digest == whole.sums)
    })
}

/// Puts the set together from all copies.
fn whole_set(set: &ScrubbedSet, copies: &[Copy], pins: &Pins) -> Result<WholeSet, Reason> {
    let read = authority(set, pins)?;
    let sums = agreed_sums(set, &read.digest)?;
    let mut files = Vec::new();
    for (path, digest) in sums {
        let bytes = find(set, copies, path, digest).ok_or(Reason::Missing)?;
        files.push(NewFile { path: path.clone(), bytes });
    }
    let bytes = sums::render(sums);
    let digest = Digest::of(&bytes);
    let path = "SHA256SUMS".parse().map_err(|_| Reason::Malformed)?;
    files.push(NewFile { path, bytes });
    Ok(WholeSet { files, sums: digest })
}

/// The histories and attestations of a set in all copies: files that are only ever added.
fn beside(set: &SetId, copies: &[Copy]) -> Result<Vec<(StorePath, Vec<u8>)>, BackupError> {
    let mut files = Vec::new();
    for folder in ["history", "attestations"] {
        let folder: StorePath = format!("{folder}/{set}").parse()?;
        for copy in copies {
            for entry in copy.list(&folder)? {
                let path = folder.join(&entry.name);
                let (Ok(path), EntryKind::File) = (path, entry.kind) else { continue };
                if let Ok(bytes) = copy.read(&path, MAX_BESIDE) {
                    files.push((path, bytes));
                }
            }
        }
    }
    Ok(files)
}

/// The manifest that may be spread: one whose origin a pin vouches for; or one that two copies at
/// least, and no copy otherwise, say is the set's. A single copy proves nothing of itself: it may be
/// a stranger's set under a known name.
fn authority<'a>(set: &'a ScrubbedSet, pins: &Pins) -> Result<&'a ReadManifest, Reason> {
    let read = set.manifest(pins).ok_or(Reason::ManifestDisagreement)?;
    match set.origin_of(read, pins) {
        OriginVerdict::ThisWallet | OriginVerdict::Signer => return Ok(read),
        OriginVerdict::Forged => return Err(Reason::OriginForged),
        OriginVerdict::Unknown if !pins.is_empty() => return Err(Reason::OriginUnknown),
        OriginVerdict::Unknown => {}
    }
    let claims = set.copies.iter().flatten().map(Inspection::claimed_manifest);
    let claims: Vec<_> = claims.flatten().collect();
    match claims.len() >= 2 && claims.iter().all(|claim| *claim == read.digest) {
        true => Ok(read),
        false if claims.len() < 2 => Err(Reason::OriginUnknown),
        false => Err(Reason::ManifestDisagreement),
    }
}

/// The one SHA256SUMS that the copies with this manifest have.
fn agreed_sums<'a>(set: &'a ScrubbedSet, manifest: &Digest) -> Result<&'a Sums, Reason> {
    let same = |inspection: &&Inspection| inspection.claimed_manifest() == Some(*manifest);
    let mut all = set.copies.iter().flatten().filter(same).filter_map(|i| i.sums.as_ref());
    let (sums, digest) = all.next().ok_or(Reason::Missing)?;
    match all.all(|(_, other)| other == digest) {
        true => Ok(sums),
        false => Err(Reason::ManifestDisagreement),
    }
}

/// A file with this digest, from any copy.
fn find(set: &ScrubbedSet, copies: &[Copy], path: &StorePath, digest: &Digest) -> Option<Vec<u8>> {
    let mut inspections = set.copies.iter().zip(copies);
    inspections.find_map(|(inspection, copy)| inspection.as_ref()?.file(copy, path, digest))
}
