//! Checks whether keys belong to a wallet. Uses public keys only: no password, no seed.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::{Batch, BatchRoot, ValidatorError};
use crate::{
    backup::{
        BackupError, Copy, import, list, manifest::Source, recognise::Content, verdict::Reason,
    },
    device_secret::{Scheme, check_address},
};
use stockade_base::{eth::Address, path::DerivationPath};
use stockade_keystore::{
    bls::PublicKey, distributed::ShareOf, eth2_keystore::Keystore, staking::Network,
};
use stockade_wallet::{
    device::{DeviceError, Show, Wallet},
    interact::{Interact, Progress},
};

/// A public key, and what its file says about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicKeyFile {
    /// The key; `None` if the file that should name it cannot be read.
    pub pubkey: Option<PublicKey>,
    /// The device batch that it is from, according to the file.
    pub batch: Option<(Network, u32, Scheme)>,
    /// The wallet that it is from, according to the file.
    pub check_address: Option<Address>,
    /// Whether this wallet signed the set that the file is in.
    pub signed: bool,
    /// Its path, according to the file.
    pub path: String,
    /// Which share of a validator's key it is, if the set, or what is stored with it, says so.
    pub share: Option<ShareOf>,
    /// The copy's id, for keys in a copy.
    pub copy: Option<String>,
    /// The file.
    pub file: String,
    /// Why it cannot be read.
    pub why: Option<String>,
}

/// The keys in keystores, folders and copies.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundKeys {
    /// The public keys, and the files that should name one.
    pub keys: Vec<PublicKeyFile>,
    /// Other files, with a description.
    pub skipped: Vec<(String, String)>,
}

/// How far to search.
#[derive(Debug, Clone, Copy)]
pub struct CheckOptions {
    /// The only batch to ask the wallet for.
    pub batch: Option<u32>,
    /// The highest index at which the wallet's own BLS keys are tried.
    pub max_index: u32,
}

/// The result for one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedKey {
    /// The key and its file.
    pub key: PublicKeyFile,
    /// The reason.
    pub reason: Reason,
    /// The path at which the wallet has it.
    pub found: Option<DerivationPath>,
    /// The wallet did not derive the key again. That its mnemonic is the key's source follows from
    /// its signature over the set, and from its check address.
    pub by_record: bool,
}

/// The result for all keys.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// One result for each key and file.
    pub keys: Vec<CheckedKey>,
    /// Whether the wallet can show BLS public keys at all.
    pub wallet_has_bls: bool,
}

/// Finds the public keys in keystores, folders and copies.
pub fn find_keys(paths: &[PathBuf]) -> Result<FoundKeys, BackupError> {
    let (mut found, mut copies) = (FoundKeys::default(), Vec::new());
    for path in paths {
        if path.is_file() {
            keys_in_files(path, &mut found)?;
            continue;
        }
        match Copy::open_another(path, &mut copies) {
            Ok(copy) => found.keys.extend(keys_in_copy(copy)?),
            Err(BackupError::NoCopy(_)) => keys_in_files(path, &mut found)?,
            Err(error) => return Err(error),
        }
    }
    if found.keys.is_empty() {
        let names: Vec<_> =
            paths.iter().map(|path| stockade_base::shown(&path).to_string()).collect();
        Err(BackupError::NoKeystores(names.join(", ")))
    } else {
        Ok(found)
    }
}

fn keys_in_copy(copy: &Copy) -> Result<Vec<PublicKeyFile>, BackupError> {
    let mut keys = Vec::new();
    for set in list(std::slice::from_ref(copy))? {
        let Some(manifest) = &set.manifest else {
            let file = format!("{}/manifest.json", set.id);
            let why = "its manifest cannot be read or is not signed".to_owned();
            keys.push(PublicKeyFile { copy: Some(set.copy.clone()), ..unreadable(file, why) });
            continue;
        };
        keys.extend(manifest.keystores.iter().map(|entry| {
            let (batch, check_address) = match &entry.source {
                Source::Device { scheme, batch, check_address } => {
                    (Some((set.id.network(), *batch, *scheme)), Some(*check_address))
                }
                Source::Mnemonic { check_address } => (None, Some(*check_address)),
                Source::Imported => (None, None),
            };
            PublicKeyFile {
                pubkey: Some(entry.pubkey),
                batch,
                check_address,
                signed: check_address.is_some() && set.signer == check_address,
                path: entry.path.clone(),
                share: entry.share,
                copy: Some(set.copy.clone()),
                file: format!("{}/{}", set.id, entry.file),
                why: None,
            }
        }));
    }
    Ok(keys)
}

fn keys_in_files(path: &Path, found: &mut FoundKeys) -> Result<(), BackupError> {
    let files = import::find(&[path.to_owned()])?;
    let name = |path: &Path| stockade_base::shown(&path).to_string();
    let keystores = files.keystores.iter();
    found.keys.extend(keystores.map(|(path, keystore)| {
        let share = files.shares.iter().find(|(key, _)| key == keystore.pubkey());
        let share = share.map(|(_, share)| *share);
        PublicKeyFile { share, ..of_keystore(keystore, name(path)) }
    }));
    for (path, list) in &files.lists {
        for (number, content) in list.keystores() {
            let file = format!("{}, keystore {number}", name(path));
            found.keys.push(match content {
                Content::Keystore(keystore) => of_keystore(&keystore, file),
                Content::Bad(why) => unreadable(file, why),
                _ => unreadable(file, "not a keystore with its public key in it".to_owned()),
            });
        }
    }
    found.keys.extend(files.unnamed.iter().map(|(path, _)| {
        let why = "it does not name its public key, so the key is only known once it is opened"
            .to_owned();
        unreadable(name(path), why)
    }));
    found.keys.extend(files.bad.iter().map(|(path, why)| unreadable(name(path), why.clone())));
    found.skipped.extend(files.skipped.iter().map(|(path, what)| (name(path), what.clone())));
    Ok(())
}

fn of_keystore(keystore: &Keystore, file: String) -> PublicKeyFile {
    PublicKeyFile {
        pubkey: Some(*keystore.pubkey()),
        batch: keystore.description().and_then(described_batch),
        path: keystore.path().unwrap_or_default().to_owned(),
        file,
        ..PublicKeyFile::default()
    }
}

/// A file that should name a key but cannot be read.
fn unreadable(file: String, why: String) -> PublicKeyFile {
    PublicKeyFile { file, why: Some(why), ..PublicKeyFile::default() }
}

/// The network, batch and scheme in the description of a keystore. This is only a hint: what counts
/// is whether the wallet can derive the key.
fn described_batch(description: &str) -> Option<(Network, u32, Scheme)> {
    let rest = description.strip_prefix("Stockade ")?;
    let rest = rest.strip_suffix("; not from the mnemonic path")?;
    let (network, rest) = rest.split_once(" batch ")?;
    let (batch, scheme) = rest.split_once(", ")?;
    Some((network.parse().ok()?, batch.parse().ok()?, scheme.parse().ok()?))
}

/// Compares every key with the wallet's own keys.
pub fn check(
    keys: Vec<PublicKeyFile>,
    options: &CheckOptions,
    wallet: &mut dyn Wallet,
    user: &mut dyn Interact,
    progress: &mut dyn Progress,
) -> Result<Checked, ValidatorError> {
    let address = check_address(wallet, user)?;
    let wallet_has_bls = wallet.bls_public_keys().is_some();
    let mut checker =
        Checker { wallet, user, address, options, roots: HashMap::new(), own: OwnKeys::default() };
    let mut checked = Vec::new();
    let total = keys.len();
    for (done, key) in keys.into_iter().enumerate() {
        progress.step("comparing with the wallet", done, total);
        let (reason, found) = checker.check(&key)?;
        let by_record = reason == Reason::Ok && key.batch.is_none() && !wallet_has_bls;
        checked.push(CheckedKey { key, reason, found, by_record });
    }
    progress.step("comparing with the wallet", total, total);
    Ok(Checked { keys: checked, wallet_has_bls })
}

struct Checker<'a> {
    wallet: &'a mut dyn Wallet,
    user: &'a mut dyn Interact,
    address: Address,
    options: &'a CheckOptions,
    roots: HashMap<Batch, BatchRoot>,
    own: OwnKeys,
}

type Answer = (Reason, Option<DerivationPath>);

impl Checker<'_> {
    fn check(&mut self, key: &PublicKeyFile) -> Result<Answer, ValidatorError> {
        let Some(pubkey) = key.pubkey else { return Ok((Reason::Unreadable, None)) };
        if key.check_address.is_some_and(|address| address != self.address) {
            return Ok((Reason::NotThisWallet, None));
        }
        match key.batch {
            // A file alone must not make the wallet ask for a secret: the user has to name the
            // batch, or this wallet signed the set that names it.
            Some((_, batch, _)) if !key.signed && self.options.batch != Some(batch) => {
                Ok((Reason::NotChecked, None))
            }
            Some((network, batch, scheme)) => {
                let batch = Batch { network, scheme, number: batch };
                let answer = self.check_batch(&pubkey, batch, &key.path)?;
                match (answer, key.check_address) {
                    // A description alone does not say which wallet: it may be another one.
                    ((Reason::PubkeyMismatch, _), None) => Ok((Reason::OtherSource, None)),
                    (answer, _) => Ok(answer),
                }
            }
            None => self.check_mnemonic(&pubkey, key),
        }
    }

    /// Checks a key of a device batch. The wallet's user approves the batch's prompt once.
    fn check_batch(
        &mut self,
        pubkey: &PublicKey,
        batch: Batch,
        path: &str,
    ) -> Result<Answer, ValidatorError> {
        if self.options.batch.is_some_and(|only| only != batch.number) {
            return Ok((Reason::NotChecked, None));
        }
        let Ok(path) = path.parse::<DerivationPath>() else {
            return Ok((Reason::Malformed, None));
        };
        if !self.roots.contains_key(&batch) {
            let root = BatchRoot::ask(self.wallet, &batch, &self.address, self.user)?;
            self.roots.insert(batch, root);
        }
        let own = self.roots.get(&batch).map(|root| root.public_key(&path));
        if own == Some(*pubkey) {
            Ok((Reason::Ok, Some(path)))
        } else {
            Ok((Reason::PubkeyMismatch, None))
        }
    }

    /// Checks a key that may come from the wallet's mnemonic: the wallet shows its own public keys.
    /// A key that is not among them may come from another mnemonic, so it is contradicted only if
    /// the file says that it comes from this one.
    fn check_mnemonic(
        &mut self,
        pubkey: &PublicKey,
        key: &PublicKeyFile,
    ) -> Result<Answer, ValidatorError> {
        let path = key.path.parse::<DerivationPath>().ok();
        let path = path.filter(|path| path.levels().first() == Some(&12381));
        if self.wallet.bls_public_keys().is_none() {
            return Ok(by_record(key, path));
        }
        let at_path = match &path {
            Some(path) => self.own_key(path)?,
            None => None,
        };
        if at_path == Some(*pubkey) {
            return Ok((Reason::Ok, path));
        }
        if let Some(path) = self.search(pubkey)? {
            return Ok((Reason::Ok, Some(path)));
        }
        // The check address is this wallet's, otherwise the search would not have started.
        if key.check_address.is_some() && at_path.is_some() {
            Ok((Reason::PubkeyMismatch, None))
        } else {
            Ok((Reason::OtherSource, None))
        }
    }

    /// Searches for a key among the wallet's own up to the highest index. Each of these is
    /// requested once, no matter how many keys are searched.
    fn search(&mut self, pubkey: &PublicKey) -> Result<Option<DerivationPath>, DeviceError> {
        if let Some(path) = self.own.paths.get(pubkey) {
            return Ok(Some(path.clone()));
        }
        while self.own.next <= u64::from(self.options.max_index) {
            let Ok(index) = u32::try_from(self.own.next) else { break };
            let path = DerivationPath::signing_key(index);
            let own = self.own_key(&path)?;
            self.own.next += 1;
            if own == Some(*pubkey) {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// The wallet's public key at `path`; `None` if it cannot show any.
    fn own_key(&mut self, path: &DerivationPath) -> Result<Option<PublicKey>, DeviceError> {
        if let Some(key) = self.own.keys.get(path) {
            return Ok(Some(*key));
        }
        let Some(keys) = self.wallet.bls_public_keys() else { return Ok(None) };
        match keys.bls_public_key(path, Show::Silently, self.user) {
            Ok(key) => {
                self.own.keys.insert(path.clone(), key);
                self.own.paths.insert(key, path.clone());
                Ok(Some(key))
            }
            // A path that the app does not allow says nothing about the key.
            Err(DeviceError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// For a wallet that cannot show the keys of its mnemonic, and a key that comes from it according
/// to a set. The set only counts if this wallet signed it.
fn by_record(key: &PublicKeyFile, path: Option<DerivationPath>) -> Answer {
    match (key.check_address.is_some(), key.signed) {
        (true, true) => (Reason::Ok, path),
        (true, false) => (Reason::OriginUnknown, None),
        (false, _) => (Reason::NotChecked, None),
    }
}

/// Each answer of the wallet takes a while, so no key is requested twice.
#[derive(Default)]
struct OwnKeys {
    keys: HashMap<DerivationPath, PublicKey>,
    paths: HashMap<PublicKey, DerivationPath>,
    /// The index at which the search continues.
    next: u64,
}
