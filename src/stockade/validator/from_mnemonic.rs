//! Making validator keys of typed words, as deposit tools make them: on a machine without a
//! network, where a wallet may be plugged in or not.

use super::{
    CreatedValidators, CredentialKind, KeyPaths, Request, ValidatorError, Withdrawal,
    create::{require_amount, withdrawal_address},
    make::{Key, make_keys},
    place,
};
use crate::{
    backup::{Copy, create, custodians, list, manifest::Source, origin::Signer},
    device_secret::check_address,
};
use stockade_base::eth::Address;
use stockade_keystore::{mnemonic::Seed, staking::WithdrawalCredentials};
use stockade_wallet::{
    device::Wallet,
    interact::{Interact, Progress},
};

/// Makes keys of `seed`, deposit data and a set, and publishes it to every copy. With a wallet the
/// set is sealed to it unless the request names others, and the wallet signs its origin; without one the
/// words do, by the key at m/44'/60'/83'/0/0. `request.batch` has no meaning here.
pub fn create_from_mnemonic<'w>(
    request: &Request,
    seed: Seed,
    copies: &mut [Copy],
    mut wallet: Option<&mut (dyn Wallet + 'w)>,
    user: &mut dyn Interact,
    progress: &mut dyn Progress,
) -> Result<CreatedValidators, ValidatorError> {
    let Request { network, allow_test_seed, .. } = *request;
    require_amount(request)?;
    if request.paths == KeyPaths::Ethdo && request.credentials == CredentialKind::Bls {
        return Err(ValidatorError::EthdoCredentials);
    }
    // Held from before the copies are read, so that two processes never take one index.
    copies.iter().try_for_each(Copy::lock_to_write)?;
    let sets = list(copies)?;
    let words = seed.check_key()?;
    let words_address = words.address();
    custodians::require_real_words(network, &words_address, &[], allow_test_seed)?;

    let mut attached = None;
    let mut test = false;
    if let Some(wallet) = wallet.as_deref_mut() {
        let address = check_address(wallet, user)?;
        test |= custodians::require_real(network, wallet, &address, &[], allow_test_seed)?;
        attached = Some(address);
    }
    let own: Vec<Address> = attached.into_iter().chain([words_address]).collect();
    let place = place::find_below_words(request, &words_address, &own, &sets)?;
    let chosen = match (wallet.as_deref_mut(), &attached) {
        (Some(wallet), Some(address)) => {
            custodians::choose(request.wanted(), &sets, wallet, address, user)?
        }
        _ => custodians::choose_without_wallet(request.wanted(), &words_address, user)?,
    };
    let custodians = &chosen.custodians;
    test |= custodians::require_real_words(network, &words_address, custodians, allow_test_seed)?;

    let to = receiver(request, wallet.as_deref_mut(), user)?;
    let source = Source::Mnemonic { check_address: words_address };
    let made = make_keys(request, place.start, progress, |index| {
        let credentials = match (request.credentials, to) {
            (CredentialKind::Execution, Some(to)) => WithdrawalCredentials::Execution(to),
            (CredentialKind::Compounding, Some(to)) => WithdrawalCredentials::Compounding(to),
            _ => WithdrawalCredentials::from_bls_key(&seed.withdrawal_key(index)?.public_key()),
        };
        let secret = match request.paths {
            KeyPaths::Eip2334 => seed.signing_key(index)?,
            KeyPaths::Ethdo => seed.withdrawal_key(index)?,
        };
        Ok(Key { secret, credentials, description: String::new(), source: source.clone() })
    })?;
    drop(seed);
    let signer = match (wallet, attached) {
        (Some(wallet), Some(address)) => Signer::Wallet(wallet, address),
        _ => Signer::Words(&words),
    };
    let origin = signer.address();
    let (mut plan, keys) = made.plan(request, &chosen, &sets)?;
    plan.test = test;
    let set = create::create(plan, copies, signer, user, progress)?;
    Ok(CreatedValidators {
        set,
        keys,
        batch: None,
        custodians: chosen,
        withdrawal_address: to,
        origin,
        first: place.first,
        large: place.warn,
    })
}

/// Who gets the withdrawals; nobody yet with 0x00 credentials. Never a guess: where there is no
/// wallet, the address must be given.
fn receiver<'w>(
    request: &Request,
    wallet: Option<&mut (dyn Wallet + 'w)>,
    user: &mut dyn Interact,
) -> Result<Option<Address>, ValidatorError> {
    if request.credentials == CredentialKind::Bls {
        return Ok(None);
    }
    match (wallet, request.withdrawal) {
        (Some(wallet), withdrawal) => withdrawal_address(withdrawal, wallet, user).map(Some),
        (None, Withdrawal::To(address)) => {
            user.note(&format!("Withdrawals will go to {address}."));
            Ok(Some(address))
        }
        (None, Withdrawal::Device) => Err(ValidatorError::NoWithdrawalAddress),
    }
}
