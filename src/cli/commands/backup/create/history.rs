//! What `backup create` stores with the set beside the keys.

use std::path::PathBuf;

use stockade::{
    backup::{
        create::NewKey,
        history::{self, Given},
    },
    bls::PublicKey,
    staking::Network,
};

use crate::commands::backup::history_decision::{ABOUT_SILENT, require_silent};
use crate::{context::Context, error::CommandError};

/// Reads the histories named on the command line; if there are none, those that were `found` with the
/// keys. Each key must be in the history, or be one of `never`, which never signed.
pub fn read(
    (files, never): (&[PathBuf], &[PublicKey]),
    network: Network,
    keys: &[NewKey],
    found: &[(String, Vec<u8>)],
    context: &mut Context,
) -> Result<Option<Vec<u8>>, CommandError> {
    let keys: Vec<_> = keys.iter().map(|key| key.secret.public_key()).collect();
    let (given, names): (_, Vec<_>) = if !files.is_empty() {
        let names = files.iter().map(|file| crate::shown(&file).to_string()).collect();
        (history::read_all(files, network, &keys)?, names)
    } else if !found.is_empty() {
        let names = found.iter().map(|(name, _)| name.clone()).collect();
        (history::check_all(found, network, &keys)?, names)
    } else {
        return Ok(None);
    };
    let names = names.join(", ");
    require_silent(never, &keys, &given.history, &names)?;
    if let Some(note) = given.note() {
        context.terminal.say(&note);
    }
    let Given { history, mut silent, .. } = given;
    silent.retain(|key| !never.contains(key));
    if silent.is_empty() {
        return Ok(Some(history.to_keep().to_vec()));
    }
    let what = history::says_nothing_about(&names, &silent, keys.len());
    Err(CommandError::input(what).with_hint(ABOUT_SILENT))
}
