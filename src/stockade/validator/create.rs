//! Making validator keys that are rooted in the wallet, backed up before they are used.

use super::{
    BatchRoot, ValidatorError,
    make::{Key, make_keys, seal},
    place::{self, IndexRequest, Place},
    request::{CredentialKind, Request, Withdrawal},
};
use crate::{
    backup::{
        Copy,
        create::Created,
        custodians::{self, Chosen, Given},
        list,
        manifest::Source,
        origin::Signer,
    },
    device_secret::{Prompt, check_address, foresee},
};
use stockade_base::{eth::Address, path::DerivationPath, timestamp::Timestamp};
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
    pub custodians: Chosen,
    /// Where withdrawals go; nowhere yet with 0x00 credentials.
    pub withdrawal_address: Option<Address>,
    /// Whose signature the set's origin bears.
    pub origin: Address,
    /// Whether no key of this wallet, or these words, was on the copies before.
    pub first: bool,
    /// Whether the batch holds more keys than one root should carry.
    pub large: bool,
}

/// Makes keys of the wallet's, deposit data and a set, and publishes it to every copy. The user
/// approves the withdrawal address, the prompts, and the set's origin, however many keys there are.
#[allow(clippy::too_many_arguments, reason = "what, where, for whom, by whom, and when")]
pub fn create(
    request: &Request,
    given: &[Given],
    copies: &mut [Copy],
    wallet: &mut dyn Wallet,
    now: Timestamp,
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
    let address = check_address(wallet, user)?;
    custodians::require_real(network, wallet, &address, &[], allow_test_seed)?;
    let place = find_place(request, &address, copies)?;
    foresee(wallet, scheme, &Prompt::derive_batch(network, place.batch))?;
    let threshold = request.threshold;
    let approvals = custodians::approvals(given, threshold, copies, wallet, &address)?;
    let approvals = approvals + of_the_keys(request.withdrawal, wallet, user)?;
    user.note(&format!("{approvals} approvals on the wallet follow."));
    let chosen = custodians::choose(given, threshold, copies, scheme, wallet, &address, user)?;
    let test =
        custodians::require_real(network, wallet, &address, &chosen.custodians, allow_test_seed)?;
    let to = withdrawal_address(request.withdrawal, wallet, user)?;
    let credentials = match request.credentials {
        CredentialKind::Bls => return Err(ValidatorError::BlsCredentials),
        CredentialKind::Execution => WithdrawalCredentials::Execution(to),
        CredentialKind::Compounding => WithdrawalCredentials::Compounding(to),
    };
    let root = BatchRoot::ask(wallet, scheme, network, place.batch, &address, user)?;
    let source = Source::Device { scheme, batch: place.batch, check_address: address };
    let keys = make_keys(request, place.start, progress, |index| {
        Ok(Key {
            secret: root.signing_key(index),
            credentials,
            description: source.description(network),
            source: source.clone(),
        })
    })?;
    let signer = Signer::Wallet(wallet, address);
    let set = seal(request, keys, &chosen, test, copies, signer, now, user, progress)?;
    Ok(CreatedValidators {
        set: set.created,
        keys: set.keys,
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
    copies: &[Copy],
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
    place::find(&wanted, address, &list(copies)?)
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
    match shown == given {
        true => Ok(given),
        false => Err(ValidatorError::WithdrawalAddress { shown, given }),
    }
}
