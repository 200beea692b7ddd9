//! Finds the copies of a profile: a stick is known by its id, wherever it is mounted.

use std::path::{Path, PathBuf};

use super::{KnownCopy, Records};
use crate::{
    backup::{BackupError, Copy, medium},
    store::{BucketAddress, StoreError, mounts::Mount},
};

/// The copies of a profile.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Located {
    /// Those that are here, open.
    pub copies: Vec<Copy>,
    /// All of them, in the profile's order.
    pub known: Vec<LocatedCopy>,
}

impl Located {
    /// Copies that are named and open, without a profile. One with a damaged copy.json is listed as
    /// unreadable, for its id is not its own.
    pub fn here(copies: Vec<Copy>) -> Self {
        let mut located = Self::default();
        for copy in copies {
            let Ok(id) = copy.id().parse() else { continue };
            let (dir, label) = (copy.dir().to_owned(), copy.label().to_owned());
            let place = dir.to_string_lossy().into_owned();
            let known = KnownCopy { id, label, place, away: false };
            let presence = match copy.damage() {
                None => Presence::Here(dir),
                Some(_) => Presence::Unreadable(dir, DAMAGED.to_owned()),
            };
            located.known.push(LocatedCopy { known, presence });
            located.copies.push(copy);
        }
        located
    }
}

/// What to do about a copy without its own id.
const DAMAGED: &str = "its copy.json is damaged: scrub it";

/// A copy of the profile.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocatedCopy {
    /// What the profile says of it.
    pub known: KnownCopy,
    /// Whether it is here.
    pub presence: Presence,
}

/// Whether a copy is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// In this folder or bucket.
    Here(PathBuf),
    /// Nowhere that was searched.
    NotHere,
    /// In its place is something that cannot be read as this copy, and why.
    Unreadable(PathBuf, String),
}

/// Looks for every copy where it was last, where the profile says, and on what is mounted.
pub fn locate(copies: &[KnownCopy], records: &Records, mounts: &[Mount]) -> Located {
    let mut located = Located::default();
    let mut mounted: Option<Vec<Copy>> = None;
    for known in copies {
        let seen = records.seen(known.id.as_str()).map(|seen| &seen.place);
        let places = seen.into_iter().chain([&known.place]);
        let mut found = at_places(known, places.map(Path::new));
        if !matches!(found, Ok(Some(_))) && BucketAddress::of(Path::new(&known.place)).is_none() {
            let mounted = mounted.get_or_insert_with(|| on_mounts(mounts));
            let index = mounted.iter().position(|copy| is(copy, known));
            if let Some(index) = index {
                found = Ok(Some(mounted.swap_remove(index)));
            }
        }
        let presence = match found {
            Ok(Some(copy)) => {
                let dir = copy.dir().to_owned();
                located.copies.push(copy);
                Presence::Here(dir)
            }
            Ok(None) => Presence::NotHere,
            Err((place, why)) => Presence::Unreadable(place, why),
        };
        located.known.push(LocatedCopy { known: known.clone(), presence });
    }
    located
}

fn on_mounts(mounts: &[Mount]) -> Vec<Copy> {
    mounts.iter().flat_map(|mount| medium::find(&mount.dir)).collect()
}

fn is(copy: &Copy, known: &KnownCopy) -> bool {
    copy.damage().is_none() && copy.id() == known.id.as_str()
}

type Looked = Result<Option<Copy>, (PathBuf, String)>;

/// The copy, in the first of `places` where it is. An error only if it is in none of them.
fn at_places<'a>(known: &KnownCopy, places: impl Iterator<Item = &'a Path>) -> Looked {
    let mut unreadable = None;
    for place in places {
        match Copy::open(place) {
            Ok(copy) if is(&copy, known) => return Ok(Some(copy)),
            Ok(copy) => {
                let damaged = copy.damage().map(|_| DAMAGED.to_owned());
                unreadable = unreadable.or(damaged.map(|why| (place.to_owned(), why)));
            }
            Err(BackupError::NoCopy(_) | BackupError::Store(StoreError::NotFound(_))) => {}
            Err(error) => unreadable = unreadable.or(Some((place.to_owned(), error.to_string()))),
        }
    }
    unreadable.map_or(Ok(None), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounted_in(dir: &Path) -> Mount {
        Mount {
            dir: dir.to_owned(),
            source: "/dev/sdb1".to_owned(),
            file_system: "exfat".to_owned(),
            label: None,
            model: None,
            disk: None,
            removable: true,
            read_only: false,
        }
    }

    #[test]
    fn a_copy_is_known_by_its_id_wherever_it_is_mounted() {
        let folder = tempfile::tempdir().unwrap();
        let [old, stick] = ["old", "stick"].map(|name| folder.path().join(name));
        let mut copy = Copy::prepare(&stick).unwrap();
        copy.initialise().unwrap();
        let place = old.to_str().unwrap().to_owned();
        let id = copy.id().parse().unwrap();
        let known = [KnownCopy { id, label: String::new(), place, away: false }];
        drop(copy);
        let mut records = Records::default();
        let presence = |records: &Records, mounts: &[Mount]| {
            locate(&known, records, mounts).known.remove(0).presence
        };
        let mounts = [mounted_in(folder.path())];
        assert_eq!(presence(&records, &[]), Presence::NotHere);
        assert_eq!(presence(&records, &mounts), Presence::Here(stick.clone()));
        // Another copy in its old place is not taken for it, and does not hide it.
        Copy::prepare(&old).unwrap().initialise().unwrap();
        assert_eq!(presence(&records, &[]), Presence::NotHere);
        assert_eq!(locate(&known, &records, &mounts).copies.len(), 1);
        let now = stockade_base::timestamp::Timestamp::now();
        records.see(known[0].id.as_str(), &stick, now);
        assert_eq!(presence(&records, &[]), Presence::Here(stick));
    }
}
