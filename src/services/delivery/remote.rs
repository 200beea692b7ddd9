//! Registers remote keys: tells a client which signer holds them. Only public keys are sent.

use std::collections::BTreeMap;

use super::{Arrival, Arrivals, DeliveryError};
use crate::keymanager::{Keymanager, RemoteKey};
use stockade::backup::whereabouts::Clearance;
use stockade_keystore::bls::PublicKey;
use stockade_wallet::interact::Progress;

/// Registers `keys` at `target` with the signer at URL `signer`. Keys that the client already uses with
/// this signer, with another one, or holds itself are not changed.
pub fn register(
    target: &Keymanager,
    keys: &[PublicKey],
    signer: &str,
    batch: usize,
    clearance: &mut Clearance<'_>,
    progress: &mut dyn Progress,
) -> Result<Arrivals, DeliveryError> {
    let remote = by_key(target.list_remote()?);
    let mut arrivals = Arrivals::new(keys, &target.list()?);
    for (key, arrival) in &mut arrivals.keys {
        match (remote.get(key), &*arrival) {
            (Some(url), _) if same(url, signer) => *arrival = Arrival::Listed,
            (Some(url), _) => {
                *arrival = Arrival::Elsewhere(format!("the client signs with {url}"));
            }
            (None, Arrival::Listed) => {
                *arrival = Arrival::Elsewhere("the client holds the key itself".to_owned());
            }
            (None, _) => {}
        }
    }
    let lacking = arrivals.lacking();
    for (done, batch_of) in lacking.chunks(batch.max(1)).enumerate() {
        progress.step("registering", done * batch, lacking.len());
        if let Err(stopped) = target.check_cancelled(progress) {
            arrivals.failure = Some(stopped);
            break;
        }
        let permit = clearance.send(batch_of)?;
        match target.add_remote(&permit, batch_of, signer) {
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
    compare(target, signer, &mut arrivals);
    clearance.listed(&arrivals.sent())?;
    Ok(arrivals)
}

/// Corrects the outcomes by what is listed afterwards: some clients accept the keys, but use another
/// signer than the given one.
fn compare(target: &Keymanager, signer: &str, arrivals: &mut Arrivals) {
    let remote = match target.list_remote() {
        Ok(remote) => by_key(remote),
        Err(error) => {
            arrivals.unlisted(&error.to_string());
            arrivals.failure.get_or_insert(error);
            return;
        }
    };
    arrivals.compare_with(&|key| remote.get(key).is_some_and(|url| same(url, signer)));
    for (key, arrival) in &mut arrivals.keys {
        if let (Arrival::Accepted(_), Some(url)) = (&*arrival, remote.get(key)) {
            let why = format!("the client signs with {url}, not with the given signer");
            *arrival = Arrival::Elsewhere(why);
        }
    }
}

fn by_key(listed: Vec<RemoteKey>) -> BTreeMap<PublicKey, String> {
    listed.into_iter().map(|key| (key.pubkey, key.signer().to_owned())).collect()
}

fn same(a: &str, b: &str) -> bool {
    a.trim_end_matches('/') == b.trim_end_matches('/')
}
