//! Opening the exits that were signed in advance and are stored, sealed, with a set.

use std::collections::BTreeMap;

use super::{access::Access, error::UnlockError, opened};
use crate::{
    backup::{
        check::scrubbed::ScrubbedSet,
        copy::Copy,
        set::{
            digest::Digest, error::BackupError, manifest::KeystoreEntry, secret::SetSecret,
            set_id::SetId, verdict::Reason,
        },
        sidecars::sealed_exits::{MAX_SEALED, Name},
    },
    custodian::Identity,
    store::StorePath,
};
use stockade_keystore::staking::{MAX_EXIT_BYTES, Network, SignedExit};

pub use crate::backup::sidecars::sealed_exits::{NewExit, OpenedExit, SealedExit, read, seal};
pub(crate) use crate::backup::sidecars::sealed_exits::{keep, lost_with, seal_all};

/// The sealed exits of `set`, opened. Nobody is asked where there are none. Where the set stays
/// closed, each exit has that reason.
pub fn open(
    copies: &[Copy],
    set: &ScrubbedSet,
    access: &mut Access<'_>,
) -> Result<Vec<SealedExit>, BackupError> {
    let mut exits = read(copies, &set.id)?;
    if exits.iter().all(|exit| exit.reason != Reason::Ok) {
        return Ok(exits);
    }
    match opened::open(set, copies, access) {
        Ok(opened) => {
            opened.notes.iter().for_each(|note| access.user.note(note));
            let keystores = &opened.read.manifest.keystores;
            open_all(&mut exits, copies, &set.id, keystores, &opened.secret);
        }
        Err(UnlockError::Verdict(reason, notes)) => {
            notes.iter().for_each(|note| access.user.note(note));
            exits.iter_mut().filter(|e| e.reason == Reason::Ok).for_each(|e| e.reason = reason);
        }
        Err(UnlockError::Failed(error)) => return Err(error.into()),
    }
    Ok(exits)
}

/// Opens all that are whole, each content once, however many copies hold it.
fn open_all(
    exits: &mut [SealedExit],
    copies: &[Copy],
    set: &SetId,
    keystores: &[KeystoreEntry],
    secret: &SetSecret,
) {
    let identity = secret.files_identity();
    let mut known: BTreeMap<Digest, Result<OpenedExit, Reason>> = BTreeMap::new();
    for exit in exits.iter_mut().filter(|exit| exit.reason == Reason::Ok) {
        let path = exit.file.parse::<StorePath>().ok();
        let copy = copies.iter().find(|copy| copy.id() == exit.copy);
        let bytes = copy.zip(path).and_then(|(copy, path)| copy.read(&path, MAX_SEALED).ok());
        let Some(bytes) = bytes else {
            exit.reason = Reason::Unreadable;
            continue;
        };
        let opened = known
            .entry(Digest::of(&bytes))
            .or_insert_with(|| open_one(&exit.file, &bytes, set.network(), keystores, &identity));
        match opened {
            Ok(opened) => {
                exit.opened = Some(opened.clone());
                if opened.share.is_some() {
                    exit.reason = Reason::Partial;
                }
            }
            Err(reason) => exit.reason = *reason,
        }
    }
}

/// Opens one, and finds the key of the set that signed it.
fn open_one(
    file: &str,
    sealed: &[u8],
    network: Network,
    keystores: &[KeystoreEntry],
    identity: &Identity,
) -> Result<OpenedExit, Reason> {
    let name = file.rsplit('/').next().and_then(Name::parse).ok_or(Reason::Malformed)?;
    let plain = identity.open(sealed, MAX_EXIT_BYTES as u64).map_err(|_| Reason::Malformed)?;
    let exit = SignedExit::parse(&plain).map_err(|_| Reason::Malformed)?;
    let mut named = keystores.iter().filter(|entry| entry.pubkey.to_string().starts_with(name.key));
    let signed = |entry: &&KeystoreEntry| exit.verify(network, &entry.pubkey).is_ok_and(|yes| yes);
    let signer = named.find(signed).ok_or(Reason::PubkeyMismatch)?;
    let (pubkey, share) = (signer.pubkey, signer.share);
    Ok(OpenedExit { exit, pubkey, share })
}

/// The exits beside a set that was opened, each once, to be sealed anew; and the files that are in
/// no copy whole.
pub(crate) fn all(
    copies: &[Copy],
    set: &SetId,
    keystores: &[KeystoreEntry],
    secret: &SetSecret,
) -> Result<(Vec<NewExit>, Vec<String>), BackupError> {
    let mut exits = read(copies, set)?;
    open_all(&mut exits, copies, set, keystores, secret);
    let mut files: BTreeMap<String, Option<NewExit>> = BTreeMap::new();
    for SealedExit { file, opened, .. } in exits {
        let time = file.rsplit('/').next().and_then(Name::parse).map(|name| name.time);
        let found = files.entry(file).or_default();
        if let (None, Some(time), Some(OpenedExit { exit, pubkey, .. })) = (&found, time, opened) {
            *found = Some(NewExit { time, pubkey, exit });
        }
    }
    let (whole, lost): (Vec<_>, Vec<_>) = files.into_iter().partition(|(_, exit)| exit.is_some());
    let whole = whole.into_iter().filter_map(|(_, exit)| exit).collect();
    Ok((whole, lost.into_iter().map(|(file, _)| file).collect()))
}
