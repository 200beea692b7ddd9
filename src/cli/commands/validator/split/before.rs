//! What must be settled before keys are split.

use stockade::interact::Interact as _;

use crate::{
    context::Context,
    error::{CommandError, Kind},
};

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
