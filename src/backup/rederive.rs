//! Making the keys of wallets' own batches again: to compare them with those in a set, and to
//! restore one whose keystore rotted.

use std::collections::{BTreeMap, HashMap, btree_map::Entry};

use super::{
    BackupError,
    hands::Hands,
    manifest::{KeystoreEntry, Source},
    opened::OpenedKey,
    verdict::Reason,
};
use crate::{
    bls::SecretKey,
    device_secret::{Prompt, Scheme, ask},
    interact::{Interact, Progress},
    path::DerivationPath,
    staking::Network,
    store::StorePath,
};

/// What came of making a key again.
pub(super) enum Made {
    /// It is from no wallet's batch.
    OtherSource,
    /// The wallet with this check address makes it, and is not here.
    NotHere(String),
    /// The key, which is the one of its public key.
    Key(SecretKey),
    /// The wallet makes another at its place.
    Mismatch,
}

/// The roots of wallets' batches for one network; each is asked for once.
pub(super) struct Roots {
    network: Network,
    roots: BTreeMap<(String, Scheme, u32), SecretKey>,
}

impl Roots {
    pub(super) fn new(network: Network) -> Self {
        Self { network, roots: BTreeMap::new() }
    }

    /// Makes the key of `entry` again, where it is from a batch of a wallet at hand.
    pub(super) fn make(
        &mut self,
        entry: &KeystoreEntry,
        hands: &mut Hands,
        user: &mut dyn Interact,
    ) -> Result<Made, BackupError> {
        let Source::Device { scheme, batch, check_address } = &entry.source else {
            return Ok(Made::OtherSource);
        };
        let owner = check_address.to_string();
        let Some(wallet) = hands.wallet(check_address) else { return Ok(Made::NotHere(owner)) };
        let root = match self.roots.entry((owner, *scheme, *batch)) {
            Entry::Occupied(root) => root.into_mut(),
            Entry::Vacant(place) => {
                let prompt = Prompt::derive_batch(self.network, *batch);
                let secret = ask(wallet, *scheme, &prompt, check_address, user)?;
                let root = SecretKey::derive_master(secret.expose());
                place.insert(root.map_err(|_| BackupError::Batch(*batch))?)
            }
        };
        let made = entry.path.parse::<DerivationPath>().map(|path| root.derive_path(&path));
        let made = made.ok().filter(|made| made.public_key() == entry.pubkey);
        Ok(made.map_or(Made::Mismatch, Made::Key))
    }
}

/// What making keys again showed.
#[derive(Default)]
pub(super) struct Compared {
    /// `pubkey_mismatch` for every key that is another.
    pub reasons: HashMap<StorePath, Reason>,
    /// The wallets that are not at hand, and how many keys of theirs were opened and not made again.
    pub not_here: BTreeMap<String, usize>,
}

/// Asks each wallet at hand once for every batch of its own among `keys`, and makes their keys
/// again. A key that did not open needs no comparison.
pub(super) fn compare(
    keys: &[OpenedKey<'_>],
    network: Network,
    hands: &mut Hands,
    user: &mut dyn Interact,
    progress: &mut dyn Progress,
) -> Result<Compared, BackupError> {
    let mut roots = Roots::new(network);
    let mut compared = Compared::default();
    for (done, (entry, key)) in keys.iter().enumerate() {
        if key.is_err() {
            continue;
        }
        match roots.make(entry, hands, user)? {
            Made::NotHere(owner) => *compared.not_here.entry(owner).or_default() += 1,
            Made::Mismatch => {
                compared.reasons.insert(entry.file.clone(), Reason::PubkeyMismatch);
            }
            Made::Key(_) | Made::OtherSource => {}
        }
        progress.step("comparing with the wallet", done + 1, keys.len());
    }
    Ok(compared)
}
