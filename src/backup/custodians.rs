//! Who a new set is sealed to, and whether they may guard what is in it.

use super::{BackupError, Copy, Digest, manifest::Manifest, origin::Origin};
use crate::{
    custodian::{self, Custodian},
    device::Wallet,
    device_secret::{Scheme, is_well_known},
    eth::Address,
    interact::Interact,
    staking::Network,
    store::StorePath,
};

/// Who a new set is sealed to.
#[derive(Debug)]
pub struct Chosen {
    /// The custodians.
    pub custodians: Vec<Custodian>,
    /// Whether the attached wallet was enrolled just now.
    pub enrolled: bool,
}

/// The custodians of a new set: those `given`; else the attached wallet, by its custodian found in
/// a set of its own on the copies; else the attached wallet, enrolled now. Where the attached
/// wallet is one of them, it derives its recipient again: nobody's file is taken on trust for it.
pub fn choose(
    given: &[Custodian],
    copies: &[Copy],
    scheme: Scheme,
    wallet: &mut dyn Wallet,
    address: &Address,
    user: &mut dyn Interact,
) -> Result<Chosen, BackupError> {
    let mut custodians = given.to_vec();
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
        if custodian.check_address == *address {
            custodian::open(wallet, custodian, user)?;
        }
    }
    Ok(Chosen { custodians, enrolled: false })
}

/// The custodian of the wallet `address`, from the newest set on the copies whose origin that very
/// wallet signed.
fn own_on_copies(copies: &[Copy], address: &Address) -> Result<Option<Custodian>, BackupError> {
    let mut newest: Option<Manifest> = None;
    for copy in copies.iter().filter(|copy| copy.exists()) {
        for id in copy.set_ids()?.0 {
            let Some(manifest) = signed_manifest(copy, &id, address) else { continue };
            if newest.as_ref().is_none_or(|found| found.created < manifest.created) {
                newest = Some(manifest);
            }
        }
    }
    Ok(newest.and_then(|manifest| manifest.custodian_of(address).cloned()))
}

/// The manifest of a set, where its origin is signed by `signer`.
fn signed_manifest(copy: &Copy, id: &super::SetId, signer: &Address) -> Option<Manifest> {
    let path = |name: &str| format!("{id}/{name}").parse::<StorePath>().ok();
    let manifest = copy.read(&path("manifest.json")?, Manifest::MAX_LEN).ok()?;
    let origin = copy.read(&path("origin.json")?, Origin::MAX_LEN).ok()?;
    let signed = Origin::signer(&origin, id, &Digest::of(&manifest))? == *signer;
    signed.then(|| Manifest::parse(&manifest).ok()).flatten()
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
