//! Retire: a set goes that another one replaces. Only after that other was opened just now, in every
//! copy, and holds every key of it.

use std::collections::BTreeMap;

use super::drill;
use crate::backup::{
    check::scrub::{self, ScrubbedSet},
    copy::Copy,
    set::{
        digest::Digest,
        error::BackupError,
        origin::{OriginVerdict, Pins},
        recovery,
        set_id::SetId,
        verdict::{Reason, Report},
    },
    sidecars::{history, retired::Note, whereabouts},
    unlock::{
        access::{Access, Trust},
        exits,
    },
};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::{bls::PublicKey, distributed::ShareOf};

/// A set that may go, and what goes with it.
#[derive(Debug)]
pub struct Retirable {
    /// Which.
    pub set: SetId,
    /// The set that replaces it.
    pub by: SetId,
    /// The digest of its manifest.
    manifest: Digest,
    /// Its keys; the other set holds every one.
    pub keys: Vec<PublicKey>,
    /// What it holds beside keystores, and the other set may not.
    pub other_files: Vec<String>,
    /// What the drill of the other set found: everything proven.
    pub drilled: Report,
}

/// Drills `by` and makes sure that it holds every key of `set`. Gives the drill's
/// report where not everything was proven.
pub fn prepare(
    copies: &[Copy],
    set: &SetId,
    by: &SetId,
    access: &mut Access<'_>,
) -> Result<Result<Retirable, Report>, BackupError> {
    let refuse = |why: String| BackupError::NotRetirable { set: set.clone(), why };
    if set == by {
        return Err(refuse("a set does not replace itself".to_owned()));
    }
    if set.network() != by.network() {
        return Err(refuse(format!("{by} is for another network")));
    }
    for copy in copies {
        match copy.lock_to_write() {
            // To make room may be what it is for.
            Err(error) if error.is_full() => {}
            done => done?,
        }
        copy.require_removable(set)?;
    }
    let old = scrub::read(copies, Some(set), access.progress)?;
    let new = scrub::read_to_open(copies, Some(by), access.progress)?;
    let pins = access.pins();
    let (keys, other_files) = old
        .sets
        .iter()
        .map(|old| contents(old, &pins))
        .collect::<Result<Vec<_>, _>>()
        .map_err(refuse)?
        .into_iter()
        .unzip::<_, _, Vec<_>, Vec<_>>();
    let (keys, mut other_files): (Vec<_>, Vec<_>) = (keys.concat(), other_files.concat());
    other_files.extend(exits::lost_with(copies, set, by)?);
    let held: BTreeMap<_, _> = new.sets.iter().flat_map(|new| of_manifest(new, &pins)).collect();
    // A key that nobody knows as a share would be taken for a validator's.
    let forgotten = keys.iter().find(|(key, share)| {
        held.get(key).is_some_and(|there| !share.is_none_or(|share| knows(*there, share)))
    });
    if let Some((key, _)) = forgotten {
        return Err(refuse(format!("{by} does not say of {key} which share of a key it is")));
    }
    let keys: Vec<_> = keys.into_iter().map(|(key, _)| key).collect();
    let absent: Vec<_> = keys.iter().filter(|key| !held.contains_key(key)).collect();
    if let Some(first) = absent.first() {
        return Err(refuse(format!(
            "{by} lacks {} of its {} keys, {first} among them",
            absent.len(),
            keys.len()
        )));
    }
    let trust = Trust { pins: pins.clone(), accept_unknown_origin: false };
    let mut strict = Access::new(access.unlockers, &trust, access.user, access.progress);
    let drilled = drill::drill(copies, &new, &mut strict)?;
    if !drilled.all_proven() {
        return Ok(Err(drilled));
    }
    let (set, by) = (set.clone(), by.clone());
    let manifest = old.sets.iter().find_map(|old| Some(old.manifest(&pins)?.digest));
    let manifest = manifest.ok_or_else(|| refuse(Reason::NotChecked.explain().to_owned()))?;
    Ok(Ok(Retirable { set, by, manifest, keys, other_files, drilled }))
}

/// A key, and of which one it is a share.
type Held = (PublicKey, Option<ShareOf>);

/// The keys and the other files of a set, where every copy that has it says the same, and the one
/// who made it is known: a manifest that somebody shortened would let keys be lost.
fn contents(set: &ScrubbedSet, pins: &Pins) -> Result<(Vec<Held>, Vec<String>), String> {
    let read = set.manifest(pins).ok_or_else(|| set.why_no_manifest().explain().to_owned())?;
    if set.origin_of(read, pins) >= OriginVerdict::Unknown {
        return Err(Reason::OriginUnknown.explain().to_owned());
    }
    for inspection in set.copies.iter().flatten() {
        if inspection.claimed_manifest() != Some(read.digest) {
            return Err(Reason::ManifestDisagreement.explain().to_owned());
        }
        if let Some(file) = inspection.unlisted.first() {
            return Err(format!("in copy {} something else lies in it: {file}", inspection.copy));
        }
    }
    let keys = read.manifest.keystores.iter().map(|entry| (entry.pubkey, entry.share)).collect();
    let made_again = |path: &str| path.starts_with("seal/") || recovery::is_own(path);
    let others = read.manifest.files.iter().map(|entry| entry.path.to_string());
    Ok((keys, others.filter(|path| !made_again(path)).collect()))
}

/// The keys of the manifest that counts.
fn of_manifest(set: &ScrubbedSet, pins: &Pins) -> Vec<Held> {
    let entries = set.manifest(pins).into_iter().flat_map(|read| &read.manifest.keystores);
    entries.map(|entry| (entry.pubkey, entry.share)).collect()
}

/// Whether `there` says all that `share` says.
fn knows(there: Option<ShareOf>, share: ShareOf) -> bool {
    there.is_some_and(|there| {
        there.agrees_with(&share) && (share.cluster.is_none() || there.cluster == share.cluster)
    })
}

/// What was changed so far.
#[derive(Default)]
struct Done<'a> {
    noted: Vec<&'a Copy>,
    removed: Vec<&'a Copy>,
}

fn names(copies: &[&Copy]) -> String {
    let names: Vec<_> =
        copies.iter().map(|copy| stockade_base::shown(copy.dir()).to_string()).collect();
    if names.is_empty() { "no copy".to_owned() } else { names.join(", ") }
}

impl Retirable {
    /// Removes the set from every copy, each in one step. Its histories and attestations stay; the
    /// histories go beside the other set too, in every copy, and a note that it was retired, before
    /// anything is removed; on a full medium the note waits until there is room. Gives the ids of the copies that had it.
    pub fn retire(&self, copies: &[Copy], now: Timestamp) -> Result<Vec<String>, BackupError> {
        let mut done = Done::default();
        match self.retire_all(copies, now, &mut done) {
            Ok(()) => Ok(done.removed.iter().map(|copy| copy.id().to_owned()).collect()),
            Err(error) if done.noted.is_empty() && done.removed.is_empty() => Err(error),
            Err(error) => Err(BackupError::RetiredInPart {
                set: self.set.clone(),
                removed: names(&done.removed),
                noted: names(&done.noted),
                source: Box::new(error),
            }),
        }
    }

    fn retire_all<'a>(
        &self,
        copies: &'a [Copy],
        now: Timestamp,
        done: &mut Done<'a>,
    ) -> Result<(), BackupError> {
        // A bucket refuses what a folder does: what may be refused comes before what will not be.
        let mut in_order: Vec<_> = copies.iter().collect();
        in_order.sort_by_key(|copy| copy.is_folder());
        let note = Note::new(self.set.clone(), self.manifest, self.by.clone(), now);
        let mut full = Vec::new();
        for copy in &in_order {
            history::carry_over(copies, &self.set, &self.by, copy)?;
            whereabouts::carry_over(copies, &self.set, &self.by, copy)?;
            match note.add_to(copy) {
                Err(error) if error.is_full() => full.push(*copy),
                Ok(true) => done.noted.push(copy),
                there => drop(there?),
            }
        }
        for copy in &in_order {
            if copy.set_ids()?.0.contains(&self.set) {
                copy.remove(&self.set)?;
                done.removed.push(copy);
            }
        }
        // Killed before this, the set may come back from a copy that was away, and is lost to nobody.
        full.into_iter().try_for_each(|copy| note.add_to(copy).map(drop))
    }
}
