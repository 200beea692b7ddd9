//! The accounts of dirk's distributed wallets that a set keeps: what such an account needs beyond its
//! share of a key.

use std::collections::{BTreeMap, BTreeSet};

use crate::backup::{
    check::scrub::ScrubbedSet,
    copy::Copy,
    set::{dirk_account, error::BackupError, origin::Pins},
    unlock::opened::OpenedSet,
};
use stockade_keystore::{bls::PublicKey, distributed::DirkAccount};

/// The accounts, by the public keys of their shares.
pub(crate) type KeptAccounts = BTreeMap<PublicKey, DirkAccount>;

/// Refuses, before anybody is asked to open the set, shares that no dirk can be given: those that were
/// not dirk's, and two of one validator, which belong to two dirks. `only`: the keys that are restored,
/// all if it is empty.
pub fn require_kept(set: &ScrubbedSet, only: &[PublicKey]) -> Result<(), BackupError> {
    let Some(read) = set.manifest(&Pins::default()) else { return Ok(()) };
    let mut validators = BTreeSet::new();
    for entry in &read.manifest.keystores {
        let is_restored = only.is_empty() || only.contains(&entry.pubkey);
        let Some(share) = entry.share.filter(|_| is_restored) else { continue };
        let path = dirk_account::path_of(&entry.pubkey);
        if !read.manifest.files.iter().any(|file| file.path.as_str() == path) {
            return Err(BackupError::Share(format!(
                "key {} is a share that was not taken from dirk: the set has neither the participants nor \
                 the verification vector that dirk's distributed wallets need. Restore it with --layout plain",
                entry.pubkey
            )));
        }
        if !validators.insert(share.validator) {
            return Err(BackupError::Share(format!(
                "the set has several shares of the validator {}: each belongs to another dirk. Name the \
                 keys of one dirk with --pubkey",
                share.validator
            )));
        }
    }
    Ok(())
}

/// The accounts that the set keeps. Why one cannot be had is the error.
pub(crate) fn kept(
    opened: &OpenedSet<'_>,
    set: &ScrubbedSet,
    copies: &[Copy],
) -> Result<KeptAccounts, String> {
    let mut accounts = KeptAccounts::new();
    for entry in &opened.read.manifest.keystores {
        let path = dirk_account::path_of(&entry.pubkey);
        let mut files = opened.read.manifest.files.iter();
        if entry.share.is_none() || !files.any(|file| file.path.as_str() == path) {
            continue;
        }
        let bytes = super::kept_file::read(opened, set, copies, &path)?;
        let account = match DirkAccount::parse(&bytes) {
            Some(read) => read.map_err(|why| format!("{path}: {why}"))?,
            None => return Err(format!("{path} is not an account of dirk")),
        };
        if account.pubkey != entry.pubkey
            || entry.share.is_some_and(|share| !share.agrees_with(&account.share))
        {
            return Err(format!("{path} is of another share than the manifest says"));
        }
        accounts.insert(entry.pubkey, account);
    }
    Ok(accounts)
}
