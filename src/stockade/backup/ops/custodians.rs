//! Who a new set is sealed to, and whether they may guard what is in it.

use std::{
    cmp::Ordering,
    path::{Path, PathBuf},
};

use crate::backup::{
    check::list::ListedSet,
    set::{digest::Digest, error::BackupError, manifest::Manifest, origin::Origin, set_id::SetId},
};
use crate::{
    custodian::{self, AnyCustodian, Custodian, PlainCustodian},
    device_secret::{Scheme, is_well_known},
    store::{Directory, Store as _},
};
use stockade_base::eth::Address;
use stockade_keystore::staking::Network;
use stockade_wallet::{device::Wallet, interact::Interact};

/// The most custodians of a set: all ways to choose among them can still be tried.
const MAX_CUSTODIANS: usize = 20;

/// Who a new set is sealed to.
#[derive(Debug)]
pub struct CustodianSet {
    /// The custodians.
    pub custodians: Vec<AnyCustodian>,
    /// How many of them open it together.
    pub threshold: u8,
    /// Whether the attached wallet was enrolled just now.
    pub enrolled: bool,
}

/// What a user gives for a custodian.
#[derive(Debug, Clone)]
pub enum CustodianSource {
    /// A custodian file that verifies.
    File(Box<AnyCustodian>),
    /// The folder of a set: all of its custodians, if the attached wallet made it.
    Set(PathBuf),
}

/// What a user says of the custodians of a new set.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Who is named. If nobody is: the custodians of the wallet's newest set on the copies, else the
    /// wallet itself, which is enrolled.
    pub sources: &'a [CustodianSource],
    /// How many of them open the set together. By default a named set keeps its own threshold, and
    /// any one of several custodian files opens the set.
    pub threshold: Option<u8>,
    /// How a wallet that is enrolled makes its secret.
    pub scheme: Scheme,
}

/// The custodians of a new set, as [`Wanted`] says. Where the wallet is one of them, it derives its
/// recipient again: a file is not trusted to know it. Where the wallet is not one of them and no set
/// knows it, a mistyped passphrase would show nowhere: its user confirms its address.
pub fn choose(
    wanted: Wanted<'_>,
    sets: &[ListedSet],
    wallet: &mut dyn Wallet,
    address: &Address,
    user: &mut dyn Interact,
) -> Result<CustodianSet, BackupError> {
    choose_after(&[], wanted, sets, (wallet, address), user)
}

/// As [`choose`], in a command that `opened` these custodians before: they are not asked twice.
pub(crate) fn choose_after(
    opened: &[Custodian],
    wanted: Wanted<'_>,
    sets: &[ListedSet],
    (wallet, address): (&mut dyn Wallet, &Address),
    user: &mut dyn Interact,
) -> Result<CustodianSet, BackupError> {
    let (custodians, threshold) = planned(wanted, sets, address)?;
    if custodians.is_empty() && threshold == 1 {
        let own = custodian::enroll(wallet, wanted.scheme, None, user)?;
        return Ok(CustodianSet { custodians: vec![own.into()], threshold, enrolled: true });
    }
    introduce(&custodians, threshold, Some(address), user)?;
    let mut own = own(&custodians, address).peekable();
    if own.peek().is_none() && !is_known(sets, address) {
        custodian::confirm(wallet, address, user)?;
    }
    let was_opened = |own: &Custodian| {
        let same = |other: &Custodian| {
            (&other.id, other.scheme, &other.recipient) == (&own.id, own.scheme, &own.recipient)
        };
        opened.iter().any(same)
    };
    for own in own.filter(|own| !was_opened(own)) {
        custodian::open(wallet, own, user)?;
    }
    Ok(CustodianSet { custodians, threshold, enrolled: false })
}

/// The custodians that are named, or that follow from the sets, and how many of them open the set.
fn planned(
    wanted: Wanted<'_>,
    sets: &[ListedSet],
    address: &Address,
) -> Result<(Vec<AnyCustodian>, u8), BackupError> {
    let (mut custodians, of_sets) = named(wanted.sources, address)?;
    if custodians.is_empty() {
        custodians.extend(of_newest_own(sets, address)?);
    }
    Ok((custodians, threshold_of(wanted.threshold, wanted.sources, &of_sets)?))
}

/// Those of the custodians that are the wallet itself.
fn own<'a>(
    custodians: &'a [AnyCustodian],
    address: &'a Address,
) -> impl Iterator<Item = &'a Custodian> {
    let wallets = custodians.iter().filter_map(AnyCustodian::wallet);
    wallets.filter(|own| own.check_address == *address)
}

/// How many approvals [`choose`] will ask the wallet's user for.
pub fn approvals(
    wanted: Wanted<'_>,
    sets: &[ListedSet],
    wallet: &dyn Wallet,
    address: &Address,
) -> Result<usize, BackupError> {
    let (custodians, threshold) = planned(wanted, sets, address)?;
    if custodians.is_empty() && threshold == 1 {
        return Ok(custodian::approvals(wallet));
    }
    let own = own(&custodians, address).count();
    let shown = own == 0 && !is_known(sets, address) && custodian::is_shown(wallet);
    Ok(own + usize::from(shown))
}

/// What [`choose`] refuses before it asks anybody for anything, of those `given`.
pub fn foresee(
    given: &[CustodianSource],
    threshold: Option<u8>,
    signer: &Address,
) -> Result<(), BackupError> {
    let (custodians, of_sets) = named(given, signer)?;
    let threshold = threshold_of(threshold, given, &of_sets)?;
    require_distinct(&custodians)?;
    require_threshold(threshold, custodians.len())
}

/// The same on a machine without a wallet: those `given`, of which there must be one at least. A
/// set counts where the words themselves (`address`) signed its origin.
pub fn choose_without_wallet(
    wanted: Wanted<'_>,
    address: &Address,
    user: &mut dyn Interact,
) -> Result<CustodianSet, BackupError> {
    let (custodians, of_sets) = named(wanted.sources, address)?;
    if custodians.is_empty() {
        return Err(BackupError::NoCustodian);
    }
    let threshold = threshold_of(wanted.threshold, wanted.sources, &of_sets)?;
    introduce(&custodians, threshold, None, user)?;
    Ok(CustodianSet { custodians, threshold, enrolled: false })
}

/// The custodians of all that is given, and the thresholds of the sets among it, whose origin
/// `signer` must have signed.
fn named(
    given: &[CustodianSource],
    signer: &Address,
) -> Result<(Vec<AnyCustodian>, Vec<u8>), BackupError> {
    let mut custodians = Vec::new();
    let mut of_sets = Vec::new();
    for one in given {
        match one {
            CustodianSource::File(custodian) => custodians.push(AnyCustodian::clone(custodian)),
            CustodianSource::Set(folder) => {
                let manifest = of_set(folder, signer)?;
                of_sets.push(manifest.threshold);
                custodians.extend(manifest.custodians);
            }
        }
    }
    Ok((custodians, of_sets))
}

/// The threshold that was asked for, or that follows from what is given.
fn threshold_of(
    threshold: Option<u8>,
    given: &[CustodianSource],
    of_sets: &[u8],
) -> Result<u8, BackupError> {
    match (threshold, of_sets) {
        (Some(threshold), _) => Ok(threshold),
        (None, [own]) if given.len() == 1 => Ok(*own),
        // What took several people to open must not come to open for one unless somebody says so.
        (None, sets) if sets.iter().any(|own| *own != 1) => {
            let why = "the set named takes several custodians, and others are named beside it: say \
                       with --threshold how many the new set takes";
            Err(BackupError::Threshold(why.to_owned()))
        }
        (None, _) => Ok(1),
    }
}

/// Makes sure of the custodians, and names them to the user.
fn introduce(
    custodians: &[AnyCustodian],
    threshold: u8,
    wallet: Option<&Address>,
    user: &mut dyn Interact,
) -> Result<(), BackupError> {
    require_threshold(threshold, custodians.len())?;
    require_distinct(custodians)?;
    for custodian in custodians {
        let whose = match (custodian.wallet(), wallet) {
            (Some(own), Some(address)) if own.check_address == *address => ": this wallet",
            (Some(_), Some(_)) => ": another wallet",
            (Some(_), None) => "",
            (None, _) => ": no wallet, so nobody signed this: is it what you enrolled?",
        };
        let test = if custodian.is_test() { ", TEST" } else { "" };
        user.note(&format!("It will open with {custodian}{whose}{test}"));
        if custodian.plain().and_then(PlainCustodian::is_intact) == Some(false) {
            user.note(&format!(
                "warning: whether the sealed identity of custodian {} is intact cannot be told from \
                 its file. Try its passphrase: stockade custodian show --passphrase",
                custodian.id()
            ));
        }
    }
    Ok(())
}

/// Whether the files among `given` can be sealed to together: what can be known without a wallet.
pub fn require_usable(given: &[CustodianSource], threshold: Option<u8>) -> Result<(), BackupError> {
    let files = given.iter().filter_map(|given| match given {
        CustodianSource::File(custodian) => Some(AnyCustodian::clone(custodian)),
        CustodianSource::Set(_) => None,
    });
    let files: Vec<_> = files.collect();
    require_distinct(&files)?;
    match threshold {
        Some(threshold) if files.len() == given.len() => require_threshold(threshold, files.len()),
        _ => Ok(()),
    }
}

fn require_threshold(threshold: u8, custodians: usize) -> Result<(), BackupError> {
    let wrong = |why: String| Err(BackupError::Threshold(why));
    match usize::from(threshold) {
        0 => wrong("a set takes one custodian at least to open it".to_owned()),
        _ if custodians > MAX_CUSTODIANS => {
            wrong(format!("{custodians} custodians are more than the {MAX_CUSTODIANS} of a set"))
        }
        needed if needed > custodians => {
            wrong(format!("{needed} of {custodians} custodians cannot open anything"))
        }
        _ => Ok(()),
    }
}

/// One wallet, or one recipient, that stood in for two custodians would open alone what takes two.
fn require_distinct(custodians: &[AnyCustodian]) -> Result<(), BackupError> {
    for (i, custodian) in custodians.iter().enumerate() {
        custodian.verify()?;
        let mut before = custodians.iter().take(i);
        let address = custodian.wallet().map(|wallet| wallet.check_address);
        let same_wallet = |other: &AnyCustodian| {
            address.is_some() && other.wallet().map(|wallet| wallet.check_address) == address
        };
        if let Some(address) = address
            && before.clone().any(same_wallet)
        {
            return Err(BackupError::SameWallet(address));
        }
        let same = |other: &AnyCustodian| {
            other.id() == custodian.id() || other.recipient() == custodian.recipient()
        };
        if before.any(same) {
            return Err(BackupError::SameCustodian(custodian.id().to_string()));
        }
    }
    Ok(())
}

/// The manifest of the set in `folder`, whose origin the wallet `signer` must have signed: anyone
/// can write a folder that lists themselves.
fn of_set(folder: &Path, signer: &Address) -> Result<Manifest, BackupError> {
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
    Manifest::parse(&manifest).map_err(|error| refuse(&error.to_string()))
}

/// The custodians of the newest set on the copies whose origin the wallet `address` itself signed:
/// whoever could open that one can open the next. Where several open it together, or this wallet is
/// none of them, the user says who opens the next.
fn of_newest_own(sets: &[ListedSet], address: &Address) -> Result<Vec<AnyCustodian>, BackupError> {
    let own = sets.iter().filter(|set| set.signer.as_ref() == Some(address));
    let Some(manifest) = newest(own.filter_map(|set| set.manifest.as_deref()))? else {
        return Ok(Vec::new());
    };
    let (needed, of) = (manifest.threshold, manifest.custodians.len());
    let who = match manifest.custodian_of(address) {
        _ if needed > 1 => format!("with {needed} of {of} custodians"),
        None => "with others than this wallet".to_owned(),
        Some(_) => return Ok(manifest.custodians.clone()),
    };
    Err(BackupError::Threshold(format!(
        "the newest set here, {}, opens {who}: name it with --custodian for the same again, or name \
         others",
        manifest.set_id
    )))
}

/// The newest of `manifests`. Times are in seconds: if sets of the same second open differently, nobody
/// can tell which of them is the newer one.
fn newest<'a>(
    manifests: impl Iterator<Item = &'a Manifest>,
) -> Result<Option<&'a Manifest>, BackupError> {
    let opens = |manifest: &'a Manifest| (manifest.threshold, &manifest.custodians);
    let mut newest: Option<&Manifest> = None;
    let mut other: Option<&Manifest> = None;
    for manifest in manifests {
        match newest.map(|newest| (manifest.created.cmp(&newest.created), newest)) {
            Some((Ordering::Less, _)) => {}
            Some((Ordering::Equal, newest)) if opens(newest) == opens(manifest) => {}
            Some((Ordering::Equal, _)) => other = other.or(Some(manifest)),
            None | Some((Ordering::Greater, _)) => (newest, other) = (Some(manifest), None),
        }
    }
    match newest.zip(other) {
        None => Ok(newest),
        Some((one, other)) => Err(BackupError::Threshold(format!(
            "the newest sets here, {} and {}, were made in the same second, and open differently: name one \
             of them with --custodian",
            one.set_id, other.set_id
        ))),
    }
}

/// Whether any of the sets knows the wallet `address`.
fn is_known(sets: &[ListedSet], address: &Address) -> bool {
    let knows = |set: &ListedSet| {
        let custodian = set.manifest.as_ref().and_then(|m| m.custodian_of(address));
        set.signer.as_ref() == Some(address) || custodian.is_some()
    };
    sets.iter().any(knows)
}

/// Refuses simulated wallets and seeds that the world knows for real money, unless `allow`.
/// Returns whether what is made must be marked as a test.
pub fn require_real(
    network: Network,
    wallet: &dyn Wallet,
    address: &Address,
    custodians: &[AnyCustodian],
    allow: bool,
) -> Result<bool, BackupError> {
    let identity = wallet.identity();
    let own = match (identity.simulated, is_well_known(address)) {
        (true, _) => Some((identity.name(), "it is a simulated wallet")),
        (false, true) => Some((identity.name(), KNOWN)),
        (false, false) => None,
    };
    refuse_test(network, own.or_else(|| test_custodian(custodians)), allow)
}

/// The same for typed words, by their check address.
pub fn require_real_words(
    network: Network,
    address: &Address,
    custodians: &[AnyCustodian],
    allow: bool,
) -> Result<bool, BackupError> {
    let own = is_well_known(address).then(|| ("the mnemonic".to_owned(), KNOWN));
    refuse_test(network, own.or_else(|| test_custodian(custodians)), allow)
}

const KNOWN: &str = "the whole world knows its words";

fn test_custodian(custodians: &[AnyCustodian]) -> Option<(String, &'static str)> {
    let custodian = custodians.iter().find(|custodian| custodian.is_test())?;
    Some((format!("custodian {}", custodian.id()), "it was made with a test seed"))
}

fn refuse_test(
    network: Network,
    why: Option<(String, &'static str)>,
    allow: bool,
) -> Result<bool, BackupError> {
    match why {
        Some((what, why)) if network.is_real_money() && !allow => {
            Err(BackupError::TestSeed { what, network: network.name(), why })
        }
        Some(_) => Ok(true),
        None => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(id: &str, time: &str, threshold: u8) -> Manifest {
        let id = format!("20261120-hoodi-{id}").parse().unwrap();
        let mut manifest = Manifest::new(id, time.parse().unwrap());
        manifest.threshold = threshold;
        manifest
    }

    #[test]
    fn of_two_sets_of_one_second_that_open_differently_neither_is_the_newest() {
        let (old, new) = ("20261120T101500Z", "20261120T101501Z");
        let sets = [made("00000001", old, 2), made("00000002", new, 1), made("00000003", old, 3)];
        assert_eq!(newest(sets.iter()).unwrap().unwrap().set_id, sets[1].set_id);
        let alike = [made("00000001", new, 1), made("00000002", new, 1)];
        assert!(newest(alike.iter()).unwrap().is_some());
        let [one, two] = alike;
        let differ = [one, two, made("00000003", new, 2)];
        for sets in [differ.iter().collect::<Vec<_>>(), differ.iter().rev().collect()] {
            let error = newest(sets.into_iter()).unwrap_err().to_string();
            assert!(error.contains("00000003") && error.contains("same second"), "{error}");
        }
        assert!(newest(std::iter::empty()).unwrap().is_none());
    }
}
