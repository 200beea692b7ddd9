//! Sets that the command itself would not make.

use std::path::PathBuf;

use stockade::{
    backup::{
        Copy,
        create::{self, NewKey, Plan},
        manifest::Source,
        origin::Signer,
    },
    bls::SecretKey,
    custodian::AnyCustodian,
    device::Wallet,
    device_secret::check_address,
    eth::Address,
    staking::Network,
    timestamp::Timestamp,
};

use super::fixture::Nobody;

/// A set of keys for hoodi, with nothing beside them.
pub(crate) fn plan(custodians: Vec<AnyCustodian>, threshold: u8, keys: Vec<NewKey>) -> Plan {
    Plan {
        network: Network::Hoodi,
        test: true,
        custodians,
        threshold,
        keys,
        deposit_data: None,
        sealed: Vec::new(),
        history: Vec::new(),
        exits: Vec::new(),
        places: Vec::new(),
    }
}

/// A key from elsewhere, of which nothing is known.
pub(crate) fn imported_key(secret: SecretKey) -> NewKey {
    let (path, description) = (String::new(), String::new());
    NewKey { secret, path, description, source: Source::Imported }
}

/// Makes the set in the copies in these folders, and gives the address of `wallet`, which signs it.
pub(crate) fn publish(plan: &Plan, wallet: &mut dyn Wallet, copies: &[PathBuf]) -> Address {
    let address = check_address(wallet, &mut Nobody).unwrap();
    let mut copies = Copy::prepare_all(copies).unwrap();
    let (signer, now) = (Signer::Wallet(wallet, address), Timestamp::now());
    create::create(plan, &mut copies, signer, now, &mut Nobody, &mut ()).unwrap();
    address
}
