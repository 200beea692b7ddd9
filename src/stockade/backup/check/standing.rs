//! Whether a set that a copy lacks was retired there in favour of another.

use std::collections::BTreeSet;

use super::{
    inspect::Inspection,
    read_manifest::ReadManifest,
    scrubbed::{Scrubbed, ScrubbedSet},
};
use crate::backup::{
    set::{
        digest::Digest,
        origin::{OriginVerdict, Pins},
        set_id::SetId,
    },
    sidecars::retired::Note,
};
use stockade_base::eth::Address;

/// The most sets that are considered as the replacement of one.
const MAX_STEPS: usize = 64;

/// The set that replaced `set` in a copy that lacks it, according to the notes of all copies.
/// `None` if no note is about it; an error says why the notes about it do not count. `whole` says
/// whether a set is intact in that copy.
pub(crate) fn in_favour_of(
    scrubbed: &Scrubbed,
    set: &ScrubbedSet,
    pins: &Pins,
    whole: &dyn Fn(&ScrubbedSet) -> bool,
) -> Option<Result<SetId, String>> {
    let mut of_it = scrubbed.retired.iter().filter(|note| note.set == set.id).peekable();
    of_it.peek()?;
    let Some(read) = set.manifest(pins) else {
        return Some(Err("its contents are not known".to_owned()));
    };
    if !of_it.any(|note| note.manifest == read.digest) {
        return Some(Err("it is about another manifest of the set".to_owned()));
    }
    let mut why = "it does not name another set".to_owned();
    for id in named(set, &read.digest, &scrubbed.retired) {
        let by = scrubbed.sets.iter().find(|other| other.id == *id);
        match by.map(|by| replaces(by, set, read, pins, whole)) {
            Some(Ok(by)) => return Some(Ok(by)),
            Some(Err(reason)) => why = reason,
            None => why = format!("{id} was not read"),
        }
    }
    Some(Err(why))
}

/// The sets that notes name as replacements of `set`: the first one may have been retired since in
/// favour of the next.
fn named<'a>(set: &'a ScrubbedSet, manifest: &Digest, notes: &'a [Note]) -> Vec<&'a SetId> {
    let mut ids = vec![&set.id];
    for step in 0..MAX_STEPS {
        let Some(id) = ids.get(step).copied() else { break };
        let of_it = notes.iter().filter(|note| note.set == *id);
        let of_it = of_it.filter(|note| step > 0 || note.manifest == *manifest);
        let new: Vec<_> = of_it.map(|note| &note.by).filter(|by| !ids.contains(by)).collect();
        ids.extend(new);
    }
    ids.into_iter().skip(1).take(MAX_STEPS).collect()
}

/// Checks that `by` replaces `old` in a copy whose intact sets `whole` tells.
fn replaces(
    by: &ScrubbedSet,
    old: &ScrubbedSet,
    read: &ReadManifest,
    pins: &Pins,
    whole: &dyn Fn(&ScrubbedSet) -> bool,
) -> Result<SetId, String> {
    let id = &by.id;
    let Some(new) = by.manifest(pins) else {
        return Err(format!("the contents of {id} are not known"));
    };
    if !whole(by) {
        return Err(format!("{id} is not intact there"));
    }
    let pinned = |set: &ScrubbedSet, read| set.origin_of(read, pins) < OriginVerdict::Unknown;
    let both_pinned = pinned(old, read) && pinned(by, new);
    let (one, other) = (signer(old, read), signer(by, new));
    if !both_pinned && (one.is_none() || one != other) {
        return Err(format!("another wallet made {id}"));
    }
    // An older set may be sealed to somebody who must no longer open it, or who is gone.
    if new.manifest.created < read.manifest.created {
        return Err(format!("{id} is older"));
    }
    let held: BTreeSet<_> = new.manifest.keystores.iter().map(|entry| entry.pubkey).collect();
    if read.manifest.keystores.iter().all(|entry| held.contains(&entry.pubkey)) {
        Ok(id.clone())
    } else {
        Err(format!("{id} lacks some of its keys"))
    }
}

/// Who signed the origin of this manifest of the set.
fn signer(set: &ScrubbedSet, read: &ReadManifest) -> Option<Address> {
    let same = |inspection: &&Inspection| {
        inspection.manifest.as_ref().is_some_and(|own| own.digest == read.digest)
    };
    set.copies.iter().flatten().filter(same).find_map(|inspection| inspection.signer)
}

/// Whether every byte of a set in a copy belongs to the manifest that counts.
pub(crate) fn is_whole(set: &ScrubbedSet, inspection: Option<&Inspection>, pins: &Pins) -> bool {
    let counts = set.manifest(pins).map(|read| read.digest);
    inspection.is_some_and(|here| {
        here.damage.is_empty()
            && here.signer.is_some()
            && here.sums.is_some()
            && here.manifest.as_ref().map(|read| read.digest) == counts
    })
}
