//! The files of histories beside a set. They are read one at a time: anybody may have put many large
//! ones there.

use std::collections::BTreeSet;

use super::super::{BackupError, Copy, SetId};
use crate::store::{EntryKind, StorePath};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::staking::MAX_INTERCHANGE_BYTES;

/// One history beside a set.
pub(super) struct KeptFile<'a> {
    pub(super) time: Timestamp,
    copy: &'a Copy,
    path: StorePath,
}

impl KeptFile<'_> {
    pub(super) fn read(&self) -> Result<Vec<u8>, String> {
        self.copy.read(&self.path, MAX_INTERCHANGE_BYTES as u64).map_err(|error| error.to_string())
    }

    /// Where it is stored, for people.
    pub(super) fn name(&self) -> String {
        stockade_base::shown(&self.copy.dir().join("stockade").join(self.path.as_str())).to_string()
    }
}

/// The histories of a set in all copies, newest first. What has another name is none.
pub(super) fn files<'a>(copies: &'a [Copy], set: &SetId) -> Result<Vec<KeptFile<'a>>, BackupError> {
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

/// The sets of the same network beside which any copy keeps histories, `set` among them.
pub(in super::super) fn sets_with_history(
    copies: &[Copy],
    set: &SetId,
) -> Result<BTreeSet<SetId>, BackupError> {
    let mut sets = BTreeSet::from([set.clone()]);
    let folder: StorePath = "history".parse()?;
    for copy in copies {
        let names = copy.list(&folder)?.into_iter().filter(|entry| entry.kind == EntryKind::Folder);
        let ids = names.filter_map(|entry| entry.name.parse::<SetId>().ok());
        sets.extend(ids.filter(|id| id.network() == set.network()));
    }
    Ok(sets)
}
