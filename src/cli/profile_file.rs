//! Where profiles and this computer's records are.

use std::{
    env,
    path::{Path, PathBuf},
};

use stockade::{
    backup::{scrub::Scrubbed, verdict::Report},
    profile::{CheckKind, Located, Profile, Records, locate},
    store::mounts::{self, System},
    timestamp::Timestamp,
};

use crate::{
    error::{CommandError, Kind},
    host,
};

/// A profile, and its file.
#[derive(Debug)]
pub struct ProfileFile {
    /// The file.
    pub path: PathBuf,
    /// Its content.
    pub profile: Profile,
}

/// The name of the profile that is used if none is named.
const DEFAULT: &str = "profile";

/// No profile at all.
const NONE: &str = "none";

/// The profile that --profile, or else STOCKADE_PROFILE, names; otherwise the default one, if there is
/// one.
pub fn load(named: Option<&str>) -> Result<Option<ProfileFile>, CommandError> {
    let Some(path) = path(named)? else { return Ok(None) };
    match Profile::read(&path)? {
        Some(profile) => Ok(Some(ProfileFile { path, profile })),
        None if is_named(named) => {
            let message = format!("there is no profile {}", crate::shown(&path));
            Err(CommandError::new(Kind::File, message)
                .with_hint("`stockade setup` makes one; `--profile none` works without one"))
        }
        None => Ok(None),
    }
}

fn from_environment() -> Option<String> {
    env::var("STOCKADE_PROFILE").ok().filter(|name| !name.is_empty())
}

fn is_named(named: Option<&str>) -> bool {
    named.is_some() || from_environment().is_some()
}

/// The file of a profile, which may not exist. `None` if there is to be no profile, or no folder for it.
pub fn path(named: Option<&str>) -> Result<Option<PathBuf>, CommandError> {
    let name = named.map(str::to_owned).or_else(from_environment);
    let name = name.as_deref().unwrap_or(DEFAULT);
    if name == NONE {
        return Ok(None);
    }
    if name.contains('/') || name.ends_with(".toml") {
        return Ok(Some(PathBuf::from(name)));
    }
    if name.is_empty() || name.starts_with('.') {
        return Err(CommandError::usage(format!("--profile {name}: neither a name nor a file")));
    }
    Ok(folder().map(|folder| folder.join(format!("{name}.toml"))))
}

/// The folder for configuration of this user: $XDG_CONFIG_HOME/stockade or its equivalent.
fn folder() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let config = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(config.join("stockade"))
}

fn records_path() -> Option<PathBuf> {
    host::state_folder().map(|folder| folder.join("records.json"))
}

/// What this computer remembers.
pub fn records() -> Result<Records, CommandError> {
    match records_path() {
        Some(path) => Ok(Records::read(&path)?),
        None => Ok(Records::default()),
    }
}

/// Finds the profile's copies. Records that cannot be read are not needed for that.
pub fn find(profile: &Profile) -> Located {
    let records = records().unwrap_or_default();
    let mounts = mounts::list(&System::default()).unwrap_or_default();
    locate(&profile.copies, &records, &mounts)
}

/// Remembers where the copies that are here are.
pub fn see(located: &Located, mut records: Records, now: Timestamp) -> Result<(), CommandError> {
    for copy in &located.copies {
        records.see(copy.id(), copy.dir(), now);
    }
    write(&records)
}

/// Remembers a scrub or drill of copies that the profile has. Returns whether there was one.
pub fn record(
    profile: &Profile,
    kind: CheckKind,
    (read, report): (&Scrubbed, &Report),
) -> Result<bool, CommandError> {
    let is_known = |id: &str| profile.copies.iter().any(|copy| copy.id.as_str() == id);
    if records_path().is_none() || !report.copies.iter().any(|id| is_known(id)) {
        return Ok(false);
    }
    let mut records = records()?;
    records.check(kind, read, report, Timestamp::now());
    write(&records)?;
    Ok(true)
}

fn write(records: &Records) -> Result<(), CommandError> {
    match records_path() {
        Some(path) => Ok(records.write(&path)?),
        None => Ok(()),
    }
}

/// The absolute path of a place, as a profile has it; a bucket's address as it is.
pub fn place(dir: &Path) -> Result<String, CommandError> {
    let whole = match stockade::store::BucketAddress::of(dir) {
        Some(_) => dir.to_owned(),
        None => std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()),
    };
    whole.to_str().map(str::to_owned).ok_or_else(|| {
        let message = format!("{} is not UTF-8, which a profile must be", crate::shown(&dir));
        CommandError::input(message)
    })
}
