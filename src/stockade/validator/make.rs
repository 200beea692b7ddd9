//! Keys, their deposits and their set: the same whatever the keys hang on.

use super::{Request, ValidatorError};
use crate::backup::{
    BackupError, ListedSet,
    create::{NewKey, Plan},
    custodians::CustodianSet,
    holder,
    manifest::Source,
};
use stockade_base::{parallel, path::DerivationPath};
use stockade_keystore::{
    bls::{PublicKey, SecretKey},
    staking::{Deposit, WithdrawalCredentials, write_deposit_file},
};
use stockade_wallet::interact::Progress;

/// A key that was derived, and what is to be said of it.
pub(super) struct Key {
    pub secret: SecretKey,
    pub credentials: WithdrawalCredentials,
    pub description: String,
    pub source: Source,
}

/// Keys and their deposit data.
pub(super) struct MadeKeys {
    keys: Vec<(NewKey, DerivationPath)>,
    deposits: Vec<u8>,
}

/// Derives the keys from index `start` on, each of which signs its deposit.
pub(super) fn make_keys(
    request: &Request,
    start: u32,
    progress: &mut dyn Progress,
    derive: impl Fn(u32) -> Result<Key, ValidatorError> + Sync,
) -> Result<MadeKeys, ValidatorError> {
    let make = |index: &u32| {
        let Key { secret, credentials, description, source } = derive(*index)?;
        let deposit = Deposit::sign_whole(request.network, &secret, credentials, request.amount)
            .map_err(|error| ValidatorError::Amount(error.to_string()))?;
        let path = request.paths.path(*index);
        Ok((
            (NewKey { secret, path: path.to_string(), description, source, share: None }, path),
            deposit,
        ))
    };
    let indices: Vec<_> = (start..start.saturating_add(request.count)).collect();
    progress.step("making keys", 0, indices.len());
    let mut step = |done| progress.step("making keys", done, indices.len());
    let made = parallel::map_on(parallel::cores(), BLOCK, &indices, &mut step, make);
    let made = made.into_iter().collect::<Result<Vec<_>, ValidatorError>>()?;
    let (keys, deposits): (Vec<_>, Vec<_>) = made.into_iter().unzip();
    let deposits = write_deposit_file(&deposits, &request.deposit_cli_version)
        .map_err(|error| ValidatorError::Amount(error.to_string()))?;
    Ok(MadeKeys { keys, deposits: deposits.into_bytes() })
}

/// So many keys are made at a time on one core.
const BLOCK: usize = 4;

impl MadeKeys {
    /// The plan of a set with these keys, and the public keys with their paths. A key that a set on the
    /// copies already holds is refused.
    pub(super) fn plan(
        self,
        request: &Request,
        chosen: &CustodianSet,
        sets: &[ListedSet],
    ) -> Result<(Plan, Vec<(PublicKey, DerivationPath)>), ValidatorError> {
        let (keys, paths): (Vec<_>, Vec<_>) = self.keys.into_iter().unzip();
        let public: Vec<_> = keys.iter().map(|key| key.secret.public_key()).collect();
        if !request.recreate
            && let Some((set, pubkey)) = holder(sets, &public)
        {
            let pubkey = pubkey.to_string();
            return Err(BackupError::KeyExists { pubkey, set: set.clone() }.into());
        }
        let mut plan = Plan::new(request.network, chosen, keys);
        plan.deposit_data = Some(self.deposits);
        plan.time = request.time;
        Ok((plan, public.into_iter().zip(paths).collect()))
    }
}
