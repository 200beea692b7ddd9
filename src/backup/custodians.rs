//! Who a new set is sealed to, and whether they may guard what is in it.

use std::path::{Path, PathBuf};

use super::{BackupError, Copy, Digest, SetId, list, manifest::Manifest, origin::Origin};
use crate::{
    custodian::{self, AnyCustodian, Custodian},
    device::Wallet,
    device_secret::{Scheme, is_well_known},
    eth::Address,
    interact::Interact,
    staking::Network,
    store::{Directory, Store as _},
};

/// Who a new set is sealed to.
#[derive(Debug)]
pub struct Chosen {
    /// The custodians.
    pub custodians: Vec<Custodian>,
    /// Whether the attached wallet was enrolled just now.
    pub enrolled: bool,
}

/// What a user gives for a custodian.
#[derive(Debug, Clone)]
pub enum Given {
    /// A custodian file that verifies.
    File(Box<Custodian>),
    /// The folder of a set: all of its custodians, if the attached wallet made it.
    Set(PathBuf),
}

/// The custodians of a new set: those `given`; else the attached wallet, by its custodian found in
/// a set of its own on the copies; else the attached wallet, enrolled now. Where the attached
/// wallet is one of them, it derives its recipient again: nobody's file is taken on trust for it.
pub fn choose(
    given: &[Given],
    copies: &[Copy],
    scheme: Scheme,
    wallet: &mut dyn Wallet,
    address: &Address,
    user: &mut dyn Interact,
) -> Result<Chosen, BackupError> {
    let mut custodians = Vec::new();
    for given in given {
        match given {
            Given::File(custodian) => custodians.push(Custodian::clone(custodian)),
            Given::Set(folder) => custodians.extend(of_set(folder, address)?),
        }
    }
    if custodians.is_empty() {
        custodians.extend(own_on_copies(copies, address)?);
    }
    if custodians.is_empty() {
        let own = custodian::enroll(wallet, scheme, None, user)?;
        return Ok(Chosen { custodians: vec![own], enrolled: true });
    }
    for (i, custodian) in custodians.iter().enumerate() {
        custodian.verify()?;
        let same = |other: &Custodian| other.check_address == custodian.check_address;
        if custodians.iter().take(i).any(same) {
            return Err(BackupError::SameWallet(custodian.check_address));
        }
        let own = custodian.check_address == *address;
        let whose = if own { "this wallet" } else { "another wallet" };
        let test = if custodian.test { ", TEST" } else { "" };
        user.note(&format!(
            "It will open with custodian {}: {whose}, check address {}{test}",
            custodian.id, custodian.check_address
        ));
        if own {
            custodian::open(wallet, custodian, user)?;
        }
    }
    Ok(Chosen { custodians, enrolled: false })
}

/// The custodians of the set in `folder`, whose origin the wallet `signer` must have signed: anyone
/// can write a folder that lists themselves.
fn of_set(folder: &Path, signer: &Address) -> Result<Vec<Custodian>, BackupError> {
    let refuse = |why: &str| BackupError::NotASet(folder.to_owned(), why.to_owned());
    let id: SetId = folder
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(|name| name.parse().ok())
        .ok_or_else(|| refuse("its name is no set id"))?;
    let store = Directory::new(folder);
    let manifest = store.read(&"manifest.json".parse()?, Manifest::MAX_LEN)?;
    let origin = store.read(&"origin.json".parse()?, Origin::MAX_LEN)?;
    if Origin::signer(&origin, &id, &Digest::of(&manifest)) != Some(*signer) {
        return Err(refuse("this wallet did not sign its origin"));
    }
    let manifest = Manifest::parse(&manifest).map_err(|error| refuse(&error.to_string()))?;
    let wallets: Vec<_> =
        manifest.custodians.iter().filter_map(AnyCustodian::wallet).cloned().collect();
    match wallets.len() == manifest.custodians.len() {
        true => Ok(wallets),
        false => Err(refuse("it has custodians of a kind that this version cannot seal to")),
    }
}

/// The custodian of the wallet `address`, from the newest set on the copies whose origin that very
/// wallet signed.
fn own_on_copies(copies: &[Copy], address: &Address) -> Result<Option<Custodian>, BackupError> {
    let sets = list(copies)?;
    let own = sets.iter().filter(|set| set.signer.as_ref() == Some(address));
    let newest = own.filter_map(|set| set.manifest.as_ref()).max_by_key(|m| m.created.clone());
    Ok(newest.and_then(|manifest| manifest.custodian_of(address).cloned()))
}

/// Refuses simulated wallets and seeds that the world knows for real money, unless `allow`.
/// Returns whether what is made must be marked as a test.
pub fn require_real(
    network: Network,
    wallet: &dyn Wallet,
    address: &Address,
    custodians: &[Custodian],
    allow: bool,
) -> Result<bool, BackupError> {
    let identity = wallet.identity();
    let mut why = None;
    if identity.simulated {
        why = Some((identity.name(), "it is a simulated wallet"));
    } else if is_well_known(address) {
        why = Some((identity.name(), "the whole world knows its words"));
    }
    for custodian in custodians {
        if custodian.test || is_well_known(&custodian.check_address) {
            let what = format!("custodian {}", custodian.id);
            why = why.or(Some((what, "it was made with a test seed")));
        }
    }
    match why {
        Some((what, why)) if network.is_real_money() && !allow => {
            Err(BackupError::TestSeed { what, network: network.name(), why })
        }
        Some(_) => Ok(true),
        None => Ok(false),
    }
}
