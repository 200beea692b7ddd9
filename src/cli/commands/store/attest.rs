//! A check of a store that the wallet signs: the same note that a delivery leaves.

use stockade::{
    attest::delivery::{Delivered, Destination},
    backup::{Copy, origin::Pins, scrub::ScrubbedSet, unlockers::Unlockers},
    path::DerivationPath,
};

use super::report::Report;
use crate::{
    commands::deliver::note::NoteArgs, context::Context, error::CommandError, output::Outcome,
};

/// Refuses an attestation without a wallet.
pub(super) fn require_wallet(context: &Context) -> Result<(), CommandError> {
    if context.any_device() {
        return Ok(());
    }
    Err(CommandError::usage("an attestation is signed by a wallet: name one with --device"))
}

/// A note is about one set. Checked before any button press.
pub(super) fn require_one(sets: &[ScrubbedSet]) -> Result<(), CommandError> {
    match sets {
        [_] => Ok(()),
        _ => Err(CommandError::usage("--attest is for one set")
            .with_hint("name it with --set; `stockade backup list` shows them")),
    }
}

/// What is attested.
pub(super) struct Attestation<'a> {
    pub report: &'a Report,
    pub set: &'a ScrubbedSet,
    pub to: Destination,
    pub copies: &'a [Copy],
    pub pins: &'a Pins,
    /// The path of the key that signs.
    pub path: DerivationPath,
}

impl Attestation<'_> {
    /// Has the wallet sign that every key of the set is there, if the check found that and nothing else.
    pub fn add(self, outcome: &mut Outcome, unlockers: &mut Unlockers, context: &mut Context) {
        let Self { report, set, to, copies, pins, path } = self;
        if !report.full {
            outcome.text += "\nNOT SIGNED: the keystores there were not opened, because their password \
                             is not stored with them.";
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
        NoteArgs::of_check(path, report.level).add(outcome, &delivered, copies, unlockers, context);
    }
}
