//! Making the keys of a wallet's own batches again, to compare them with those in a set.

use std::collections::{BTreeMap, HashMap};

use super::{
    BackupError,
    manifest::{KeystoreEntry, Source},
    opened::OpenedKey,
    verdict::Reason,
};
use crate::{
    bls::SecretKey,
    device::Wallet,
    device_secret::{Prompt, Scheme, ask},
    eth::Address,
    interact::{Interact, Progress},
    path::DerivationPath,
    staking::Network,
    store::StorePath,
};

/// Asks the wallet once for every batch of its own among `keys`, makes their keys again, and says
/// `pubkey_mismatch` of every one that is another.
pub(super) fn compare(
    keys: &[OpenedKey<'_>],
    network: Network,
    wallet: &mut dyn Wallet,
    address: &Address,
    user: &mut dyn Interact,
    progress: &mut dyn Progress,
) -> Result<HashMap<StorePath, Reason>, BackupError> {
    let mut roots: BTreeMap<(Scheme, u32), SecretKey> = BTreeMap::new();
    let mut reasons = HashMap::new();
    for (done, (entry, key)) in keys.iter().enumerate() {
        let Source::Device { scheme, batch, check_address } = &entry.source else { continue };
        if key.is_err() || check_address != address {
            continue;
        }
        let root = match roots.entry((*scheme, *batch)) {
            std::collections::btree_map::Entry::Occupied(root) => root.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let prompt = Prompt::derive_batch(network, *batch);
                let secret = ask(wallet, *scheme, &prompt, address, user)?;
                let root = SecretKey::derive_master(secret.expose());
                place.insert(root.map_err(|_| BackupError::Batch(*batch))?)
            }
        };
        if !is_made_by(root, entry) {
            reasons.insert(entry.file.clone(), Reason::PubkeyMismatch);
        }
        progress.step("comparing with the wallet", done + 1, keys.len());
    }
    Ok(reasons)
}

/// Whether the batch root gives this key at the path that the manifest names. The keystore was
/// opened, so its key is the one of the manifest's public key.
fn is_made_by(root: &SecretKey, entry: &KeystoreEntry) -> bool {
    match entry.path.parse::<DerivationPath>() {
        Ok(path) => root.derive_path(&path).public_key() == entry.pubkey,
        Err(_) => false,
    }
}
