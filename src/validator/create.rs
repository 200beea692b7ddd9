//! Making validator keys that are rooted in the wallet, backed up before they are used.

use super::{
    BatchRoot, ValidatorError,
    place::{self, Place, Wish},
};
use crate::{
    backup::{
        BackupError, Copy,
        create::{self as set, Created, NewKey, Plan},
        custodians::{self, Chosen, Given},
        holder, list,
        manifest::Source,
    },
    bls::PublicKey,
    device::{Show, Wallet},
    device_secret::{Scheme, check_address},
    eth::Address,
    interact::{Interact, Progress},
    path::DerivationPath,
    staking::{Deposit, Network, WithdrawalCredentials, write_deposit_file},
    timestamp::Timestamp,
};

/// Where withdrawals go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withdrawal {
    /// To the wallet itself, m/44'/60'/0'/0/0.
    Device,
    /// To an address that the user gave with its checksum.
    To(Address),
}

/// What is to be made.
#[derive(Debug, Clone)]
pub struct Request {
    /// Whose validators.
    pub network: Network,
    /// How many.
    pub count: u32,
    /// Which batch; else the one that is being filled.
    pub batch: Option<u32>,
    /// From which index on; else the first free one.
    pub start: Option<u32>,
    /// Make keys again that a set holds already.
    pub recreate: bool,
    /// Where withdrawals go.
    pub withdrawal: Withdrawal,
    /// 0x02 credentials, which compound, instead of 0x01.
    pub compounding: bool,
    /// The amount of each deposit in Gwei.
    pub amount: u64,
    /// How the wallet makes its secrets.
    pub scheme: Scheme,
    /// More than 1000 keys from one root.
    pub allow_large_batch: bool,
    /// Real money behind a seed that the world knows.
    pub allow_test_seed: bool,
}

/// What was made.
#[derive(Debug)]
pub struct CreatedValidators {
    /// The set that holds it.
    pub set: Created,
    /// The keys and their paths.
    pub keys: Vec<(PublicKey, DerivationPath)>,
    /// The batch that they are from.
    pub batch: u32,
    /// The custodians that it is sealed to.
    pub custodians: Chosen,
    /// Where withdrawals go.
    pub withdrawal_address: Address,
    /// Whether no key of this wallet was on the copies before.
    pub first: bool,
    /// Whether the batch holds more keys than one root should carry.
    pub large: bool,
}

/// Makes keys, deposit data and a set, and publishes it to every copy. The user approves the
/// withdrawal address, the prompts, and the set's origin, however many keys there are.
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
    // Held from before the copies are read, so that two processes never take one index.
    copies.iter().try_for_each(Copy::lock).map_err(BackupError::from)?;
    let address = check_address(wallet, user)?;
    custodians::require_real(request.network, wallet, &address, &[], request.allow_test_seed)?;
    let place = find_place(request, &address, copies)?;
    let chosen = custodians::choose(given, copies, request.scheme, wallet, &address, user)?;
    let test = custodians::require_real(
        request.network,
        wallet,
        &address,
        &chosen.custodians,
        request.allow_test_seed,
    )?;
    let withdrawal_address = withdrawal_address(request.withdrawal, wallet, user)?;
    let (keys, deposits) =
        make_keys(request, place, &address, &withdrawal_address, wallet, user, progress)?;
    if !request.recreate {
        let public: Vec<_> = keys.iter().map(|key| key.secret.public_key()).collect();
        if let Some((set, pubkey)) = holder(&list(copies)?, &public) {
            let pubkey = pubkey.to_string();
            return Err(BackupError::KeyExists { pubkey, set: set.clone() }.into());
        }
    }
    let plan = Plan {
        network: request.network,
        test,
        custodians: chosen.custodians.clone(),
        keys,
        deposit_data: Some(deposits),
        history: None,
    };
    let set = set::create(&plan, copies, wallet, &address, now, user, progress)?;
    let indices = place.start..place.start.saturating_add(request.count);
    let keys = plan.keys.iter().zip(indices);
    Ok(CreatedValidators {
        set,
        keys: keys
            .map(|(key, index)| (key.secret.public_key(), DerivationPath::signing_key(index)))
            .collect(),
        batch: place.batch,
        custodians: chosen,
        withdrawal_address,
        first: place.first,
        large: place.warn,
    })
}

fn find_place(
    request: &Request,
    address: &Address,
    copies: &[Copy],
) -> Result<Place, ValidatorError> {
    let wish = Wish {
        network: request.network,
        scheme: request.scheme,
        count: request.count,
        batch: request.batch,
        start: request.start,
        recreate: request.recreate,
        allow_large_batch: request.allow_large_batch,
    };
    place::find(&wish, address, &list(copies)?)
}

/// The withdrawal address. The wallet's own is always shown on it, and what its user approved must
/// be what it gave silently: a host in between cannot swap it.
fn withdrawal_address(
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

fn make_keys(
    request: &Request,
    place: Place,
    address: &Address,
    withdrawal_address: &Address,
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
    progress: &mut dyn Progress,
) -> Result<(Vec<NewKey>, Vec<u8>), ValidatorError> {
    let Request { network, scheme, count, .. } = *request;
    let root = BatchRoot::ask(wallet, scheme, network, place.batch, address, user)?;
    let credentials = match request.compounding {
        true => WithdrawalCredentials::Compounding(*withdrawal_address),
        false => WithdrawalCredentials::Execution(*withdrawal_address),
    };
    let source = Source::Device { scheme, batch: place.batch, check_address: *address };
    let mut keys = Vec::new();
    let mut deposits = Vec::new();
    let total = count as usize;
    for index in place.start..place.start.saturating_add(count) {
        progress.step("making keys", keys.len(), total);
        let secret = root.signing_key(index);
        let deposit = Deposit::sign(network, &secret, credentials, request.amount)
            .map_err(|error| ValidatorError::Amount(error.to_string()))?;
        deposits.push(deposit);
        keys.push(NewKey {
            secret,
            path: DerivationPath::signing_key(index).to_string(),
            description: root.description(),
            source: source.clone(),
        });
    }
    progress.step("making keys", total, total);
    let deposits =
        write_deposit_file(&deposits).map_err(|error| ValidatorError::Amount(error.to_string()))?;
    Ok((keys, deposits.into_bytes()))
}
