//! What must be settled before keys are split.

use stockade::{
    backup::{Copy, SetId, history},
    bls::PublicKey,
    interact::Interact as _,
    timestamp::Timestamp,
};

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
