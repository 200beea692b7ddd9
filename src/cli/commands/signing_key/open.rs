//! Opens keys: from a mnemonic, or from a set in copies.

use stockade::{
    backup::{
        Access, BackupError, Copy, OpenKey, Trust, list, open_keys, origin::Pins, scrub, share_of,
    },
    mnemonic::Seed,
};

use super::{Home, KeyArgs, SigningKeys, find::require_writable};
use crate::{
    commands::mnemonic::require_real_seed,
    context::{Context, read_signers},
    error::CommandError,
};

impl KeyArgs {
    /// Derives `count` keys from a mnemonic.
    pub(super) fn derive(&self, seed: &Seed, count: usize) -> Result<SigningKeys, CommandError> {
        let network = self.network.ok_or_else(|| CommandError::input("no --network given"))?;
        require_real_seed(seed, network, self.allow_test_seed)?;
        let key = |index: u32| {
            let secret = seed.signing_key(index).map_err(|e| CommandError::input(e.to_string()))?;
            let public = secret.public_key();
            if self.pubkey.is_some_and(|pubkey| pubkey != public) {
                let message = format!("the mnemonic gives {public} at index {index}");
                return Err(CommandError::input(message)
                    .with_hint("the index, the passphrase or the mnemonic is wrong"));
            }
            Ok(OpenKey { secret, deposit: None })
        };
        let keys = self.indices(count)?.into_iter().flatten().map(key);
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        Ok(SigningKeys { network, shares: vec![None; keys.len()], keys, home: None })
    }

    /// Opens `count` keys of a set in the copies.
    pub(super) fn open_from_copies(
        &self,
        count: usize,
        to_write: bool,
        context: &mut Context,
    ) -> Result<SigningKeys, CommandError> {
        let copies = Copy::open_all(&self.copy)?;
        let pins = Pins { wallets: Vec::new(), signers: read_signers(&self.signer)? };
        let (id, pubkeys) = self.find(&copies, count)?;
        let network = id.network();
        let sets = list(&copies)?;
        let shares = pubkeys.iter().map(|key| share_of(&sets, key)).collect();
        self.require_real(&copies, &id)?;
        if to_write {
            copies.iter().try_for_each(|copy| require_writable(copy, &id))?;
        }
        if self.network.is_some_and(|named| named != network) {
            return Err(CommandError::usage(format!("the key is in a set for {network}")));
        }
        let mut progress = context.terminal.progress();
        let scrubbed = scrub::read_to_open(&copies, Some(&id), &mut progress)?;
        let set = scrubbed.sets.first().ok_or(BackupError::NoSet(id.to_string()))?;
        let mut unlockers = self.open.unlockers(context)?;
        let trust = Trust { pins, accept_unknown_origin: self.accept_unknown_origin };
        let mut access = Access::new(&mut unlockers, &trust, &mut context.terminal, &mut progress);
        let opened = open_keys(&copies, set, &pubkeys, &mut access)?;
        let home = Some(Home { copies, set: id, files: opened.files });
        Ok(SigningKeys { network, keys: opened.keys, shares, home })
    }
}
