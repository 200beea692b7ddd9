//! One signing key out of a set, for what a validator signs once: an exit, a top-up.

use super::{
    BackupError, Copy,
    hands::Hands,
    opened::{self, Closed, OpenedSet, because},
    origin::Pins,
    scrub::ScrubbedSet,
    verdict::Reason,
};
use crate::{
    bls::{PublicKey, SecretKey},
    interact::{Interact, Progress},
    staking::{Deposit, parse_deposit_file},
};

/// A key of a set, opened.
#[derive(Debug)]
pub struct OpenKey {
    /// The key.
    pub secret: SecretKey,
    /// The deposit that was signed for it when the set was made, where it was made with one.
    pub deposit: Option<Deposit>,
}

/// Opens the key `pubkey` of `set` with those at hand. The set's other keys need not open.
#[allow(clippy::too_many_arguments, reason = "which key, where, trusted by what, with whom")]
pub fn open_key(
    copies: &[Copy],
    set: &ScrubbedSet,
    pubkey: &PublicKey,
    pins: &Pins,
    accept_unknown_origin: bool,
    hands: &mut Hands,
    user: &mut dyn Interact,
    progress: &mut dyn Progress,
) -> Result<OpenKey, BackupError> {
    let refuse = |reason: Reason, notes: &[String]| BackupError::NotOpened {
        set: set.id.clone(),
        reason: because(reason, notes),
    };
    let opened = opened::open(set, copies, pins, accept_unknown_origin, hands, user);
    let opened = opened.map_err(|closed| match closed {
        Closed::Verdict(reason, notes) => refuse(reason, &notes),
        Closed::Failed(error) => error.into(),
    })?;
    opened.notes.iter().for_each(|note| user.note(note));
    let keys = opened.keys(set, copies, progress)?;
    let (_, key) = keys
        .into_iter()
        .find(|(entry, _)| entry.pubkey == *pubkey)
        .ok_or_else(|| refuse(Reason::Missing, &[]))?;
    let secret = key.map_err(|reason| refuse(reason, &[]))?.secret;
    Ok(OpenKey { secret, deposit: deposit_of(&opened, set, copies, pubkey) })
}

/// The deposit of `pubkey` in the set's deposit data, from any copy that holds that file whole.
fn deposit_of(
    opened: &OpenedSet<'_>,
    set: &ScrubbedSet,
    copies: &[Copy],
    pubkey: &PublicKey,
) -> Option<Deposit> {
    let mut files = opened.read.manifest.files.iter();
    let file = files.find(|entry| entry.path.as_str().starts_with("deposit_data-"))?;
    let bytes = set.file(copies, &file.path, &file.sha256)?;
    let deposits = parse_deposit_file(&bytes).ok()?;
    let mut deposits = deposits.iter().filter_map(|entry| entry.verify().ok());
    deposits.find(|deposit| deposit.pubkey() == pubkey)
}
