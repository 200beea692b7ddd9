//! Puts shares of validators' keys together: a new set of whole keys, made in memory. A whole key is held
//! to the validator's public key, and the new set carries the mark that its keys may run as shares.

mod error;
mod find;
mod quorum;

use std::collections::BTreeMap;

pub use error::CombineError;
pub use find::{FoundShares, open_shares, shares_in_folders, shares_in_sets};
pub use quorum::{KnownShare, Quorum, quorums};

use crate::backup::{
    Access, BackupError, Copy,
    create::{Created, NewKey},
    custodians::CustodianSet,
    manifest::Source,
    seal_request::{Contents, SealRequest, Sealed},
    split_mark::SplitMark,
};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::bls::{SecretKey, combine_keys};

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
pub type CombineRequest<'a> = SealRequest<'a>;

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
    if access.unlockers.first_wallet().is_none() {
        return Err(CombineError::NoWallet);
    }
    let mut contents = Contents::new(keys);
    contents.splits = marks(quorums, contents.time);
    let Sealed { created, chosen, .. } = request.seal(contents, copies, access)?;
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
fn marks(quorums: &[Quorum], now: Timestamp) -> Vec<SplitMark> {
    let mut alike: BTreeMap<(u8, u8), Vec<_>> = BTreeMap::new();
    for quorum in quorums {
        let numbers = (quorum.number().unwrap_or(0), quorum.threshold());
        alike.entry(numbers).or_default().push(quorum.validator);
    }
    let mark = |((shares, threshold), keys): ((u8, u8), Vec<_>)| {
        SplitMark::new(&keys, shares, threshold, now)
    };
    alike.into_iter().map(mark).collect()
}

impl From<stockade_keystore::bls::ShareError> for CombineError {
    fn from(error: stockade_keystore::bls::ShareError) -> Self {
        Self::Backup(BackupError::Share(error.to_string()))
    }
}
