//! The keys of a place against a wallet's own, as `validator check` compares files.

use std::collections::BTreeSet;

use stockade::{
    backup::verdict::Reason,
    validator::{self, CheckOptions, PublicKeyFile},
};
use stockade_services::check::{Found, FoundKey, Held};

use super::check::Args;
use crate::{CommandResult, commands::validator::check, context::Context};

impl Args {
    /// Asks the wallet about every key that is there.
    pub(super) fn with_wallet(&self, found: &Found, context: &mut Context) -> CommandResult {
        let file = |found: &FoundKey| PublicKeyFile {
            pubkey: found.held.key(),
            file: found.place.clone(),
            ..PublicKeyFile::default()
        };
        let keys = found.keys.iter().map(file).collect();
        let mut wallet = context.open()?;
        let options = CheckOptions { batch: None, max_index: self.max_index };
        let mut progress = context.terminal.progress();
        let mut checked =
            validator::check(keys, &options, &mut *wallet, &mut context.terminal, &mut progress)?;
        drop(progress);
        // A wallet is not asked about what is not a key, or not the key that its name states.
        let mut there = BTreeSet::new();
        for (found, checked) in found.keys.iter().zip(&mut checked.keys) {
            match found.held {
                Held::Not(stated, reason) => {
                    checked.key.pubkey = stated;
                    checked.reason = reason;
                }
                // It is a key only if it is one of the wallet's.
                Held::Perhaps(_) if checked.reason != Reason::Ok => {
                    checked.reason = Reason::NotChecked;
                }
                held if held.key().is_some_and(|key| !there.insert(key)) => {
                    checked.reason = Reason::Duplicate;
                }
                _ => {}
            }
        }
        Ok(check::outcome(&checked, &[], &wallet.identity().name(), self.max_index))
    }
}
