//! The files of a set's histories. They are read one at a time, since anybody may have put many
//! large ones there.

use crate::backup::{
    copy::Copy,
    set::{error::BackupError, set_id::SetId},
};
use crate::store::{EntryKind, StorePath};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::staking::MAX_INTERCHANGE_BYTES;

/// One history that is stored with a set.
pub(crate) struct KeptFile<'a> {
    pub(crate) time: Timestamp,
    copy: &'a Copy,
    path: StorePath,
}

impl KeptFile<'_> {
    pub(crate) fn read(&self) -> Result<Vec<u8>, String> {
        self.copy.read(&self.path, MAX_INTERCHANGE_BYTES as u64).map_err(|error| error.to_string())
    }

    /// Where it is stored, for people.
    pub(crate) fn name(&self) -> String {
        stockade_base::shown(&self.copy.path_of(self.path.as_str())).to_string()
    }
}

/// The histories of a set in all copies, newest first. Files with other names are not histories.
pub(crate) fn files<'a>(copies: &'a [Copy], set: &SetId) -> Result<Vec<KeptFile<'a>>, BackupError> {
    let folder: StorePath = format!("history/{set}").parse()?;
    let mut files = Vec::new();
    for copy in copies {
        for entry in copy.list(&folder)? {
            let time = entry.name.strip_suffix(".json").and_then(|stem| stem.parse().ok());
            let (Some(time), EntryKind::File) = (time, entry.kind) else { continue };
            files.push(KeptFile { time, copy, path: folder.join(&entry.name)? });
        }
    }
    files.sort_by_key(|file| std::cmp::Reverse(file.time));
    Ok(files)
}
