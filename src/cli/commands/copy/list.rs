use serde_json::{Value, json};
use stockade::{
    backup::{Copy, medium},
    store::mounts::{self, Mount, System},
};

use crate::{
    CommandResult,
    context::Context,
    error::{CommandError, Kind},
    output::Outcome,
};

/// List sticks, disks and shares that are mounted, and the copies on them
///
/// Sticks come first. Copies are looked for in the folder where each is mounted, and in the folders
/// right below it. Linux alone tells this; elsewhere name folders yourself.
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Lists; writes nothing.
    pub fn run(self, _context: &mut Context) -> CommandResult {
        if cfg!(not(target_os = "linux")) {
            return Err(CommandError::new(
                Kind::Unsupported,
                "sticks are found on Linux alone: name a folder on yours with --copy",
            ));
        }
        let mounts = mounts::list(&System::default())?;
        let found: Vec<_> = mounts.iter().map(|mount| (mount, medium::find(&mount.dir))).collect();
        let mut text: String = found.iter().map(|(mount, copies)| lines(mount, copies)).collect();
        if !mounts.iter().any(|mount| mount.removable) {
            text += "No stick is mounted. Plug one in, and open it in the file manager.\n";
        }
        text += "A copy is made by naming such a folder with --copy.";
        let places: Vec<_> = found.iter().map(|(mount, copies)| place(mount, copies)).collect();
        Ok(Outcome::done(text, json!({"places": places})))
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
        text += "  nothing can be written to it: it is mounted read-only\n";
    } else if let Some((size, free)) = mount.space() {
        text += &format!("  {} free of {}\n", bytes(free), bytes(size));
    }
    if !mount.keeps_modes() {
        text += &format!(
            "  {} keeps no modes: everybody who uses this computer can read what lies there\n",
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
        (Some(1), _) => "1 set".to_owned(),
        (Some(n), _) => format!("{n} sets"),
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

fn place(mount: &Mount, copies: &[Copy]) -> Value {
    let space = mount.space();
    let copies = copies.iter().map(|copy| {
        json!({
            "dir": copy.dir().to_string_lossy(),
            "copy": copy.id(),
            "label": copy.label(),
            "sets": number_of_sets(copy),
            "damage": copy.damage().map(|reason| reason.as_str()),
        })
    });
    json!({
        "dir": mount.dir.to_string_lossy(),
        "source": mount.source,
        "file_system": mount.file_system,
        "label": mount.label,
        "model": mount.model,
        "disk": mount.disk,
        "removable": mount.removable,
        "read_only": mount.read_only,
        "size": space.map(|(size, _)| size),
        "free": space.map(|(_, free)| free),
        "lacks": if mount.keeps_modes() { vec![] } else { vec!["modes"] },
        "copies": copies.collect::<Vec<_>>(),
    })
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
