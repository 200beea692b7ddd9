//! Scrub: compares every byte of every copy with what was written. Needs no wallet and no secret.

use std::collections::BTreeSet;

use super::{
    ahead, inspect::Inspection, manifest_cache::ManifestCache, reading::HEADS,
    report::unreachable_problem,
};
pub use super::{
    report::{expect, expect_lock, tell_unreachable},
    scrubbed::{Scrubbed, ScrubbedSet},
};
use crate::{
    backup::{
        copy::{Copy, folders},
        set::{
            error::BackupError,
            set_id::SetId,
            verdict::{FileProblem, Reason},
        },
        sidecars::retired::{self, Note},
    },
    store::{EntryKind, StorePath},
};
use stockade_wallet::interact::Progress;

/// Reads every byte of the sets in `copies`, or only of the set `only`.
pub fn read(
    copies: &[Copy],
    only: Option<&SetId>,
    progress: &mut dyn Progress,
) -> Result<Scrubbed, BackupError> {
    read_with(ManifestCache::default(), copies, only, progress)
}

/// Like [`read`], for sets that are opened afterwards: keystores in buckets are kept in memory, as far
/// as there is room, and are not read again.
pub fn read_to_open(
    copies: &[Copy],
    only: Option<&SetId>,
    progress: &mut dyn Progress,
) -> Result<Scrubbed, BackupError> {
    read_with(ManifestCache::for_opening(), copies, only, progress)
}

fn read_with(
    mut known: ManifestCache,
    copies: &[Copy],
    only: Option<&SetId>,
    progress: &mut dyn Progress,
) -> Result<Scrubbed, BackupError> {
    let mut ids = BTreeSet::new();
    let mut there = Vec::new();
    let mut unlisted = Vec::new();
    let (mut retired, mut problems, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    for copy in copies {
        let read = retired::notes(copy).and_then(|found| Ok((found, copy.set_ids()?)));
        let (found, (sets, strange)) = match read {
            Err(BackupError::Store(error)) if error.is_unreachable() => {
                problems.push(unreachable_problem(copy.id(), &error));
                unlisted.push((there.len(), error));
                there.push(BTreeSet::new());
                continue;
            }
            read => read?,
        };
        problems.extend(found.unreadable.then(|| FileProblem {
            copy: copy.id().to_owned(),
            file: folders::RETIRED.to_owned(),
            reason: Reason::Unreadable,
            detail: None,
        }));
        let notes = found.notes;
        warnings.extend(found.malformed.iter().map(|name| {
            let (dir, name) = (stockade_base::shown(copy.dir()), stockade_base::shown(name));
            format!("{dir}/stockade/retired/{name} is not a note of a retired set and is ignored")
        }));
        let sets = sets.into_iter().filter(|id| only.is_none_or(|only| only == id));
        let sets: BTreeSet<_> = sets.collect();
        // The set was replaced and removed, but is there: half removed, or added again since.
        warnings.extend(notes.iter().filter(|note| sets.contains(&note.set)).map(|note| {
            let (dir, set, by) = (stockade_base::shown(copy.dir()), &note.set, &note.by);
            format!(
                "{dir}/stockade/{set} exists, although a note says that it was retired in favour of \
                 {by}: retire it again"
            )
        }));
        retired.extend(notes);
        ids.extend(sets.iter().cloned());
        there.push(sets);
        warnings.extend(strange.iter().map(|entry| copy.describe_strange(entry)));
    }
    if ids.is_empty() {
        // A folder that could not be listed is not the same as an empty one.
        if let Some((_, error)) = unlisted.into_iter().next() {
            return Err(error.into());
        }
        let dirs: Vec<_> =
            copies.iter().map(|copy| stockade_base::shown(copy.dir()).to_string()).collect();
        // Say why there is none: usually a set was begun and never finished.
        let told = warnings.iter().map(|warning| format!("; {warning}"));
        return Err(BackupError::NoSet(dirs.join(", ") + &told.collect::<String>()));
    }
    // A folder that could not be listed may still hold them all.
    for (index, _) in unlisted {
        there.iter_mut().skip(index).take(1).for_each(|there| there.extend(ids.iter().cloned()));
    }
    for copy in copies {
        for set in attested(copy)?.into_iter().filter(|set| only.is_none_or(|only| only == set)) {
            let noted = retired.iter().any(|note: &Note| note.set == set);
            if !ids.contains(&set) && !noted {
                let (copy, file) = (copy.id().to_owned(), set.to_string());
                problems.push(FileProblem { copy, file, reason: Reason::Missing, detail: None });
            }
        }
    }
    let total = ids.len() * copies.len();
    let mut sets = Vec::new();
    let ids: Vec<_> = ids.into_iter().collect();
    let mut rest = ids.as_slice();
    while !rest.is_empty() {
        progress.step("reading", sets.len() * copies.len(), total);
        let (now, later) = rest.split_at(ahead::together(copies, rest, &HEADS).min(rest.len()));
        let is_there =
            |id: &SetId| there.iter().map(|there| there.contains(id)).collect::<Vec<_>>();
        let pairs =
            now.iter().flat_map(|id| copies.iter().zip(is_there(id)).map(move |it| (id, it)));
        let pairs = pairs.filter_map(|(id, (copy, is_there))| is_there.then_some((copy, id)));
        let mut read = Inspection::read_all(&pairs.collect::<Vec<_>>(), &mut known).into_iter();
        for id in now {
            let of_copy = is_there(id).into_iter().map(|is_there| is_there.then(|| read.next())?);
            sets.push(ScrubbedSet { id: id.clone(), copies: of_copy.collect() });
        }
        rest = later;
    }
    progress.step("reading", total, total);
    if known.refused() {
        warnings.push(
            "the manifests of these sets are too large to hold together: check one set at a \
             time with --set"
                .to_owned(),
        );
    }
    retired.sort();
    retired.dedup();
    Ok(Scrubbed { sets, retired, problems, warnings })
}

/// The sets that a copy has attestations of. If no copy holds such a set any more, it has vanished,
/// unless a note says that it was retired.
fn attested(copy: &Copy) -> Result<Vec<SetId>, BackupError> {
    let room: StorePath = folders::ATTESTATIONS.parse()?;
    let entries = match copy.list(&room) {
        Err(error) if error.is_damage() || error.is_unreachable() => return Ok(Vec::new()),
        entries => entries?,
    };
    let sets = entries.iter().filter(|entry| entry.kind == EntryKind::Folder);
    let sets = sets.filter_map(|entry| entry.name.parse::<SetId>().ok());
    let has_some = |set: &SetId| {
        let files = room.join(set.as_str()).and_then(|room| copy.list(&room));
        files.is_ok_and(|files| files.iter().any(|file| file.name.ends_with(".json")))
    };
    Ok(sets.filter(has_some).collect())
}
