//! A random id of this computer, for the record of where keys may sign: folders are named by it, and
//! never by their whole path.

use std::{
    env,
    path::{Path, PathBuf},
};

use stockade::{
    backup::whereabouts::{Location, LocationKind},
    store::private_file,
};

/// Where state is kept that is one user's: $XDG_STATE_HOME/stockade and its likes.
pub fn state_folder() -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")))?;
    Some(state.join("stockade"))
}

/// A folder on this computer as a location: its last name, and the computer's id.
pub fn folder(kind: LocationKind, dir: &Path) -> Location {
    let whole = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let name = whole.file_name().map(|name| name.to_string_lossy().into_owned());
    Location::new(kind, &format!("{}@{}", name.unwrap_or_default(), id()))
}

/// The id, made where there is none yet. Where it cannot be kept, every folder is of a computer that
/// nobody knows.
fn id() -> String {
    let Some(path) = state_folder().map(|folder| folder.join("host-id")) else {
        return "unknown".to_owned();
    };
    let known = private_file::read(&path, 64).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some(id) = known.map(|id| id.trim().to_owned()).filter(|id| is_id(id)) {
        return id;
    }
    let mut bytes = [0; 4];
    if stockade::secret::fill_random(&mut bytes).is_err() {
        return "unknown".to_owned();
    }
    let id = hex::encode(bytes);
    match private_file::replace(&path, format!("{id}\n").as_bytes()) {
        Ok(()) => id,
        Err(_) => "unknown".to_owned(),
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
