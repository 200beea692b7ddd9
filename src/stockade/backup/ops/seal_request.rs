//! Making a set of keys that exist: those of other tools, and those that were combined from shares.

use super::{
    create::{self, Created, NewKey, Plan},
    custodians::{self, CustodianSet, Wanted},
};
use crate::{
    backup::{
        check::{
            key_shares::share_warnings,
            list::{ListedSet, holder, list, unknown},
        },
        copy::Copy,
        set::{error::BackupError, origin::Signer},
        sidecars::{room, split_mark::SplitMark, whereabouts::Location},
        unlock::access::Access,
    },
    device_secret::Scheme,
    store::NewFile,
};
use stockade_base::timestamp::Timestamp;
use stockade_keystore::{bls::PublicKey, staking::Network};

/// How a set of keys that exist is made.
#[derive(Debug, Clone, Copy)]
pub struct SealRequest<'a> {
    /// The network of the validators.
    pub network: Network,
    /// Who can open the set, as far as the user says so, and how many open it together.
    pub custodians: Wanted<'a>,
    /// Allow real money behind a publicly known seed.
    pub allow_test_seed: bool,
}

/// What goes into the set.
#[derive(Debug)]
#[non_exhaustive]
pub struct Contents {
    /// The keys.
    pub keys: Vec<NewKey>,
    /// Their slashing history (EIP-3076), already checked.
    pub history: Option<Vec<u8>>,
    /// Where they may go on signing.
    pub places: Vec<(Location, Vec<PublicKey>)>,
    /// What belongs to the keys and is kept sealed, in the clear.
    pub sealed: Vec<NewFile>,
    /// The splits by which the keys may run as shares.
    pub splits: Vec<SplitMark>,
    /// When the set is made.
    pub time: Timestamp,
}

/// A set that was made.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sealed {
    /// The set.
    pub created: Created,
    /// Who can open it.
    pub chosen: CustodianSet,
    /// Whose validators its keys are for.
    pub network: Network,
    /// The places where its keys may go on signing.
    pub places: Vec<(Location, Vec<PublicKey>)>,
    /// What to know about shares among its keys.
    pub share_warnings: Vec<String>,
}

impl Contents {
    /// `keys` alone.
    pub fn new(keys: Vec<NewKey>) -> Self {
        Self {
            keys,
            history: None,
            places: Vec::new(),
            sealed: Vec::new(),
            splits: Vec::new(),
            time: Timestamp::now(),
        }
    }
}

impl<'a> SealRequest<'a> {
    /// A set with the default custodians.
    pub fn new(network: Network) -> Self {
        let custodians = Wanted { sources: &[], threshold: None, scheme: Scheme::default() };
        Self { network, custodians, allow_test_seed: false }
    }

    /// Refuses, before a wallet is asked, keys that a set of the copies holds already (they would be
    /// counted, and delivered, twice), and copies that have no room for them.
    pub fn require(
        &self,
        copies: &[Copy],
        sets: &[ListedSet],
        keys: &[PublicKey],
    ) -> Result<(), BackupError> {
        if let Some(set) = unknown(sets, self.network) {
            let reason = "no copy has a manifest of it that is signed by a wallet".to_owned();
            return Err(BackupError::DamagedSet { set: set.id.clone(), reason });
        }
        if let Some((set, pubkey)) = holder(sets, keys) {
            let (set, pubkey) = (set.clone(), pubkey.to_string());
            return Err(BackupError::KeyExists { pubkey, set });
        }
        room::require(copies, room::of_set(keys.len()))
    }

    /// Seals `contents` into a new set in `copies`. The first wallet of `access` signs it.
    pub fn seal(
        &self,
        contents: Contents,
        copies: &mut [Copy],
        access: &mut Access<'_>,
    ) -> Result<Sealed, BackupError> {
        let Self { network, custodians, allow_test_seed } = *self;
        let Contents { keys, history, places, sealed, splits, time } = contents;
        let sets = list(copies)?;
        let wallet = access.unlockers.first_wallet();
        let (wallet, address) = wallet.ok_or(BackupError::NoCustodian)?;
        custodians::require_real(network, wallet, &address, &[], allow_test_seed)?;
        // The origin is signed last.
        let approvals = custodians::approvals(custodians, &sets, wallet, &address)?;
        access.user.expect_approvals(1 + approvals);
        let chosen = custodians::choose(custodians, &sets, wallet, &address, access.user)?;
        let own = &chosen.custodians;
        let test = custodians::require_real(network, wallet, &address, own, allow_test_seed)?;
        let shares: Vec<_> = keys.iter().filter_map(|key| key.share).collect();
        let share_warnings = share_warnings(&shares, &sets);
        let mut plan = Plan::new(network, &chosen, keys);
        plan.test = test;
        plan.time = time;
        plan.history = history.into_iter().map(|bytes| (time, bytes)).collect();
        (plan.places, plan.sealed, plan.splits) = (places.clone(), sealed, splits);
        let signer = Signer::Wallet(wallet, address);
        let created = create::create(plan, copies, signer, access.user, access.progress)?;
        Ok(Sealed { created, chosen, network, places, share_warnings })
    }
}
