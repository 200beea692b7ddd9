//! Which sets each copy has, before any of them is read.

use std::collections::BTreeSet;

use super::report::unreachable_problem;
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
    store::{EntryKind, StoreError, StorePath},
};

/// The sets of all copies, and what their folders say besides.
#[derive(Default)]
pub struct Listing {
    ids: BTreeSet<SetId>,
    /// The sets of each copy, in the order of the copies.
    there: Vec<BTreeSet<SetId>>,
    /// The copies that could not be listed, by their place.
    unlisted: Vec<(usize, StoreError)>,
    /// The notes of retired sets.
    pub retired: Vec<Note>,
    /// What is wrong.
    pub problems: Vec<FileProblem>,
    /// What the user should know.
    pub warnings: Vec<String>,
}

impl Listing {
    /// Lists `copies`; with `only`, this set alone.
    pub fn of(copies: &[Copy], only: Option<&SetId>) -> Result<Self, BackupError> {
        let mut listing = Self::default();
        for copy in copies {
            listing.add(copy, only)?;
        }
        if listing.ids.is_empty() {
            return Err(listing.nothing(copies));
        }
        // A folder that could not be listed may still hold them all.
        let Self { ids, there, unlisted, .. } = &mut listing;
        for (place, _) in unlisted {
            there.iter_mut().skip(*place).take(1).for_each(|there| there.extend(ids.clone()));
        }
        for copy in copies {
            listing.find_vanished(copy, only)?;
        }
        Ok(listing)
    }

    /// Every set, once.
    pub fn sets(&self) -> impl Iterator<Item = &SetId> {
        self.ids.iter()
    }

    /// Whether each copy has the set, in the order of the copies.
    pub fn is_in(&self, set: &SetId) -> impl Iterator<Item = bool> {
        self.there.iter().map(move |there| there.contains(set))
    }

    fn add(&mut self, copy: &Copy, only: Option<&SetId>) -> Result<(), BackupError> {
        let read = retired::notes(copy).and_then(|found| Ok((found, copy.set_ids()?)));
        let (found, (sets, strange)) = match read {
            Err(BackupError::Store(error)) if error.is_unreachable() => {
                self.problems.push(unreachable_problem(copy.id(), &error));
                self.unlisted.push((self.there.len(), error));
                self.there.push(BTreeSet::new());
                return Ok(());
            }
            read => read?,
        };
        self.problems.extend(found.unreadable.then(|| FileProblem {
            copy: copy.id().to_owned(),
            file: folders::RETIRED.to_owned(),
            reason: Reason::Unreadable,
            detail: None,
        }));
        let dir = stockade_base::shown(copy.dir());
        self.warnings.extend(found.malformed.iter().map(|name| {
            let name = stockade_base::shown(name);
            format!("{dir}/stockade/retired/{name} is not a note of a retired set and is ignored")
        }));
        let sets = sets.into_iter().filter(|id| only.is_none_or(|only| only == id));
        let sets: BTreeSet<_> = sets.collect();
        // The set was replaced and removed, but is there: half removed, or added again since.
        let back = found.notes.iter().filter(|note| sets.contains(&note.set));
        self.warnings.extend(back.map(|Note { set, by, .. }| {
            format!(
                "{dir}/stockade/{set} exists, although a note says that it was retired in favour of \
                 {by}: retire it again"
            )
        }));
        self.retired.extend(found.notes);
        self.ids.extend(sets.iter().cloned());
        self.there.push(sets);
        self.warnings.extend(strange.iter().map(|entry| copy.describe_strange(entry)));
        Ok(())
    }

    /// Why no set was found.
    fn nothing(self, copies: &[Copy]) -> BackupError {
        // A folder that could not be listed is not the same as an empty one.
        if let Some((_, error)) = self.unlisted.into_iter().next() {
            return error.into();
        }
        let dirs = copies.iter().map(|copy| stockade_base::shown(copy.dir()).to_string());
        // Usually a set was begun and never finished.
        let told = self.warnings.iter().map(|warning| format!("; {warning}"));
        BackupError::NoSet(dirs.collect::<Vec<_>>().join(", ") + &told.collect::<String>())
    }

    /// Finds the sets that a copy has attestations of and no copy holds any more: they have vanished,
    /// unless a note says that they were retired. Where that cannot be told, it is said.
    fn find_vanished(&mut self, copy: &Copy, only: Option<&SetId>) -> Result<(), BackupError> {
        let Attested { sets, unreadable } = attested(copy)?;
        let problem = |file: String, reason| {
            let copy = copy.id().to_owned();
            FileProblem { copy, file, reason, detail: None }
        };
        let gone = sets.into_iter().filter(|set| {
            only.is_none_or(|only| only == set)
                && !self.ids.contains(set)
                && !self.retired.iter().any(|note| note.set == *set)
        });
        let gone = gone.map(|set| problem(set.to_string(), Reason::Missing));
        let unreadable = unreadable.into_iter().map(|file| problem(file, Reason::Unreadable));
        self.problems.extend(gone.chain(unreadable));
        Ok(())
    }
}

/// What a copy has attestations of.
#[derive(Default)]
struct Attested {
    sets: Vec<SetId>,
    /// Folders of attestations that cannot be read.
    unreadable: Vec<String>,
}

fn attested(copy: &Copy) -> Result<Attested, BackupError> {
    let room: StorePath = folders::ATTESTATIONS.parse()?;
    let mut attested = Attested::default();
    let entries = match copy.list(&room) {
        // That was said when its sets were listed.
        Err(error) if error.is_unreachable() => return Ok(attested),
        Err(error) if error.is_damage() => {
            attested.unreadable.push(room.to_string());
            return Ok(attested);
        }
        entries => entries?,
    };
    for entry in entries {
        let Ok(set) = entry.name.parse::<SetId>() else { continue };
        let folder = room.join(set.as_str())?;
        match copy.list(&folder) {
            Ok(files) if entry.kind == EntryKind::Folder => {
                let is_one = files.iter().any(|file| file.name.ends_with(".json"));
                attested.sets.extend(is_one.then_some(set));
            }
            Err(error) if error.is_unreachable() => {}
            _ => attested.unreadable.push(folder.to_string()),
        }
    }
    Ok(attested)
}
