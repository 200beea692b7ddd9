//! Repair: one copy from another. Files are mixed by their digests in one manifest, never by a
//! set's name; and no manifest is spread that nobody vouches for.

use super::create::FailedCopy;
use crate::backup::{
    check::{
        inspect::{Inspection, ReadManifest},
        scrub::{Scrubbed, ScrubbedSet},
        standing,
    },
    copy::{Copy, read_me},
    set::{
        digest::Digest,
        error::BackupError,
        origin::{Origin, OriginVerdict, Pins},
        set_id::SetId,
        sums::{self, Sums},
        verdict::{FileProblem, Reason},
    },
    sidecars::complete::Sidecars,
    unlock::{
        access::{Access, Trust},
        error::UnlockError,
        opened,
        unlockers::Unlockers,
    },
};
use crate::store::{EntryKind, NewFile, ReadBack, StorePath};
use stockade_wallet::interact::{Interact, Progress};

/// Who decides where copies differ in what no signature covers: they open the set secret.
pub struct Decider<'a> {
    /// The set's custodians.
    pub unlockers: &'a mut Unlockers,
    /// Whoever approves.
    pub user: &'a mut dyn Interact,
}

/// What a repair did.
#[derive(Debug)]
pub struct Repair {
    /// What became of each set in each copy.
    pub sets: Vec<Repaired>,
    /// How many histories, attestations, sealed exits, and notes of splits and retired sets were
    /// added to copies that lacked them, or in which they had rotted.
    pub added: usize,
    /// Histories, attestations and sealed exits that are none, or that differ from another's of the
    /// same name. They stay as they are.
    pub problems: Vec<FileProblem>,
    /// Files beside sets that say nothing, for people. They stay as they are, and are no problem.
    pub passed_over: Vec<String>,
    /// The ids of the copies that READ ME FIRST.txt was written to.
    pub read_me: Vec<String>,
    /// What to know about READ ME FIRST.txt of the copies.
    pub warnings: Vec<String>,
    /// Copies that could not be written to, each once: the others were repaired all the same.
    pub failed: Vec<FailedCopy>,
}

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
    /// It is not there, and was not brought back: it was retired in favour of this one, which is.
    Retired(SetId),
    /// It was left as it is, for this reason.
    Left(Reason),
    /// The copy could not be written to.
    Failed,
}

/// Repairs every set in every copy, as far as the copies together hold it whole. The `decider` is
/// asked only where copies differ in their manifest.mac or SHA256SUMS.
pub fn repair(
    copies: &mut [Copy],
    scrubbed: &Scrubbed,
    pins: &Pins,
    mut decider: Option<Decider<'_>>,
    progress: &mut dyn Progress,
) -> Result<Repair, BackupError> {
    let mut repair = Repair {
        sets: Vec::new(),
        added: 0,
        problems: Vec::new(),
        passed_over: Vec::new(),
        read_me: Vec::new(),
        warnings: Vec::new(),
        failed: Vec::new(),
    };
    for copy in copies.iter_mut() {
        copy.lock()?;
        let renewed = copy.renew();
        repair.attempt(copy, renewed);
    }
    let total = scrubbed.sets.len();
    for (i, set) in last_the_retired(scrubbed).into_iter().enumerate() {
        progress.step("repairing", i, total);
        let whole = whole_set(set, copies, pins, decider.as_mut())?;
        let beside = Sidecars::read(&set.id, &set.public_keys(), copies)?;
        repair.problems.extend(beside.problems());
        repair.passed_over.extend_from_slice(beside.passed_over());
        for (copy, inspection) in copies.iter_mut().zip(&set.copies) {
            let replaced = match inspection {
                Some(_) => None,
                None => standing::in_favour_of(scrubbed, set, pins, &|by| repair.left(by, copy)),
            };
            let done = match (replaced, &whole) {
                (Some(Ok(by)), _) => Done::Retired(by),
                (_, Err(reason)) => Done::Left(*reason),
                (_, Ok(whole)) => {
                    let done = mend(set, whole, copy, inspection.as_ref(), &beside, &mut repair);
                    repair.attempt(copy, done).unwrap_or(Done::Failed)
                }
            };
            let written = matches!(done, Done::Written(_) | Done::Failed);
            if inspection.is_some() && !written && !repair.has_failed(copy) {
                let added = beside.complete(copy);
                repair.added += repair.attempt(copy, added).unwrap_or_default();
            }
            let (set, copy) = (set.id.clone(), copy.id().to_owned());
            repair.sets.push(Repaired { set, copy, done });
        }
    }
    repair.spread_notes(scrubbed, copies);
    repair.leave_read_me(copies);
    progress.step("repairing", total, total);
    Ok(repair)
}

/// The sets, those of which a note says that they were retired last: by then it is known where those
/// lie that took their place.
fn last_the_retired(scrubbed: &Scrubbed) -> Vec<&ScrubbedSet> {
    let noted = |set: &&ScrubbedSet| scrubbed.retired.iter().any(|note| note.set == set.id);
    let (retired, mut sets): (Vec<_>, Vec<_>) = scrubbed.sets.iter().partition(noted);
    sets.extend(retired);
    sets
}

/// Writes the set to one copy, where it is not whole, and may be.
fn mend(
    set: &ScrubbedSet,
    whole: &WholeSet,
    copy: &mut Copy,
    inspection: Option<&Inspection>,
    beside: &Sidecars,
    repair: &mut Repair,
) -> Result<Done, BackupError> {
    if is_whole(inspection, whole) {
        return Ok(Done::Whole);
    }
    // Somebody signed what lies there, and it is whole: another set, or the true one.
    if is_anothers(inspection, &whole.manifest) {
        return Ok(Done::Left(Reason::ManifestDisagreement));
    }
    // Something else lies in the folder: it may be somebody's, and is not thrown away.
    if whole.something_else_in(copy, &set.id) {
        return Ok(Done::Left(Reason::Unlisted));
    }
    copy.initialise()?;
    // Keys without their slashing history are never there alone.
    repair.added += beside.complete(copy)?;
    Ok(Done::Written(copy.replace(&set.id, &whole.files)?))
}

impl Repair {
    /// What was done to a copy; `None` where it could not be written to, which is noted.
    fn attempt<T>(&mut self, copy: &Copy, done: Result<T, BackupError>) -> Option<T> {
        done.map_err(|error| {
            if !self.has_failed(copy) {
                self.failed.push(FailedCopy::new(copy, error));
            }
        })
        .ok()
    }

    fn has_failed(&self, copy: &Copy) -> bool {
        self.failed.iter().any(|failed| failed.copy == copy.id())
    }

    /// Whether it left a set whole in a copy.
    fn left(&self, set: &ScrubbedSet, copy: &Copy) -> bool {
        self.sets.iter().any(|one| {
            let whole = matches!(one.done, Done::Whole | Done::Written(_));
            whole && one.set == set.id && one.copy == copy.id()
        })
    }

    /// Writes READ ME FIRST.txt to copies that lack it. Without it a copy is not less whole.
    fn leave_read_me(&mut self, copies: &[Copy]) {
        let contact = read_me::contact_of(copies);
        for copy in copies.iter().filter(|copy| copy.exists()) {
            if !self.has_failed(copy) {
                let (written, warning) = read_me::leave(copy, contact.as_ref());
                self.read_me.extend(written.then(|| copy.id().to_owned()));
                self.warnings.extend(warning);
            }
        }
    }

    /// Adds the notes of retired sets to copies that lack them: those that counted, and those of sets
    /// that are nowhere any more.
    fn spread_notes(&mut self, scrubbed: &Scrubbed, copies: &[Copy]) {
        let here = |set: &SetId| scrubbed.sets.iter().any(|there| there.id == *set);
        for note in &scrubbed.retired {
            let counted = self
                .sets
                .iter()
                .any(|one| one.set == note.set && matches!(one.done, Done::Retired(_)));
            if !counted && (here(&note.set) || !here(&note.by)) {
                continue;
            }
            for copy in copies.iter().filter(|copy| copy.exists()) {
                if !self.has_failed(copy) {
                    let added = note.add_to(copy);
                    self.added += usize::from(self.attempt(copy, added).unwrap_or_default());
                }
            }
        }
    }
}

/// All files of a set, the digest of its SHA256SUMS, and that of its manifest.
struct WholeSet {
    files: Vec<NewFile>,
    sums: Digest,
    manifest: Digest,
}

/// Whether what lies in a copy is an intact manifest, not this one, whose origin somebody signed.
fn is_anothers(inspection: Option<&Inspection>, manifest: &Digest) -> bool {
    inspection.is_some_and(|here| {
        let other = here.manifest.as_ref().is_some_and(|own| own.digest != *manifest);
        other && here.signer.is_some()
    })
}

impl WholeSet {
    /// Whether the set's folder in `copy` holds, or may hold, anything that is no file of the set.
    fn something_else_in(&self, copy: &Copy, set: &SetId) -> bool {
        let mut folders = vec![set.to_string()];
        while let Some(folder) = folders.pop() {
            let entries = folder.parse().and_then(|path: StorePath| copy.list(&path));
            let Ok(entries) = entries else { return true };
            for entry in entries {
                let full = format!("{folder}/{}", entry.name);
                let below = full.strip_prefix(&format!("{set}/")).unwrap_or(&full);
                let within =
                    |path: &str| path.strip_prefix(below).is_some_and(|r| r.starts_with('/'));
                let mut files = self.files.iter().map(|file| file.path.as_str());
                match entry.kind {
                    EntryKind::Folder if files.any(within) => folders.push(full),
                    EntryKind::Folder => return true,
                    _ if files.any(|path| path == below) => {}
                    // An operating system wrote it, and writes it again.
                    EntryKind::File
                        if crate::backup::import::walk::is_litter(entry.name.as_ref()) => {}
                    _ => return true,
                }
            }
        }
        false
    }
}

fn is_whole(inspection: Option<&Inspection>, whole: &WholeSet) -> bool {
    inspection.is_some_and(|inspection| {
        inspection.damage.is_empty()
            && inspection.sums.as_deref().is_some_and(|(_, digest)| *digest == whole.sums)
    })
}

/// Puts the set together from all copies.
fn whole_set(
    set: &ScrubbedSet,
    copies: &[Copy],
    pins: &Pins,
    decider: Option<&mut Decider<'_>>,
) -> Result<Result<WholeSet, Reason>, BackupError> {
    let read = match authority(set, pins) {
        Ok(read) => read,
        Err(reason) => return Ok(Err(reason)),
    };
    let (sums, mac) = match (agreed_sums(set, &read.digest), decider) {
        (Ok(sums), _) => (sums.clone(), None),
        (Err(_), Some(decider)) => match decide(set, read, copies, pins, decider)? {
            Ok((sums, mac)) => (sums, Some(mac)),
            Err(reason) => return Ok(Err(reason)),
        },
        (Err(reason), None) => return Ok(Err(reason)),
    };
    Ok(gather(set, copies, &sums, mac, read.digest))
}

/// Takes every file of `sums` from a copy that holds it whole; `mac` is one that was made again.
fn gather(
    set: &ScrubbedSet,
    copies: &[Copy],
    sums: &Sums,
    mac: Option<NewFile>,
    manifest: Digest,
) -> Result<WholeSet, Reason> {
    let mut files = Vec::new();
    for (path, digest) in sums {
        files.push(match &mac {
            Some(mac) if mac.path == *path => mac.clone(),
            _ => {
                let bytes = set.file(copies, path, digest).ok_or(Reason::Missing)?;
                NewFile { path: path.clone(), bytes }
            }
        });
    }
    let bytes = sums::render(sums);
    let digest = Digest::of(&bytes);
    let path = "SHA256SUMS".parse().map_err(|_| Reason::Malformed)?;
    files.push(NewFile { path, bytes });
    Ok(WholeSet { files, sums: digest, manifest })
}

/// What SHA256SUMS must be by the manifest `read`, whose origin a pin vouches for, and the
/// manifest.mac that the set secret gives: nothing in them is taken from a copy on trust.
fn decide(
    set: &ScrubbedSet,
    read: &ReadManifest,
    copies: &[Copy],
    pins: &Pins,
    decider: &mut Decider<'_>,
) -> Result<Result<(Sums, NewFile), Reason>, BackupError> {
    let Decider { unlockers, user } = decider;
    let trust = Trust { pins: pins.clone(), accept_unknown_origin: false };
    let mut silent = ();
    let access = &mut Access::new(unlockers, &trust, &mut **user, &mut silent);
    let opened = match opened::open(set, copies, access) {
        Ok(opened) => opened,
        Err(UnlockError::Verdict(reason, _)) => return Ok(Err(reason)),
        Err(UnlockError::Failed(error)) => return Err(error.into()),
    };
    let Some(origin) = vouched_origin(set, read, copies, pins) else {
        return Ok(Err(Reason::OriginUnknown));
    };
    let mac = opened.secret.manifest_mac(&read.bytes).into_bytes();
    let mac = NewFile { path: "manifest.mac".parse()?, bytes: mac };
    let mut sums = Sums::new();
    sums.extend(read.manifest.keystores.iter().map(|entry| (entry.file.clone(), entry.sha256)));
    sums.extend(read.manifest.files.iter().map(|entry| (entry.path.clone(), entry.sha256)));
    sums.insert("manifest.json".parse()?, read.digest);
    sums.insert("origin.json".parse()?, Digest::of(&origin));
    sums.insert(mac.path.clone(), Digest::of(&mac.bytes));
    Ok(Ok((sums, mac)))
}

/// An origin.json by which somebody who is pinned signed exactly this manifest.
fn vouched_origin(
    set: &ScrubbedSet,
    read: &ReadManifest,
    copies: &[Copy],
    pins: &Pins,
) -> Option<Vec<u8>> {
    let path: StorePath = format!("{}/origin.json", set.id).parse().ok()?;
    let origins = copies.iter().filter_map(|copy| copy.read(&path, Origin::MAX_LEN).ok());
    let mut vouched = origins.filter(|bytes| {
        let signer = Origin::signer(bytes, &set.id, &read.digest);
        signer.is_some_and(|signer| pins.judge(&signer) < OriginVerdict::Unknown)
    });
    vouched.next()
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
    let mut all = set.copies.iter().flatten().filter(same).filter_map(|i| i.sums.as_deref());
    let (sums, digest) = all.next().ok_or(Reason::Missing)?;
    if all.all(|(_, other)| other == digest) { Ok(sums) } else { Err(Reason::ManifestDisagreement) }
}
