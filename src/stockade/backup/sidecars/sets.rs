//! The sets that any copy stores sidecar records with.

use std::collections::BTreeSet;

use crate::{
    backup::{
        copy::Copy,
        set::{error::BackupError, set_id::SetId},
    },
    store::{EntryKind, StorePath},
};

/// The sets of the network of `set` that have a folder in one of the `folders` of any copy,
/// including `set` itself.
pub(crate) fn sets_with(
    copies: &[Copy],
    set: &SetId,
    folders: &[&str],
) -> Result<BTreeSet<SetId>, BackupError> {
    let mut sets = BTreeSet::from([set.clone()]);
    for folder in folders {
        let folder: StorePath = folder.parse()?;
        for copy in copies {
            let entries = copy.list(&folder)?.into_iter();
            let folders = entries.filter(|entry| entry.kind == EntryKind::Folder);
            let ids = folders.filter_map(|entry| entry.name.parse::<SetId>().ok());
            sets.extend(ids.filter(|id| id.network() == set.network()));
        }
    }
    Ok(sets)
}
