//! Questions that are answered yes or no.

use stockade::interact::Interact as _;

use crate::{
    context::Context,
    error::{CommandError, Kind},
};

/// Asks `question`; `None` where there is no terminal to ask on, or nobody answers.
pub fn ask(context: &mut Context, question: &str) -> Option<bool> {
    let answer = context.terminal.ask(&format!("{question} (yes or no)"))?;
    Some(answer.trim().eq_ignore_ascii_case("yes"))
}

/// Asks for consent on a terminal; any other answer is the error `refusal`. Without a terminal the
/// command line is the consent.
pub fn require(context: &mut Context, question: &str, refusal: &str) -> Result<(), CommandError> {
    if !context.terminal.attended() || ask(context, question) == Some(true) {
        return Ok(());
    }
    Err(CommandError::new(Kind::Declined, refusal))
}
