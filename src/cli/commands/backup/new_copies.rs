//! Copies that a command makes new. A typing error, or a stick that is not mounted, would otherwise
//! become a folder on the computer's own disk without a word.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stockade::{
    backup::Copy,
    interact::Interact as _,
    store::{
        BucketAddress,
        mounts::{self, Mount, System},
    },
};

use crate::{
    context::Context,
    error::{CommandError, Kind},
    output::harmless,
};

/// Where a copy is stored.
#[derive(Debug)]
pub struct Placed {
    /// Whether it is made by this command.
    pub new: bool,
    /// The file system that it is on, where the system says so.
    mount: Option<Mount>,
}

/// Names the file system of every new copy, and on a terminal asks whether that is meant: before the
/// wallet is asked for anything.
pub fn confirm(copies: &[Copy], context: &mut Context) -> Result<Vec<Placed>, CommandError> {
    let placed: Vec<_> = copies.iter().map(Placed::of).collect();
    let new: Vec<_> = copies.iter().zip(&placed).filter(|(_, placed)| placed.new).collect();
    for (copy, placed) in &new {
        let (dir, on) = (crate::shown(copy.dir()), placed.describe());
        context.terminal.say(&format!("There is no copy in {dir} yet: a new one is made, {on}"));
    }
    let folders = new.iter().any(|(copy, _)| BucketAddress::of(copy.dir()).is_none());
    if !folders || !context.terminal.attended() {
        return Ok(placed);
    }
    match context.terminal.ask("Make new copies there? (yes or no)") {
        Some(answer) if answer.trim().eq_ignore_ascii_case("yes") => Ok(placed),
        _ => Err(CommandError::new(Kind::Declined, "nothing was made")
            .with_hint("mount the stick, or correct --copy")),
    }
}

impl Placed {
    fn of(copy: &Copy) -> Self {
        let mount = match BucketAddress::of(copy.dir()) {
            Some(_) => None,
            None => existing(copy.dir())
                .and_then(|folder| mounts::mount_of(&System::default(), &folder)),
        };
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

    /// The same as JSON.
    pub fn json(&self) -> Value {
        self.mount.as_ref().map_or(Value::Null, |mount| {
            json!({
                "dir": crate::shown(&mount.dir).to_string(),
                "source": mount.source,
                "file_system": mount.file_system,
                "removable": mount.removable,
            })
        })
    }
}

/// The first folder on the way up that exists, without links.
fn existing(dir: &Path) -> Option<PathBuf> {
    let dir = std::path::absolute(dir).ok()?;
    dir.ancestors().find_map(|folder| folder.canonicalize().ok())
}
