//! Whether copies have room for what a command will write to them. This is checked before anybody
//! is asked to approve anything.

use std::path::PathBuf;

use super::whereabouts::WhereaboutsError;
use crate::backup::{copy::Copy, set::error::BackupError};
use crate::store::{self, Needed, StoreError};

/// Makes sure, as far as the system tells, that each of `copies` has room for `needed`. A copy that
/// is write-protected or full is an error. So is a new copy whose parent folder does not exist:
/// this is a typing error, or a stick that is not mounted.
pub fn require(copies: &[Copy], needed: Needed) -> Result<(), BackupError> {
    for copy in copies.iter().filter(|copy| copy.is_folder()) {
        if let Some(above) = missing_above(copy) {
            return Err(BackupError::NoPlace { copy: copy.dir().to_owned(), above });
        }
        store::require_room(&copy.dir().join("stockade"), needed)?;
    }
    Ok(())
}

/// Makes sure that the copies can record where `keys` keys go: one of them, or `every` one if a
/// client has to give the keys up first. Locks them, which shows what a bucket allows.
pub fn require_record(copies: &[Copy], keys: usize, every: bool) -> Result<(), WhereaboutsError> {
    let needed = of_record(keys);
    let mut refusals = copies.iter().filter_map(|copy| {
        let has_room = require(std::slice::from_ref(copy), needed);
        Some((copy.dir().to_owned(), has_room.and_then(|()| copy.lock_to_write()).err()?))
    });
    match refusals.next() {
        // The other writer will be done in a moment: nothing is wrong with the copy.
        Some((_, busy @ BackupError::Store(StoreError::Busy(_) | StoreError::Leased { .. })))
            if every =>
        {
            Err(busy.into())
        }
        Some((copy, source)) if every || refusals.count() + 1 == copies.len() => {
            Err(WhereaboutsError::NotRecorded { copy, source: Box::new(source) })
        }
        _ => Ok(()),
    }
}

/// The missing folder that a new copy would be made in.
fn missing_above(copy: &Copy) -> Option<PathBuf> {
    let dir = copy.dir();
    if copy.exists() || dir.exists() {
        return None;
    }
    let above = dir.parent().filter(|above| !above.as_os_str().is_empty())?;
    (!above.exists()).then(|| above.to_owned())
}

/// The room that a set of `keys` keys needs, with its sidecar records.
pub fn of_set(keys: usize) -> Needed {
    let keys = u64::try_from(keys).unwrap_or(u64::MAX);
    Needed {
        files: keys.saturating_add(FILES),
        bytes: keys.saturating_mul(KEY).saturating_add(REST),
    }
}

/// The room that the record of one delivery of `keys` keys needs.
fn of_record(keys: usize) -> Needed {
    let keys = u64::try_from(keys).unwrap_or(u64::MAX);
    Needed { files: ENTRIES, bytes: keys.saturating_mul(ENTRY_OF_KEY).saturating_add(REST) }
}

/// The size of an attestation, a note or a mark.
pub const SMALL: Needed = Needed { files: 1, bytes: 4096 };

/// The number of files of a set, other than its keystores.
const FILES: u64 = 12;

/// The entries of a delivery in one batch: before, after, and its note.
const ENTRIES: u64 = 3;

/// The size of a public key in each of them.
const ENTRY_OF_KEY: u64 = 3 * 128;

/// The size of a keystore, with its part of the manifest, the sums and the deposit data.
const KEY: u64 = 3 * 1024;

/// The size of everything else in a set.
const REST: u64 = 64 * 1024;
