//! New copies. Without a question, a typing error or a stick that is not mounted would silently make a
//! folder on the computer's own disk.

use std::path::{Path, PathBuf};

use serde::Serialize;
use stockade::{
    backup::Copy,
    store::mounts::{self, Mount, System},
};

use crate::{commands::confirm, context::Context, error::CommandError, output::harmless};

/// Where a copy is stored.
#[derive(Debug)]
pub struct Placed {
    /// Whether the copy is made by this command.
    pub new: bool,
    /// Its file system, if the system reports one.
    mount: Option<Mount>,
}

/// The file system of a copy.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MountFields {
    /// The folder where it is mounted.
    dir: String,
    /// What is mounted there: a device or a network share.
    source: String,
    /// Its type, as the kernel names it: `ext4`, `vfat`.
    file_system: String,
    /// Whether it is on a stick, a card or a USB disk.
    removable: bool,
}

/// Shows the file system of every new copy, and on a terminal asks whether to continue, before the
/// wallet is asked for anything.
pub fn confirm(copies: &[Copy], context: &mut Context) -> Result<Vec<Placed>, CommandError> {
    let placed: Vec<_> = copies.iter().map(Placed::of).collect();
    let new: Vec<_> = copies.iter().zip(&placed).filter(|(_, placed)| placed.new).collect();
    for (copy, placed) in &new {
        let (dir, on) = (crate::shown(copy.dir()), placed.describe());
        context.terminal.say(&format!("{dir} has no copy yet: a new one will be made, {on}"));
    }
    if new.iter().any(|(copy, _)| copy.is_folder()) {
        confirm::require(context, "Make new copies there?", "nothing was made")
            .map_err(|error| error.with_hint("mount the stick, or correct --copy"))?;
    }
    Ok(placed)
}

impl Placed {
    fn of(copy: &Copy) -> Self {
        let folder = copy.is_folder().then(|| existing(copy.dir())).flatten();
        let mount = folder.and_then(|folder| mounts::mount_of(&System::default(), &folder));
        Self { new: !copy.exists(), mount }
    }

    /// The file system, for people.
    pub fn describe(&self) -> String {
        let Some(mount) = &self.mount else { return "in a place that is not a disk".to_owned() };
        let kind = if mount.removable { "a stick or USB disk" } else { "NOT a stick" };
        let model = mount.model.as_ref().map(|model| format!(", {model}")).unwrap_or_default();
        format!(
            "on the file system of {} ({kind}, {}{}, {})",
            crate::shown(&mount.dir),
            harmless(&mount.source),
            harmless(&model),
            harmless(&mount.file_system)
        )
    }

    /// The file system, for a document.
    pub fn fields(&self) -> Option<MountFields> {
        self.mount.as_ref().map(|mount| MountFields {
            dir: crate::shown(&mount.dir).to_string(),
            source: mount.source.clone(),
            file_system: mount.file_system.clone(),
            removable: mount.removable,
        })
    }
}

/// The nearest existing folder above, with links resolved.
fn existing(dir: &Path) -> Option<PathBuf> {
    let dir = std::path::absolute(dir).ok()?;
    dir.ancestors().find_map(|folder| folder.canonicalize().ok())
}
