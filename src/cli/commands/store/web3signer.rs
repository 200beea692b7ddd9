//! What is said of the keys that a folder of Web3signer's key configuration names.

use stockade::backup::{intake::Intake, verdict::Reason};
use stockade_services::cloud::check::{Found, Held};

use crate::context::Context;

/// The most configurations that are explained.
const EXPLAINED: usize = 20;

/// What could not be read is inconclusive: nothing is known against it. Says why of each.
pub(super) fn tell_unread(found: &mut Found, intake: &Intake, context: &mut Context) {
    for key in &mut found.keys {
        if let Held::Not(_, reason) = &mut key.held
            && intake.is_unread(&key.place)
        {
            *reason = Reason::Unreadable;
        }
    }
    for (place, why) in intake.bad().iter().take(EXPLAINED) {
        context.terminal.say(&format!("{place}: {why}"));
    }
}
