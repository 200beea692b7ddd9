//! Deriving the keys of wallets' own batches again: to compare them with those in a set, and to
//! restore one whose keystore rotted.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use super::access::Access;
use crate::backup::set::{
    error::BackupError,
    manifest::{KeystoreEntry, Source},
    verdict::Reason,
};
use crate::{
    device_secret::{Prompt, Scheme, ask},
    store::StorePath,
};
use stockade_base::{eth::Address, parallel, path::DerivationPath};
use stockade_keystore::{
    bls::{KeyTree, SecretKey},
    staking::Network,
};

/// What came of making a key again.
pub(crate) enum Made {
    /// It is from no wallet's batch.
    OtherSource,
    /// The wallet with this check address makes it, and is not here.
    NotHere(Address),
    /// The key, which is the one of its public key.
    Key(SecretKey),
    /// The wallet makes another at its place.
    Mismatch,
}

/// The keys of wallets' batches for one network; each batch is asked for once.
pub(crate) struct Roots {
    network: Network,
    trees: HashMap<(Address, Scheme, u32), KeyTree>,
}

impl Roots {
    pub(crate) fn new(network: Network) -> Self {
        Self { network, trees: HashMap::new() }
    }

    /// Makes the key of `entry` again, where it is from a batch of a wallet at hand.
    pub(crate) fn make(
        &mut self,
        entry: &KeystoreEntry,
        access: &mut Access<'_>,
    ) -> Result<Made, BackupError> {
        self.ask(entry, access)?;
        Ok(self.made(entry))
    }

    /// Asks the wallet whose batch `entry` is from for that, where it is at hand and was not asked.
    fn ask(&mut self, entry: &KeystoreEntry, access: &mut Access<'_>) -> Result<(), BackupError> {
        let Source::Device { scheme, batch, check_address } = &entry.source else { return Ok(()) };
        let Some(wallet) = access.unlockers.wallet(check_address) else { return Ok(()) };
        if let Entry::Vacant(place) = self.trees.entry((*check_address, *scheme, *batch)) {
            let prompt = Prompt::derive_batch(self.network, *batch);
            let secret = ask(wallet, *scheme, &prompt, check_address, access.user)?;
            let tree = KeyTree::new(secret.expose());
            place.insert(tree.map_err(|_| BackupError::Batch(*batch))?);
        }
        Ok(())
    }

    /// What came of the batch that `entry` is from, after it was asked for.
    fn made(&self, entry: &KeystoreEntry) -> Made {
        let Source::Device { scheme, batch, check_address } = &entry.source else {
            return Made::OtherSource;
        };
        let Some(tree) = self.trees.get(&(*check_address, *scheme, *batch)) else {
            return Made::NotHere(*check_address);
        };
        let made = entry.path.parse::<DerivationPath>().map(|path| tree.key(&path));
        let made = made.ok().filter(|made| made.public_key() == entry.pubkey);
        made.map_or(Made::Mismatch, Made::Key)
    }
}

/// What making keys again showed.
#[derive(Default)]
pub(crate) struct Compared {
    /// `pubkey_mismatch` for every key that is another.
    pub reasons: HashMap<StorePath, Reason>,
    /// The wallets that are not at hand, and how many keys of theirs were opened and not made again.
    pub not_here: BTreeMap<Address, usize>,
}

/// Asks each wallet at hand once for every batch of its own among `keys`, and makes their keys
/// again. A key that did not open needs no comparison.
pub(crate) fn compare(
    keys: &[(&KeystoreEntry, Result<(), Reason>)],
    roots: &mut Roots,
    access: &mut Access<'_>,
) -> Result<Compared, BackupError> {
    let opened: Vec<_> =
        keys.iter().filter(|(_, key)| key.is_ok()).map(|(entry, _)| *entry).collect();
    opened.iter().try_for_each(|entry| roots.ask(entry, access))?;
    let mut step = |done| access.progress.step("comparing with the wallet", done, opened.len());
    let made = |entry: &&KeystoreEntry| roots.made(entry);
    let made = parallel::map_on(parallel::cores(), BLOCK, &opened, &mut step, made);
    let mut compared = Compared::default();
    for (entry, made) in opened.iter().zip(made) {
        match made {
            Made::NotHere(owner) => *compared.not_here.entry(owner).or_default() += 1,
            Made::Mismatch => {
                compared.reasons.insert(entry.file.clone(), Reason::PubkeyMismatch);
            }
            Made::Key(_) | Made::OtherSource => {}
        }
    }
    Ok(compared)
}

/// So many keys are made at a time on one core.
const BLOCK: usize = 8;
