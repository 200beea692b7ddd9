//! Puts shares of validators' keys together: a new set of whole keys, made in memory. A whole key is held
//! to the validator's public key, and the new set carries the mark that its keys may run as shares.

mod error;
mod find;
mod quorum;

use std::collections::BTreeMap;

pub use error::CombineError;
pub use find::{FoundShares, open_shares, shares_in_folders, shares_in_sets};
pub use quorum::{KnownShare, Quorum, quorums};

use crate::{
    backup::{
        Access, BackupError, Copy,
        create::{self, Created, NewKey, Plan},
        custodians::{self, CustodianSet, Wanted},
        list,
        manifest::Source,
        origin::Signer,
        split_mark::SplitMark,
    },
    device_secret::Scheme,
};
use stockade_keystore::{
    bls::{SecretKey, combine_keys},
    staking::Network,
};

/// A share, opened.
#[derive(Debug)]
#[non_exhaustive]
pub struct OpenShare {
    /// Which share it is, and where it was found.
    pub known: KnownShare,
    /// The share.
    pub secret: SecretKey,
}

/// How the set of combined keys is made.
#[derive(Debug, Clone, Copy)]
pub struct CombineRequest<'a> {
    /// The network of the validators.
    pub network: Network,
    /// Who can open the set, as far as the user says so, and how many open it together.
    pub custodians: Wanted<'a>,
    /// Allow real money behind a publicly known seed.
    pub allow_test_seed: bool,
}

impl<'a> CombineRequest<'a> {
    /// A set with the default custodians.
    pub fn new(network: Network) -> Self {
        let custodians = Wanted { sources: &[], threshold: None, scheme: Scheme::default() };
        Self { network, custodians, allow_test_seed: false }
    }
}

/// A set of combined keys.
#[derive(Debug)]
#[non_exhaustive]
pub struct CombinedSet {
    /// The set.
    pub created: Created,
    /// Who can open it.
    pub chosen: CustodianSet,
}

/// Seals the key of each of `quorums` into a new set in `copies`. The first wallet of `access` signs it.
pub fn combine(
    request: &CombineRequest<'_>,
    quorums: &[Quorum],
    shares: Vec<OpenShare>,
    copies: &mut [Copy],
    access: &mut Access<'_>,
) -> Result<CombinedSet, CombineError> {
    let keys = quorums.iter().map(|quorum| whole_key(quorum, &shares));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    drop(shares);
    access.unlockers.close();
    let CombineRequest { network, custodians, allow_test_seed } = *request;
    let sets = list(copies)?;
    let wallet = access.unlockers.first_wallet();
    let (wallet, address) = wallet.ok_or(CombineError::NoWallet)?;
    custodians::require_real(network, wallet, &address, &[], allow_test_seed)?;
    let chosen = custodians::choose(custodians, &sets, wallet, &address, access.user)?;
    let own = &chosen.custodians;
    let test = custodians::require_real(network, wallet, &address, own, allow_test_seed)?;
    let mut plan = Plan::new(network, &chosen, keys);
    plan.test = test;
    plan.splits = marks(quorums, &plan);
    let signer = Signer::Wallet(wallet, address);
    let created = create::create(plan, copies, signer, access.user, access.progress)?;
    Ok(CombinedSet { created, chosen })
}

/// The key of a validator, which is certainly its own.
fn whole_key(quorum: &Quorum, shares: &[OpenShare]) -> Result<NewKey, CombineError> {
    let threshold = quorum.threshold();
    let of_it = quorum.shares.iter().filter_map(|known| {
        let open = shares.iter().find(|open| open.known.pubkey == known.pubkey)?;
        Some((known.share.x, &open.secret))
    });
    let parts: Vec<_> = of_it.take(usize::from(threshold)).collect();
    if parts.len() < usize::from(threshold) {
        let (validator, have, needed) = (quorum.validator, parts.len(), threshold);
        return Err(CombineError::TooFew { validator, have, needed });
    }
    let secret = combine_keys(&parts)?;
    if secret.public_key() != quorum.validator {
        return Err(CombineError::NoFit(quorum.validator));
    }
    let (path, description, source) = (String::new(), String::new(), Source::Imported);
    Ok(NewKey { secret, path, description, source, share: None })
}

/// One mark for all keys that were split alike.
fn marks(quorums: &[Quorum], plan: &Plan) -> Vec<SplitMark> {
    let mut alike: BTreeMap<(u8, u8), Vec<_>> = BTreeMap::new();
    for quorum in quorums {
        let numbers = (quorum.number().unwrap_or(0), quorum.threshold());
        alike.entry(numbers).or_default().push(quorum.validator);
    }
    let mark = |((shares, threshold), keys): ((u8, u8), Vec<_>)| {
        SplitMark::new(&keys, shares, threshold, plan.time)
    };
    alike.into_iter().map(mark).collect()
}

impl From<stockade_keystore::bls::ShareError> for CombineError {
    fn from(error: stockade_keystore::bls::ShareError) -> Self {
        Self::Backup(BackupError::Share(error.to_string()))
    }
}
