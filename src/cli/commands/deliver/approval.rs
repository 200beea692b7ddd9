//! The plan of a delivery is shown before anything is done. On a terminal the user approves it; in a
//! script, running the command is the approval.

use stockade::{bls::PublicKey, interact::Interact as _};

use crate::{
    commands::listed,
    context::Context,
    error::{CommandError, Kind},
};

/// Shows `plan`, and asks.
pub fn ask(context: &mut Context, plan: &str) -> Result<(), CommandError> {
    context.terminal.say(plan.trim_end());
    if !context.terminal.attended() {
        return Ok(());
    }
    match context.terminal.ask("Deliver these keys? (yes or no)") {
        Some(answer) if answer.trim().eq_ignore_ascii_case("yes") => Ok(()),
        _ => Err(CommandError::new(Kind::Declined, "nothing was delivered, and nothing removed")),
    }
}

/// The first keys of many, a line each.
pub fn keys(keys: &[PublicKey]) -> String {
    listed::lines(keys, "  ")
}
