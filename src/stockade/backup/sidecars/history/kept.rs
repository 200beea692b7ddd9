//! What the copies know about what keys signed, from all their histories.

use std::collections::BTreeSet;

use super::{
    History,
    files::files,
    read::{Bad, NoHistory, parse_valid},
    select,
};
use crate::backup::{
    copy::{Copy, folders},
    set::{digest::Digest, error::BackupError, set_id::SetId},
    sidecars::sets::sets_with,
};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::{
    bls::PublicKey,
    staking::{Interchange, InterchangeError, MAX_INTERCHANGE_BYTES},
};

/// What is stored with a set.
#[derive(Debug)]
#[non_exhaustive]
pub struct Kept {
    /// All histories merged, so that no lower bound is lost, and when the newest was stored; `None`
    /// if none is about the requested keys.
    pub found: Option<(Timestamp, History)>,
    /// The requested keys that no history is about.
    pub silent: Vec<PublicKey>,
    /// Files that could not be read or are for another network, and may be about these keys.
    pub unread: Vec<String>,
    /// What is certainly not about these keys: empty files, and unreadable records of other keys.
    pub passed_over: Vec<String>,
}

/// Merges all histories of `keys` in any copy: those of the set, and those of other sets of its
/// network, since a key may be in several sets.
pub fn kept(copies: &[Copy], set: &SetId, keys: &[PublicKey]) -> Result<Kept, BackupError> {
    let mut all = Vec::new();
    for id in sets_with(copies, set, &[folders::HISTORY])? {
        all.extend(files(copies, &id)?);
    }
    all.sort_by_key(|file| std::cmp::Reverse(file.time));
    let asked: BTreeSet<_> = keys.iter().copied().collect();
    let (mut seen, mut unread, mut passed_over) = (BTreeSet::new(), Vec::new(), Vec::new());
    let mut together: Option<(Timestamp, Interchange)> = None;
    for file in all {
        let name = file.name();
        let bytes = match file.read() {
            Ok(bytes) => bytes,
            Err(why) => {
                unread.push(format!("{name}: {why}"));
                continue;
            }
        };
        // The same file is in every copy.
        if !seen.insert(Digest::of(&bytes)) {
            continue;
        }
        let (history, bad) = match parse_valid(&bytes, set.network()) {
            Ok((history, bad)) => (history.about(&asked), bad),
            Err(NoHistory::Nothing(why)) => {
                passed_over.push(format!("{name}: {why}"));
                continue;
            }
            Err(NoHistory::Unreliable(why)) => {
                unread.push(format!("{name}: {why}"));
                continue;
            }
        };
        drop(bytes);
        for Bad { pubkey, why } in bad {
            // A record without a readable key may be about a key that is missing from the file.
            let may_be_asked =
                pubkey.map_or(history.records().len() < asked.len(), |key| asked.contains(&key));
            let list = if may_be_asked { &mut unread } else { &mut passed_over };
            list.push(format!("{name}: {why}"));
        }
        if history.records().is_empty() {
            continue;
        }
        let merged = match together {
            None => Ok((file.time, history)),
            Some((time, known)) => known.merge([history]).map(|all| (time, all)),
        };
        let (time, all) = merged.map_err(failed)?;
        // The most that is held of all histories at a time.
        let long = all.json_len().map_err(failed)? > MAX_INTERCHANGE_BYTES;
        together = Some((time, if long { all.minimal() } else { all }));
    }
    let Some((time, interchange)) = together else {
        return Ok(Kept { found: None, silent: keys.to_vec(), unread, passed_over });
    };
    let (newest, silent) = select(&interchange, keys);
    let history = History::new(&interchange, newest)?;
    Ok(Kept { found: Some((time, history)), silent, unread, passed_over })
}

fn failed(error: InterchangeError) -> BackupError {
    BackupError::History(error.to_string())
}
