//! What must be settled before keys are split.

use stockade::{
    backup::{BackupError, Copy, SetId, history, scrub::ScrubbedSet},
    bls::PublicKey,
    interact::Interact as _,
    timestamp::Timestamp,
};

use super::Args;
use crate::{
    context::Context,
    error::{CommandError, Kind},
};

/// Refuses keys that signed within the last hour. Shares have public keys of their own, so the database
/// of no client knows what the whole keys signed.
pub fn require_quiet(copies: &[Copy], set: &SetId, keys: &[PublicKey]) -> Result<(), CommandError> {
    let kept = history::kept(copies, set, keys)?;
    if let Some(unread) = kept.unread.first() {
        let message = format!("cannot tell when these keys last signed: {unread}");
        return Err(CommandError::input(message)
            .with_hint("repair the copies, or move that file away; then try again"));
    }
    let now = Timestamp::now();
    match kept.found.filter(|(_, history)| history.is_recent(set.network(), now)) {
        Some((time, _)) => Err(CommandError::input(format!(
            "these keys signed within the hour, according to the slashing history of {time} that is \
             stored with the set"
        ))
        .with_hint("switch them off for good, wait an hour, then try again")),
        None => Ok(()),
    }
}

/// Asks whether the whole keys are off, unless the command line says so.
pub fn confirm_off(stated: bool, context: &mut Context) -> Result<(), CommandError> {
    if stated {
        return Ok(());
    }
    let question = "If a whole key signs while its shares do, its validator is slashed. Are these keys \
                    switched off on every machine, for good? (yes or no)";
    match context.terminal.ask(question) {
        Some(answer) if answer.trim().eq_ignore_ascii_case("yes") => Ok(()),
        Some(_) => Err(CommandError::new(
            Kind::Declined,
            "not split: a key that may still sign must not have shares",
        )),
        None => Err(CommandError::usage("the whole keys may still be running somewhere")
            .with_hint("switch them off on every machine for good, then add --whole-keys-are-off")),
    }
}

impl Args {
    /// Refuses a key that is named twice.
    pub(super) fn require_each_once(&self) -> Result<(), CommandError> {
        let mut keys = self.pubkey.iter().enumerate();
        match keys.find(|(i, key)| self.pubkey.iter().take(*i).any(|other| other == *key)) {
            Some((_, key)) => Err(CommandError::usage(format!("--pubkey {key} is given twice"))),
            None => Ok(()),
        }
    }

    /// The set that holds all the keys.
    pub(super) fn set_of_all<'a>(
        &self,
        sets: &'a [ScrubbedSet],
    ) -> Result<&'a ScrubbedSet, CommandError> {
        let holds_all = |set: &&ScrubbedSet| {
            let keys = set.public_keys();
            self.pubkey.iter().all(|key| keys.contains(key))
        };
        let mut holding = sets.iter().filter(holds_all);
        match (holding.next(), holding.count()) {
            (Some(set), 0) => Ok(set),
            (Some(_), others) => Err(BackupError::SeveralSets(others + 1).into()),
            (None, _) => Err(CommandError::input("no set on these copies holds all of these keys")
                .with_hint(
                    "split the keys of one set at a time; `stockade validator list` shows the set of \
                     each key",
                )),
        }
    }
}
