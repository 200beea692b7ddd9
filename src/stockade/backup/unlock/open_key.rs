//! Signing keys out of a set, for what a validator signs once: an exit, a top-up.

use super::{
    access::Access,
    error::{UnlockError, because},
    opened::{self, OpenedSet},
};
use crate::backup::{
    check::scrub::ScrubbedSet,
    copy::Copy,
    set::{error::BackupError, verdict::Reason},
};
use crate::custodian::Recipient;
use stockade_keystore::{
    bls::{PublicKey, SecretKey},
    staking::{Deposit, DepositEntry, parse_deposit_file},
};

/// Keys of a set, opened.
#[derive(Debug)]
pub struct OpenKeys {
    /// The keys, in the order in which they were asked for.
    pub keys: Vec<OpenKey>,
    /// What else is secret and belongs to the set is sealed to this.
    pub files: Recipient,
}

/// A key of a set, opened.
#[derive(Debug)]
pub struct OpenKey {
    /// The key.
    pub secret: SecretKey,
    /// The deposit that was signed for it when the set was made, where it was made with one.
    pub deposit: Option<Deposit>,
}

/// Opens the keys `pubkeys` of `set`. The set's other keys need not open.
pub fn open_keys(
    copies: &[Copy],
    set: &ScrubbedSet,
    pubkeys: &[PublicKey],
    access: &mut Access<'_>,
) -> Result<OpenKeys, BackupError> {
    let refuse = |reason: Reason, notes: &[String]| BackupError::NotOpened {
        set: set.id.clone(),
        reason: because(reason, notes),
    };
    let opened = opened::open(set, copies, access).map_err(|closed| match closed {
        UnlockError::Verdict(reason, notes) => refuse(reason, &notes),
        UnlockError::Failed(error) => error.into(),
    })?;
    opened.notes.iter().for_each(|note| access.user.note(note));
    let mut all = opened.keys(set, copies, access.progress)?;
    let deposits = deposits(&opened, set, copies);
    let take = |pubkey: &PublicKey| -> Result<OpenKey, BackupError> {
        let at = all.iter().position(|(entry, _)| entry.pubkey == *pubkey);
        let (_, key) = all.swap_remove(at.ok_or_else(|| refuse(Reason::Missing, &[]))?);
        let secret = key.map_err(|reason| refuse(reason, &[]))?.secret;
        Ok(OpenKey { secret, deposit: deposit_of(pubkey, &deposits) })
    };
    let keys = pubkeys.iter().map(take).collect::<Result<_, _>>()?;
    Ok(OpenKeys { keys, files: opened.secret.files_recipient()? })
}

/// The set's deposit data, from any copy that holds that file whole.
fn deposits(opened: &OpenedSet<'_>, set: &ScrubbedSet, copies: &[Copy]) -> Vec<DepositEntry> {
    let mut files = opened.read.manifest.files.iter();
    let file = files.find(|entry| entry.path.as_str().starts_with("deposit_data-"));
    let bytes = file.and_then(|file| set.file(copies, &file.path, &file.sha256));
    bytes.and_then(|bytes| parse_deposit_file(&bytes).ok()).unwrap_or_default()
}

/// The deposit of `pubkey`, where it is sound.
fn deposit_of(pubkey: &PublicKey, deposits: &[DepositEntry]) -> Option<Deposit> {
    let digits = pubkey.to_string();
    let mut named = deposits.iter().filter(|entry| entry.pubkey == digits);
    named.find_map(|entry| entry.verify().ok())
}
