//! Mounted file systems, and which of them are sticks: places for copies. Linux only.

mod block;
mod mountinfo;

use std::path::{Path, PathBuf};

use super::{StoreError, private_file};
use block::Block;
use mountinfo::Entry;

/// Where the system reports its mounts and disks. Tests use trees of their own.
#[derive(Debug, Clone)]
pub struct System {
    /// `/proc/self/mountinfo`.
    pub mountinfo: PathBuf,
    /// `/sys`.
    pub sys: PathBuf,
    /// `/dev`.
    pub dev: PathBuf,
}

impl Default for System {
    fn default() -> Self {
        Self { mountinfo: "/proc/self/mountinfo".into(), sys: "/sys".into(), dev: "/dev".into() }
    }
}

/// A mounted file system that could hold a copy. Texts from devices are cut to 64 printable
/// characters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mount {
    /// The mount point.
    pub dir: PathBuf,
    /// The mounted device or share: `/dev/sdb1`, `server:/share`.
    pub source: String,
    /// Its type, as the kernel names it: `ext4`, `vfat`.
    pub file_system: String,
    /// Its label.
    pub label: Option<String>,
    /// The disk's vendor and model.
    pub model: Option<String>,
    /// The kernel's name of the disk: `sdb`. `None` for a network share.
    pub disk: Option<String>,
    /// Whether the disk is a stick, a card, or on USB.
    pub removable: bool,
    /// Whether it is mounted read-only.
    pub read_only: bool,
}

impl Mount {
    /// Whether files have modes there. On FAT and exFAT everybody can read everything.
    pub fn keeps_modes(&self) -> bool {
        !["vfat", "msdos", "exfat"].contains(&self.file_system.as_str())
    }

    /// Its size in bytes, and how many of them are free for this user.
    #[cfg(unix)]
    pub fn space(&self) -> Option<(u64, u64)> {
        let stat = rustix::fs::statvfs(&self.dir).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        Some((bytes(stat.f_blocks), bytes(stat.f_bavail)))
    }

    /// Not known on this system.
    #[cfg(not(unix))]
    pub fn space(&self) -> Option<(u64, u64)> {
        None
    }
}

/// The longest mountinfo that is read: some ten thousand mounts.
const MAX_MOUNTINFO: u64 = 4 * 1024 * 1024;

/// Every mounted file system that could hold a copy, on disks and on the network, each once. Sticks
/// come first.
pub fn list(system: &System) -> Result<Vec<Mount>, StoreError> {
    let mut mounts: Vec<Mount> = Vec::new();
    let mut entries = entries(system)?;
    // If a file system is mounted at several places, the one that shows most of it.
    entries.sort_by_key(|entry| (entry.root.components().count(), entry.dir.components().count()));
    for entry in entries.iter().filter(|entry| entry.may_hold_copies()) {
        let block = Block::find(system, entry);
        if block.is_none() && !entry.is_network() {
            continue;
        }
        if mounts.iter().any(|other| other.source == entry.source) {
            continue;
        }
        mounts.push(mount(entry, block));
    }
    mounts.sort_by(|a, b| (!a.removable, &a.dir).cmp(&(!b.removable, &b.dir)));
    Ok(mounts)
}

/// The disk of `path`, which must exist and contain no links.
pub fn disk_of(system: &System, path: &Path) -> Option<String> {
    let entries = entries(system).ok()?;
    let around = entries.iter().filter(|entry| path.starts_with(&entry.dir));
    let entry = around.max_by_key(|entry| entry.dir.components().count())?;
    Block::find(system, entry).map(|block| block.disk)
}

/// The file system of `path`, which must exist and contain no links.
pub fn mount_of(system: &System, path: &Path) -> Option<Mount> {
    let entries = entries(system).ok()?;
    let around = entries.iter().filter(|entry| path.starts_with(&entry.dir));
    let entry = around.max_by_key(|entry| entry.dir.components().count())?;
    Some(mount(entry, Block::find(system, entry)))
}

/// The current mounts. If several are on one folder, only the last, which hides the others.
fn entries(system: &System) -> Result<Vec<Entry>, StoreError> {
    let bytes = private_file::read(&system.mountinfo, MAX_MOUNTINFO)?;
    let mut entries = mountinfo::parse(&bytes);
    entries.reverse();
    let mut seen = std::collections::BTreeSet::new();
    entries.retain(|entry| seen.insert(entry.dir.clone()));
    Ok(entries)
}

fn mount(entry: &Entry, block: Option<Block>) -> Mount {
    let (disk, label, model, removable) = match block {
        Some(block) => (Some(block.disk), block.label, block.model, block.removable),
        None => (None, None, None, false),
    };
    Mount {
        dir: entry.dir.clone(),
        source: entry.source.clone(),
        file_system: entry.file_system.clone(),
        label,
        model,
        disk,
        removable,
        read_only: entry.read_only,
    }
}

#[cfg(test)]
mod tests;
