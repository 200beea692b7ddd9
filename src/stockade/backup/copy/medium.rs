//! The media that copies are on: whether one failure would destroy several copies, and what a
//! medium lacks.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{Copy, real};
use crate::backup::set::set_id::SetId;
use crate::store::{
    self, BucketAddress, EntryKind, Store as _,
    mounts::{self, System},
};

/// The most folders on a stick that are searched.
const MAX_FOLDERS: usize = 1000;

/// The copies on a mounted file system, in its top folder and one level below. Folders that cannot
/// be read are skipped.
pub fn find(dir: &Path) -> Vec<Copy> {
    let below = store::Directory::new(dir).entries().unwrap_or_default().into_iter();
    let below = below.filter(|entry| entry.kind == EntryKind::Folder).take(MAX_FOLDERS);
    let folders = std::iter::once(dir.to_owned()).chain(below.map(|entry| dir.join(entry.name)));
    let is_one = |copy: &Copy| {
        copy.damage().is_none() || copy.set_ids().is_ok_and(|(sets, _)| !sets.is_empty())
    };
    // The `stockade` folder of a copy stands for the copy itself, which is found once.
    let mut seen = BTreeSet::new();
    let mut is_new = |copy: &Copy| seen.insert(copy.dir().to_owned());
    let copies = folders.filter_map(|folder| Copy::open(&folder).ok()).filter(is_one);
    copies.filter(|copy| is_new(copy)).collect()
}

/// Warnings about copies that are on the same file system or disk, where one failure would destroy
/// them all.
pub fn shared(copies: &[Copy]) -> Vec<String> {
    let places: Vec<_> = copies.iter().map(Place::of).collect();
    let mut warnings = Vec::new();
    let mut said = vec![false; copies.len()];
    for (i, place) in places.iter().enumerate() {
        let others = places.iter().enumerate().skip(i + 1);
        let same: Vec<_> =
            others.filter(|(_, other)| place.shares(other).is_some()).map(|(j, _)| j).collect();
        if same.is_empty() || said.get(i) == Some(&true) {
            continue;
        }
        let all = std::iter::once(i).chain(same.iter().copied());
        let names: Vec<_> = all
            .clone()
            .filter_map(|j| copies.get(j))
            .map(|copy| stockade_base::shown(copy.dir()).to_string())
            .collect();
        let one = same.iter().filter_map(|j| place.shares(places.get(*j)?)).max();
        warnings.push(format!(
            "{} are on the same {}: one failure would destroy them all",
            names.join(" and "),
            one.unwrap_or(SharedMedium::FileSystem).as_str(),
        ));
        all.for_each(|j| said.iter_mut().skip(j).take(1).for_each(|said| *said = true));
    }
    warnings
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum SharedMedium {
    FileSystem,
    Disk,
    Bucket,
}

impl SharedMedium {
    fn as_str(self) -> &'static str {
        match self {
            Self::FileSystem => "file system",
            Self::Disk => "disk",
            Self::Bucket => "bucket",
        }
    }
}

/// Where a copy is, as far as the system tells.
struct Place {
    file_system: Option<u64>,
    disk: Option<String>,
    bucket: Option<String>,
}

impl Place {
    fn of(copy: &Copy) -> Self {
        if !copy.is_folder() {
            let address = BucketAddress::of(copy.dir()).and_then(Result::ok);
            let bucket = address.map(|address| address.bucket_alone());
            return Self { file_system: None, disk: None, bucket };
        }
        let dir = existing(real(copy.dir()));
        Self {
            file_system: store::file_system_id(&dir),
            disk: mounts::disk_of(&System::default(), &dir),
            bucket: None,
        }
    }

    fn shares(&self, other: &Self) -> Option<SharedMedium> {
        if self.file_system.is_some() && self.file_system == other.file_system {
            return Some(SharedMedium::FileSystem);
        }
        if self.bucket.is_some() && self.bucket == other.bucket {
            return Some(SharedMedium::Bucket);
        }
        (self.disk.is_some() && self.disk == other.disk).then_some(SharedMedium::Disk)
    }
}

/// The nearest parent folder that exists.
fn existing(dir: PathBuf) -> PathBuf {
    dir.ancestors().find(|folder| folder.exists()).map_or_else(|| dir.clone(), Path::to_owned)
}

/// What the file system that `set` was just written to lacks: `modes`, if other users can read the
/// files.
pub fn lacks(copy: &Copy, set: &SetId) -> Vec<&'static str> {
    // The owner of a bucket or store decides there who may read it.
    if !copy.is_folder() {
        return Vec::new();
    }
    lacks_of(&copy.path_of(set.as_str()).join("SHA256SUMS"))
}

/// Like [`lacks`], for a folder that was just written.
pub fn folder_lacks(folder: &Path) -> Vec<&'static str> {
    lacks_of(folder)
}

fn lacks_of(written: &Path) -> Vec<&'static str> {
    if store::keeps_modes(written) { Vec::new() } else { vec!["modes"] }
}
