//! Reseal: the same keys in a new set, with a new secret, for other custodians or another
//! threshold. The old set stays as it is: sealing anew reaches no copy that somebody has.

use super::{
    create::{Created, NewKey, Plan, Sealed},
    custodians::{self, CustodianSet, CustodianSource, Wanted},
};
use crate::backup::{
    check::{list::list, scrub::ScrubbedSet},
    copy::Copy,
    set::{error::BackupError, manifest::Manifest, origin::Signer, recovery, verdict::Reason},
    sidecars::{delivery_mark::DeliveryMark, history, marks, split_mark::SplitMark, whereabouts},
    unlock::{
        access::Access,
        error::{UnlockError, because},
        exits,
        opened::{self, OpenedSet},
        unlockers::Unlockers,
    },
};
use crate::{custodian::AnyCustodian, device_secret::Scheme, store::NewFile};
use stockade_base::{eth::Address, timestamp::Timestamp};
use stockade_keystore::{bls::PublicKey, distributed::ShareOf};
use stockade_wallet::{
    device::Wallet,
    interact::{Interact, Progress},
};

/// How a set is resealed.
#[derive(Debug)]
pub struct Request<'a> {
    /// Who can open the new set.
    pub custodians: &'a [CustodianSource],
    /// How many of them open it together.
    pub threshold: Option<u8>,
    /// When the new set is made.
    pub time: Timestamp,
    /// Real money behind a seed that the world knows.
    pub allow_test_seed: bool,
}

/// What was made.
#[derive(Debug)]
pub struct Resealed {
    /// The new set.
    pub set: Created,
    /// Who opens it.
    pub chosen: CustodianSet,
    /// The keys that it holds, their paths, and which shares they are.
    pub keys: Vec<(PublicKey, String, Option<ShareOf>)>,
    /// How many of the old set's custodians open that.
    pub old_threshold: u8,
    /// The check address of the wallet that signed the new set.
    pub signer: Address,
    /// What a person should know of how the old set was opened.
    pub notes: Vec<String>,
}

impl<'a> Request<'a> {
    fn wanted(&self) -> Wanted<'a> {
        let scheme = Scheme::default();
        Wanted { sources: self.custodians, threshold: self.threshold, scheme }
    }
}

/// Opens `set`, and makes a new set of its keys in every copy. One of the wallets signs it: the one
/// that made the old set, if it is here.
pub fn reseal(
    request: &Request<'_>,
    set: &ScrubbedSet,
    copies: &mut [Copy],
    access: &mut Access<'_>,
) -> Result<Resealed, BackupError> {
    let refuse = |reason: String| BackupError::NotResealable { set: set.id.clone(), reason };
    copies.iter().try_for_each(Copy::lock_to_write)?;
    custodians::require_usable(request.custodians, request.threshold)?;
    require_real(request, set, access.unlockers)?;
    foresee(request, set, access)?;
    let opened = opened::open(set, copies, access).map_err(|closed| match closed {
        UnlockError::Verdict(reason, notes) => refuse(because(reason, &notes)),
        UnlockError::Failed(error) => error.into(),
    })?;
    let manifest = &opened.read.manifest;
    require_said(request, manifest)?;
    let (deposit_data, sealed) = other_files(&opened, set, copies, access.user).map_err(refuse)?;
    // Before anything is made: one that cannot be read stops it.
    let splits = marks::all::<SplitMark>(copies, &set.id)?;
    let deliveries = marks::all::<DeliveryMark>(copies, &set.id)?;
    let keys = new_keys(&opened, set, copies, access.progress, &refuse)?;
    let (exits, lost) = exits::all(copies, &set.id, &manifest.keystores, &opened.secret)?;
    for file in lost {
        access.user.note(&format!("{file} is not whole in any copy, and is not in the new set."));
    }
    let signer = signer(set, access.unlockers).ok_or_else(|| {
        refuse("a wallet signs the new set, and none is here: name one with --device".to_owned())
    })?;
    require_real(request, set, access.unlockers)?;
    let gone = || refuse("the wallet that was to sign it is not here any more".to_owned());
    let before: Vec<_> =
        manifest.custodians.iter().filter(|c| access.unlockers.opened(c).is_some()).collect();
    let before: Vec<_> = before.into_iter().filter_map(AnyCustodian::wallet).cloned().collect();
    let wanted = request.wanted();
    let sets = list(copies)?;
    let wallet = access.unlockers.wallet(&signer).ok_or_else(gone)?;
    let chosen =
        custodians::choose_after(&before, wanted, &sets, (&mut *wallet, &signer), access.user)?;
    let (network, allow) = (set.id.network(), request.allow_test_seed);
    let test = custodians::require_real(network, wallet, &signer, &chosen.custodians, allow)?;
    let mut plan = Plan::new(network, &chosen, keys);
    plan.test = test || manifest.test;
    plan.deposit_data = deposit_data;
    plan.sealed = sealed;
    plan.history = history::all(copies, &set.id)?;
    plan.exits = exits;
    plan.time = request.time;
    let (sealed, new_secret) = Sealed::new(plan, &signer, access.user, access.progress)?;
    // Nothing more is opened, and the wallet's user may take their time.
    access.unlockers.close();
    let wallet = access.unlockers.wallet(&signer).ok_or_else(gone)?;
    let signs = Signer::Wallet(wallet, signer);
    let made = sealed.publish(copies, signs, access.user, access.progress)?;
    let written = |copy: &&Copy| made.copies.iter().any(|(id, _)| id == copy.id());
    for copy in copies.iter().filter(written) {
        splits.iter().try_for_each(|mark| marks::leave(mark, copy, &made.set_id))?;
        deliveries.iter().try_for_each(|mark| marks::leave(mark, copy, &made.set_id))?;
    }
    whereabouts::adopt(copies, (&set.id, &opened.secret), (&made.set_id, &new_secret))?;
    Ok(Resealed {
        keys: made.keys.iter().map(|key| (key.pubkey, key.path.clone(), key.share)).collect(),
        set: made,
        chosen,
        old_threshold: manifest.threshold,
        signer,
        notes: opened.notes,
    })
}

/// Refuses what will be refused when the set is open, where that is known before anybody is asked to
/// open it. A wallet that is brought later may change it.
fn foresee(
    request: &Request<'_>,
    set: &ScrubbedSet,
    access: &mut Access<'_>,
) -> Result<(), BackupError> {
    if let Some(read) = set.manifest(&access.pins()) {
        require_said(request, &read.manifest)?;
    }
    if access.unlockers.expects_more() {
        return Ok(());
    }
    match signer(set, access.unlockers) {
        Some(signer) => custodians::foresee(request.custodians, request.threshold, &signer),
        None => Err(BackupError::NotResealable {
            set: set.id.clone(),
            reason: "a wallet signs the new set, and none is here: name one with --device"
                .to_owned(),
        }),
    }
}

/// Refuses wallets at hand that must not guard what is in the set: before they are asked for
/// anything, and again when all have come.
fn require_real(
    request: &Request<'_>,
    set: &ScrubbedSet,
    unlockers: &Unlockers,
) -> Result<(), BackupError> {
    let (network, allow) = (set.id.network(), request.allow_test_seed);
    let real = |(wallet, address): (&dyn Wallet, &Address)| {
        custodians::require_real(network, wallet, address, &[], allow).map(|_| ())
    };
    unlockers.wallets().try_for_each(real)
}

/// What takes several people to open does not come to open for one unless somebody says so.
fn require_said(request: &Request<'_>, old: &Manifest) -> Result<(), BackupError> {
    let files = request.custodians.iter().any(|given| matches!(given, CustodianSource::File(_)));
    match request.threshold {
        None if files && old.threshold > 1 => Err(BackupError::Threshold(format!(
            "set {} opens with {} of {} custodians: say with --threshold how many the new one takes",
            old.set_id,
            old.threshold,
            old.custodians.len()
        ))),
        _ => Ok(()),
    }
}

/// The wallet that signs: that which signed the old set, else the first that is here.
fn signer(set: &ScrubbedSet, unlockers: &mut Unlockers) -> Option<Address> {
    let signed = |address: &Address| {
        set.copies.iter().flatten().any(|inspection| inspection.signer.as_ref() == Some(address))
    };
    let own = unlockers.wallets().map(|(_, address)| *address).find(signed);
    own.or_else(|| unlockers.first_wallet().map(|(_, address)| address))
}

/// Every key of the old set, as it goes into the new one. All must open.
fn new_keys(
    opened: &OpenedSet<'_>,
    set: &ScrubbedSet,
    copies: &[Copy],
    progress: &mut dyn Progress,
    refuse: &dyn Fn(String) -> BackupError,
) -> Result<Vec<NewKey>, BackupError> {
    let mut keys = Vec::new();
    for (entry, key) in opened.keys(set, copies, progress)? {
        let key = key.map_err(|reason| {
            let why = match reason {
                Reason::NotChecked => "no copy holds it whole",
                reason => reason.explain(),
            };
            refuse(format!("{}: {why}", entry.file))
        })?;
        keys.push(NewKey {
            secret: key.secret,
            path: entry.path.clone(),
            description: key.description,
            source: entry.source.clone(),
            share: entry.share,
        });
    }
    Ok(keys)
}

/// The deposit data of the old set, and in the clear what lies sealed in it. Whatever else it holds
/// would be lost.
fn other_files(
    opened: &OpenedSet<'_>,
    set: &ScrubbedSet,
    copies: &[Copy],
    user: &mut dyn Interact,
) -> Result<(Option<Vec<u8>>, Vec<NewFile>), String> {
    let (mut deposit_data, mut sealed) = (None, Vec::new());
    let identity = opened.secret.files_identity();
    for entry in &opened.read.manifest.files {
        let path = entry.path.as_str();
        let read = || set.file(copies, &entry.path, &entry.sha256);
        match path {
            path if path.starts_with("seal/") || recovery::is_own(path) => {}
            path if path.starts_with("deposit_data-") && deposit_data.is_none() => {
                deposit_data = read();
                if deposit_data.is_none() {
                    user.note(&format!("{path} is in no copy whole, and not taken over."));
                }
            }
            path if path.starts_with("sealed/") => {
                let bytes = read().ok_or_else(|| format!("{path} is in no copy whole"))?;
                // What is sealed is never shorter than what it holds.
                let mut plain = identity.open(&bytes, bytes.len() as u64).map_err(|error| {
                    format!("{path} does not open with the set's own secret: {error}")
                })?;
                let bytes = std::mem::take(&mut *plain);
                sealed.push(NewFile { path: entry.path.clone(), bytes });
            }
            path => return Err(format!("it holds {path}, which this version does not seal anew")),
        }
    }
    Ok((deposit_data, sealed))
}
