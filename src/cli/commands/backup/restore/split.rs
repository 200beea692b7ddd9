//! Restoring keys for a program that splits them: the split is recorded before a key is written.

use std::path::{Path, PathBuf};

use stockade::{
    backup::{
        Copy, Layout, SetId,
        history::History,
        split_mark::{Marked, SplitMark},
    },
    bls::PublicKey,
    store::private_file,
    timestamp::Timestamp,
};

use super::Args;
use crate::{
    commands::{
        backup::history_decision::HistoryDecision,
        shares::{
            WAIT_EPOCHS, require_quiet, require_whole, unmarked_text, wait_minutes,
            warn_of_unmarked,
        },
    },
    context::Context,
    error::CommandError,
};

/// What can be refused before anybody presses a button.
pub fn require_splittable(
    args: &Args,
    copies: &[Copy],
    set: &SetId,
    keys: &[PublicKey],
    settled: &HistoryDecision,
) -> Result<(), CommandError> {
    if !args.layout.splits() {
        return Ok(());
    }
    if args.unrecorded {
        return Err(CommandError::usage(format!(
            "--unrecorded cannot be combined with --layout {}",
            args.layout
        ))
        .with_hint("keys are split only if a copy records it: make a copy writable"));
    }
    require_whole(copies, keys)?;
    require_quiet(copies, set, keys)?;
    let recent = |history| History::is_recent(history, set.network(), Timestamp::now());
    if settled.history().is_some_and(recent) {
        let message = "these keys signed within the hour, according to the given slashing history";
        return Err(CommandError::input(message)
            .with_hint("switch them off for good, wait an hour, then try again"));
    }
    let beside = args.layout.beside(&args.to, settled.history().is_some());
    Ok(beside.iter().try_for_each(|path| private_file::require_new(path))?)
}

/// Records that the keys are split from now on, if they are restored for that.
pub fn mark(
    args: &Args,
    copies: &[Copy],
    set: &SetId,
    keys: &[PublicKey],
    context: &mut Context,
) -> Result<Option<Marked>, CommandError> {
    if !args.layout.splits() {
        return Ok(None);
    }
    // How many shares there will be is up to the other program.
    let marked = SplitMark::new(keys, 0, 0, Timestamp::now()).leave(copies, set)?;
    warn_of_unmarked(&marked, context);
    Ok(Some(marked))
}

/// The same, for people.
pub fn text(marked: Option<&Marked>, set: &SetId) -> String {
    let Some(marked) = marked else { return String::new() };
    format!(
        "\nRECORDED: these keys are split from now on. A restore, a delivery or another split of them \
         asks whether the shares are switched off.\n\
         Start no share until {WAIT_EPOCHS} epochs ({} minutes) after the whole keys were switched off. \
         NEVER run a whole key and its shares at the same time. Once the keys are split, remove the \
         folder and what is next to it.{}",
        wait_minutes(set.network()),
        unmarked_text(marked)
    )
}

/// The files next to the folder.
pub fn beside(layout: Layout, to: &Path, with_history: bool) -> Vec<String> {
    let shown = |path: &PathBuf| crate::shown(&path).to_string();
    layout.beside(to, with_history).iter().map(shown).collect()
}
