//! A restore that no copy can record.

use std::path::{Path, PathBuf};

use stockade::{backup::SetId, store::private_file, timestamp::Timestamp};

use crate::host;

/// Stores the entry that no copy recorded next to the restored folder, and in this computer's state. Says
/// where.
pub fn keep(entry: &[u8], to: &Path, set: &SetId) -> String {
    let mut name = to.to_owned().into_os_string();
    name.push("-where-these-keys-went.json");
    let state = host::state_folder()
        .map(|folder| folder.join("unrecorded").join(format!("{set}-{}.json", Timestamp::now())));
    let places = [Some(PathBuf::from(name)), state].into_iter().flatten();
    let kept = places.filter(|path| private_file::create(path, entry).is_ok());
    let kept: Vec<_> = kept.map(|path| crate::shown(&path).to_string()).collect();
    if kept.is_empty() {
        return "\nNOT RECORDED anywhere: remember that these keys are here.".to_owned();
    }
    format!(
        "\nNOT RECORDED in any copy. The entry is in {}: as soon as a copy is writable, put it into \
                 that copy's folder stockade/whereabouts/{set}/.",
        kept.join(" and ")
    )
}
