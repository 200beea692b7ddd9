//! A random id of this computer. The record of where keys may sign names a folder by its last component
//! and this id, never by its whole path.

use std::{
    env,
    path::{Path, PathBuf},
};

use stockade::{
    backup::whereabouts::{Location, LocationKind},
    store::private_file,
};

/// The folder for state of this user: $XDG_STATE_HOME/stockade or its equivalent.
pub fn state_folder() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("stockade"))
}

/// A folder on this computer as a location: its name, and the computer's id.
pub fn folder(kind: LocationKind, dir: &Path) -> Location {
    let whole = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let name = whole.file_name().map(|name| name.to_string_lossy().into_owned());
    Location::new(kind, &format!("{}@{}", name.unwrap_or_default(), id()))
}

/// The id, which is created on first use. If it cannot be stored, the computer is `unknown`.
fn id() -> String {
    let Some(path) = state_folder().map(|folder| folder.join("host-id")) else {
        return "unknown".to_owned();
    };
    let known =
        private_file::read_regular(&path, 64).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some(id) = known.map(|id| id.trim().to_owned()).filter(|id| is_id(id)) {
        return id;
    }
    let mut bytes = [0; 4];
    if stockade::secret::fill_random(&mut bytes).is_err() {
        return "unknown".to_owned();
    }
    let id = hex::encode(bytes);
    let stored = private_file::replace(&path, format!("{id}\n").as_bytes());
    if stored.is_ok() { id } else { "unknown".to_owned() }
}

fn is_id(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
