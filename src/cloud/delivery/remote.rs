//! Telling a client which signer has the keys: public keys alone travel.

use std::collections::BTreeMap;

use super::{Arrival, Arrivals, DeliveryError};
use crate::{
    bls::PublicKey,
    cloud::keymanager::{Keymanager, RemoteKey},
    interact::Progress,
};

/// Registers `keys` at `target` with the signer at `signer`. What it has with this signer is left
/// as it is; what it has with another, or holds itself, is never changed.
pub fn register(
    target: &Keymanager,
    keys: &[PublicKey],
    signer: &str,
    batch: usize,
    progress: &mut dyn Progress,
) -> Result<Arrivals, DeliveryError> {
    let remote = by_key(target.list_remote()?);
    let mut arrivals = Arrivals::new(keys, &target.list()?);
    for (key, arrival) in &mut arrivals.keys {
        match (remote.get(key), &*arrival) {
            (Some(url), _) if same(url, signer) => *arrival = Arrival::Listed,
            (Some(url), _) => {
                *arrival = Arrival::Error(format!("it signs with {}", crate::shown(url)))
            }
            (None, Arrival::Listed) => {
                *arrival = Arrival::Error("it holds the key itself".to_owned());
            }
            (None, _) => {}
        }
    }
    let lacking = arrivals.lacking();
    for (done, batch_of) in lacking.chunks(batch.max(1)).enumerate() {
        progress.step("registering", done * batch, lacking.len());
        if let Err(stopped) = target.go_on(progress) {
            arrivals.failure = Some(stopped);
            break;
        }
        match target.add_remote(batch_of, signer) {
            Ok(statuses) => {
                let statuses = statuses.into_iter().map(Arrival::from);
                arrivals.set(batch_of.iter().copied().zip(statuses).collect());
            }
            Err(failure) => {
                let unknown = Arrival::Unknown(failure.to_string());
                arrivals.set(batch_of.iter().map(|key| (*key, unknown.clone())).collect());
                arrivals.failure = Some(failure);
                break;
            }
        }
    }
    progress.step("registering", lacking.len(), lacking.len());
    Ok(arrivals)
}

/// Holds what was said against what is listed afterwards.
pub fn compare(
    target: &Keymanager,
    signer: &str,
    arrivals: &mut Arrivals,
) -> Result<(), DeliveryError> {
    let remote = by_key(target.list_remote()?);
    arrivals.compare_with(&|key| remote.get(key).is_some_and(|url| same(url, signer)));
    Ok(())
}

fn by_key(listed: Vec<RemoteKey>) -> BTreeMap<PublicKey, String> {
    listed.into_iter().map(|key| (key.pubkey, key.url)).collect()
}

fn same(a: &str, b: &str) -> bool {
    a.trim_end_matches('/') == b.trim_end_matches('/')
}
