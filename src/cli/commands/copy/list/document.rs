//! The document of `copy list`.

use serde::Serialize;
use stockade::{
    backup::{Copy, verdict::Reason},
    store::mounts::Mount,
};

use super::number_of_sets;

#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Document {
    /// The file systems that are mounted, sticks first.
    pub places: Vec<Place>,
}

/// A file system that is mounted.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Place {
    /// The folder where it is mounted.
    dir: String,
    /// What is mounted there: a device or a network share.
    source: String,
    /// Its type, as the kernel names it: `ext4`, `vfat`.
    file_system: String,
    /// Its label, or null.
    label: Option<String>,
    /// The maker and model of the disk, or null.
    model: Option<String>,
    /// The disk, as the kernel names it: `sdb`. Null for a network share.
    disk: Option<String>,
    /// Whether it is on a stick, a card or a USB disk.
    removable: bool,
    /// Whether nothing can be written to it now.
    read_only: bool,
    /// Its size in bytes, or null if unknown.
    size: Option<u64>,
    /// The free space in bytes, or null if unknown.
    free: Option<u64>,
    /// What it lacks: `modes` (permissions).
    lacks: Vec<&'static str>,
    /// The copies on it.
    copies: Vec<FoundCopy>,
}

/// A copy on a file system.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FoundCopy {
    /// The folder of the copy.
    dir: String,
    /// The id of the copy.
    copy: String,
    /// Its label; empty if it has none.
    label: String,
    /// The number of sets, or null if they cannot be read.
    sets: Option<usize>,
    /// What is wrong with the copy: a reason, or null.
    damage: Option<&'static str>,
}

impl Place {
    /// The file system, with the copies that were found on it.
    pub fn of(mount: &Mount, copies: &[Copy]) -> Self {
        let space = mount.space();
        Self {
            dir: mount.dir.to_string_lossy().into_owned(),
            source: mount.source.clone(),
            file_system: mount.file_system.clone(),
            label: mount.label.clone(),
            model: mount.model.clone(),
            disk: mount.disk.clone(),
            removable: mount.removable,
            read_only: mount.read_only,
            size: space.map(|(size, _)| size),
            free: space.map(|(_, free)| free),
            lacks: if mount.keeps_modes() { Vec::new() } else { vec!["modes"] },
            copies: copies.iter().map(FoundCopy::of).collect(),
        }
    }
}

impl FoundCopy {
    fn of(copy: &Copy) -> Self {
        Self {
            dir: copy.dir().to_string_lossy().into_owned(),
            copy: copy.id().to_owned(),
            label: copy.label().to_owned(),
            sets: number_of_sets(copy),
            damage: copy.damage().map(Reason::as_str),
        }
    }
}
