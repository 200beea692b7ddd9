//! A check of a store that the wallet signs: the same note that a delivery leaves.

use serde_json::Value;
use stockade::{
    attest::delivery::{Delivered, Destination},
    backup::{Copy, hands::Hands, origin::Pins, scrub::ScrubbedSet, verdict::Level},
};

use super::report::Report;
use crate::{
    commands::deliver::note::NoteArgs, context::Context, error::CommandError, output::Outcome,
};

/// Somebody must sign.
pub(super) fn require_wallet(context: &Context) -> Result<(), CommandError> {
    match context.any_device() {
        true => Ok(()),
        false => {
            Err(CommandError::usage("an attestation is signed by a wallet: name one with --device"))
        }
    }
}

/// A note is about one set; asked before anybody presses a button.
pub(super) fn require_one(sets: &[ScrubbedSet]) -> Result<&ScrubbedSet, CommandError> {
    match sets {
        [set] => Ok(set),
        _ => Err(CommandError::usage("--attest is for one set")
            .with_hint("name it with --set; `stockade backup list` shows them")),
    }
}

/// Has the wallet sign that every key of `set` is at `to`, where the check found that, and nothing
/// else.
#[allow(clippy::too_many_arguments, reason = "what was found, where, of what, and who signs it")]
pub(super) fn add(
    report: &Report,
    outcome: &mut Outcome,
    set: &ScrubbedSet,
    to: Destination,
    note: &NoteArgs,
    copies: &[Copy],
    pins: &Pins,
    hands: &mut Hands,
    context: &mut Context,
) {
    if !report.full {
        outcome.text += "\nNOT SIGNED: the keystores there were not opened, because their password is \
                         not beside them.";
        outcome.ok = false;
        return;
    }
    let Some(read) = set.manifest(pins).filter(|_| outcome.ok) else {
        outcome.text += "\nNOT SIGNED: only a store in which every key is proven is attested.";
        return;
    };
    let delivered = Delivered {
        set: &set.id,
        manifest: read.digest,
        to,
        from: None,
        keys: report.proven(),
        history: None,
    };
    note.add(outcome, &delivered, copies, hands, context);
    if let Some(Value::Object(note)) = outcome.json.get_mut("note") {
        note.insert("level".to_owned(), report.level.as_str().into());
        outcome.text += match report.level {
            Level::Opened => "\nIt is about keys that were read, or opened, there.",
            _ => "\nIt is about keys that were listed there, and not read.",
        };
    }
}
