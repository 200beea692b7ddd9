//! Making validator keys that are rooted in the wallet, backed up before they are used.

use super::{
    Batch, BatchRoot, ValidatorError,
    make::{Key, make_keys},
    place::{self, IndexRequest, Place},
    request::{CredentialKind, Request, Withdrawal},
};
use crate::{
    backup::{
        Copy, ListedSet,
        create::{self, Created},
        custodians::{self, CustodianSet},
        list,
        manifest::Source,
        origin::Signer,
    },
    device_secret::{Prompt, check_address, foresee},
};
use stockade_base::{eth::Address, path::DerivationPath};
use stockade_keystore::{
    bls::PublicKey,
    staking::{Deposit, WithdrawalCredentials},
};
use stockade_wallet::{
    device::{Show, Wallet},
    interact::{Interact, Progress},
};

/// What was made.
#[derive(Debug)]
pub struct CreatedValidators {
    /// The set that holds it.
    pub set: Created,
    /// The keys and their paths.
    pub keys: Vec<(PublicKey, DerivationPath)>,
    /// The batch that they are from; none for keys from a mnemonic.
    pub batch: Option<u32>,
    /// The custodians that it is sealed to.
    pub custodians: CustodianSet,
    /// Where withdrawals go; nowhere yet with 0x00 credentials.
    pub withdrawal_address: Option<Address>,
    /// Whose signature the set's origin bears.
    pub origin: Address,
    /// Whether no key of this wallet, or these words, was on the copies before.
    pub first: bool,
    /// Whether the batch holds more keys than one root should carry.
    pub large: bool,
}

/// Makes validator keys of the wallet, their deposit data and a set, and publishes it to every copy. The
/// user approves the withdrawal address, the prompts, and the set's origin, however many keys there
/// are.
pub fn create(
    request: &Request,
    copies: &mut [Copy],
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
    progress: &mut dyn Progress,
) -> Result<CreatedValidators, ValidatorError> {
    let Request { network, scheme, allow_test_seed, .. } = *request;
    if request.credentials == CredentialKind::Bls {
        return Err(ValidatorError::BlsCredentials);
    }
    require_amount(request)?;
    // Held from before the copies are read, so that two processes never take one index.
    copies.iter().try_for_each(Copy::lock_to_write)?;
    let sets = list(copies)?;
    let address = check_address(wallet, user)?;
    custodians::require_real(network, wallet, &address, &[], allow_test_seed)?;
    let place = find_place(request, &address, &sets)?;
    foresee(wallet, scheme, &Prompt::derive_batch(network, place.batch))?;
    let wanted = request.wanted();
    let approvals = custodians::approvals(wanted, &sets, wallet, &address)?;
    let approvals = approvals + of_the_keys(request.withdrawal, wallet, user)?;
    user.note(&format!("{approvals} approvals on the wallet follow."));
    user.expect_approvals(approvals);
    let chosen = custodians::choose(wanted, &sets, wallet, &address, user)?;
    let test =
        custodians::require_real(network, wallet, &address, &chosen.custodians, allow_test_seed)?;
    let to = withdrawal_address(request.withdrawal, wallet, user)?;
    let credentials = match request.credentials {
        CredentialKind::Bls => return Err(ValidatorError::BlsCredentials),
        CredentialKind::Execution => WithdrawalCredentials::Execution(to),
        CredentialKind::Compounding => WithdrawalCredentials::Compounding(to),
    };
    let batch = Batch { network, scheme, number: place.batch };
    let root = BatchRoot::ask(wallet, &batch, &address, user)?;
    let source = Source::Device { scheme, batch: place.batch, check_address: address };
    let made = make_keys(request, place.start, progress, |index| {
        Ok(Key {
            secret: root.signing_key(index),
            credentials,
            description: source.description(network),
            source: source.clone(),
        })
    })?;
    drop(root);
    let (mut plan, keys) = made.plan(request, &chosen, &sets)?;
    plan.test = test;
    let signer = Signer::Wallet(wallet, address);
    let set = create::create(plan, copies, signer, user, progress)?;
    Ok(CreatedValidators {
        set,
        keys,
        batch: Some(place.batch),
        custodians: chosen,
        withdrawal_address: Some(to),
        origin: address,
        first: place.first,
        large: place.warn,
    })
}

/// Refuses an amount that no deposit can have: before anybody is asked for anything.
pub(super) fn require_amount(request: &Request) -> Result<(), ValidatorError> {
    // Which address it is has no part in this.
    let address = Address::from_bytes([0; 20]);
    let credentials = match request.credentials {
        CredentialKind::Bls | CredentialKind::Execution => {
            WithdrawalCredentials::Execution(address)
        }
        CredentialKind::Compounding => WithdrawalCredentials::Compounding(address),
    };
    Deposit::require_whole(&credentials, request.amount)
        .map_err(|error| ValidatorError::Amount(error.to_string()))
}

/// How many approvals come after the custodians are chosen: the withdrawal address where it is the
/// wallet's own, the batch's secret, and the origin.
fn of_the_keys(
    withdrawal: Withdrawal,
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
) -> Result<usize, ValidatorError> {
    let given = wallet.address(&DerivationPath::ethereum(0, 0)?, Show::Silently, user)?;
    let shown = !matches!(withdrawal, Withdrawal::To(address) if address != given);
    Ok(2 + usize::from(shown))
}

fn find_place(
    request: &Request,
    address: &Address,
    sets: &[ListedSet],
) -> Result<Place, ValidatorError> {
    let wanted = IndexRequest {
        network: request.network,
        scheme: request.scheme,
        count: request.count,
        batch: request.batch,
        start: request.start,
        recreate: request.recreate,
        allow_large_batch: request.allow_large_batch,
    };
    place::find(&wanted, address, sets)
}

/// The withdrawal address. The wallet's own is always shown on it, and what its user approved must
/// be what it gave silently: a host in between cannot swap it.
pub fn withdrawal_address(
    withdrawal: Withdrawal,
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
) -> Result<Address, ValidatorError> {
    let path = DerivationPath::ethereum(0, 0)?;
    let given = wallet.address(&path, Show::Silently, user)?;
    match withdrawal {
        Withdrawal::To(address) if address != given => {
            user.note(&format!("Withdrawals will go to {address}, which is not this wallet's."));
            return Ok(address);
        }
        _ => {}
    }
    user.note(&format!("Withdrawals will go to {given}. The wallet must show the same:"));
    let shown = wallet.address(&path, Show::OnDevice, user)?;
    if shown == given { Ok(given) } else { Err(ValidatorError::WithdrawalAddress { shown, given }) }
}
