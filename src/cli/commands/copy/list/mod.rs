mod document;

use stockade::{
    backup::{Copy, medium},
    store::mounts::{self, Mount, System},
};

pub use document::Document;
use document::Place;

use crate::{
    CommandResult,
    commands::plural::count,
    context::Context,
    error::{CommandError, Kind},
    output::Outcome,
};

/// List mounted sticks, disks and shares, and the copies on them
///
/// Sticks come first. Copies are found in the folder where each is mounted, and in the folders directly
/// inside it. This works on Linux only; on other systems, name the folders yourself.
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Lists; writes nothing.
    pub fn run(self, _context: &mut Context) -> CommandResult {
        if cfg!(not(target_os = "linux")) {
            return Err(CommandError::new(Kind::Unsupported, "sticks can be found on Linux only")
                .with_hint("name a folder on the stick with --copy"));
        }
        let mounts = mounts::list(&System::default())?;
        let found: Vec<_> = mounts.iter().map(|mount| (mount, medium::find(&mount.dir))).collect();
        let mut text: String = found.iter().map(|(mount, copies)| lines(mount, copies)).collect();
        if !mounts.iter().any(|mount| mount.removable) {
            text += "No stick is mounted. Plug one in, and open it in the file manager.\n";
        }
        text += "To make a copy, name one of these folders with --copy.";
        let places = found.iter().map(|(mount, copies)| Place::of(mount, copies)).collect();
        Ok(Outcome::done(text, Document { places }))
    }
}

fn lines(mount: &Mount, copies: &[Copy]) -> String {
    let what = match (mount.removable, &mount.disk) {
        (true, _) => "stick",
        (false, Some(_)) => "built-in disk",
        (false, None) => "share",
    };
    let names = [&mount.label, &mount.model].into_iter().flatten();
    let names: String = names.map(|name| format!(", {}", crate::shown(name))).collect();
    let mut text = format!(
        "{}  {what}{names} ({}, {})\n",
        crate::shown(&mount.dir),
        crate::shown(&mount.source),
        crate::shown(&mount.file_system)
    );
    if mount.read_only {
        text += "  mounted read-only\n";
    } else if let Some((size, free)) = mount.space() {
        text += &format!("  {} free of {}\n", bytes(free), bytes(size));
    }
    if !mount.keeps_modes() {
        text += &format!(
            "  {} stores no permissions: every user of this computer can read the files on it\n",
            crate::shown(&mount.file_system)
        );
    }
    for copy in copies {
        let label =
            label(copy).map(|label| format!(" \"{}\"", crate::shown(label))).unwrap_or_default();
        text +=
            &format!("  {}: copy {}{label}, {}\n", crate::shown(copy.dir()), copy.id(), sets(copy));
    }
    text
}

fn sets(copy: &Copy) -> String {
    match (number_of_sets(copy), copy.damage()) {
        (_, Some(_)) => "DAMAGED: scrub it".to_owned(),
        (None, _) => "its sets cannot be read: scrub it".to_owned(),
        (Some(sets), _) => count(sets, "set"),
    }
}

fn number_of_sets(copy: &Copy) -> Option<usize> {
    copy.set_ids().ok().map(|(sets, _)| sets.len())
}

fn label(copy: &Copy) -> Option<&str> {
    Some(copy.label()).filter(|label| !label.is_empty())
}

/// In the unit that fits, rounded down.
fn bytes(n: u64) -> String {
    let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let fits = units.iter().find(|(shift, _)| n >> shift > 0);
    fits.map_or_else(|| format!("{n} bytes"), |(shift, unit)| format!("{} {unit}", n >> shift))
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_in_the_unit_that_fits() {
        assert_eq!(bytes(0), "0 bytes");
        assert_eq!(bytes(1023), "1023 bytes");
        assert_eq!(bytes(1024), "1 KiB");
        assert_eq!(bytes(31_900_000_000), "29 GiB");
        assert_eq!(bytes(u64::MAX), "16777215 TiB");
    }
}
