//! Sets that the command itself would not make.

use std::path::PathBuf;

use stockade::{
    backup::{
        Copy,
        create::{self, NewKey, Plan},
        custodians::CustodianSet,
        manifest::Source,
        origin::Signer,
    },
    bls::SecretKey,
    custodian::AnyCustodian,
    device::Wallet,
    device_secret::check_address,
    eth::Address,
    staking::Network,
};

use super::fixture::Nobody;

/// A set of keys for hoodi, with nothing beside them.
pub(crate) fn plan(custodians: Vec<AnyCustodian>, threshold: u8, keys: Vec<NewKey>) -> Plan {
    let custodians = CustodianSet { custodians, threshold, enrolled: false };
    Plan { test: true, ..Plan::new(Network::Hoodi, &custodians, keys) }
}

/// A key from elsewhere, of which nothing is known.
pub(crate) fn imported_key(secret: SecretKey) -> NewKey {
    let (path, description) = (String::new(), String::new());
    NewKey { secret, path, description, source: Source::Imported, share: None }
}

/// Makes the set in the copies in these folders, and gives the address of `wallet`, which signs it.
pub(crate) fn publish(plan: Plan, wallet: &mut dyn Wallet, copies: &[PathBuf]) -> Address {
    let address = check_address(wallet, &mut Nobody).unwrap();
    let mut copies = Copy::prepare_all(copies).unwrap();
    let signer = Signer::Wallet(wallet, address);
    create::create(plan, &mut copies, signer, &mut Nobody, &mut ()).unwrap();
    address
}
