//! Finds keystores of other tools in files and folders, and their passwords. Changes none of them.
//! Every file is taken, skipped or bad, each by name.

use std::path::{Path, PathBuf};

use super::{
    definitions::Definitions,
    intake::Intake,
    key_shares::{Locked, by_locks},
    keystore_list::KeystoreList,
    recognise::{self, Content},
    sniff,
    walk::{MAX_ENTRIES, Step, Walk, What, is_litter},
    wallet_store::WalletStore,
};
use crate::{
    backup::set::{dirk_account, error::BackupError},
    store::NewFile,
};
use stockade_keystore::{
    bls::PublicKey,
    distributed::ShareOf,
    eth2_keystore::{Keystore, Password, UnnamedKeystore},
    staking::Network,
};

/// The files in a place. Each file is in exactly one of these lists.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Found {
    /// The keystores that can be read.
    pub keystores: Vec<(PathBuf, Keystore)>,
    /// The keystores that do not name a public key.
    pub unnamed: Vec<(PathBuf, UnnamedKeystore)>,
    /// Files with many keystores and their passwords.
    pub lists: Vec<(PathBuf, KeystoreList)>,
    /// Files that may hold a key but cannot be read, with the reason.
    pub bad: Vec<(PathBuf, String)>,
    /// Other files, with a description.
    pub skipped: Vec<(PathBuf, String)>,
    /// The keys that something stored with them says are shares.
    pub shares: Vec<(PublicKey, ShareOf)>,
    /// The networks that locks name, each with the folder of the keystores that the lock is about.
    pub networks: Vec<(PathBuf, Network)>,
    /// What belongs to shares of dirk, by the public key of the share.
    pub dirk_accounts: Vec<(PublicKey, Vec<u8>)>,
    definitions: Vec<(PathBuf, Definitions)>,
}

/// Finds keystores in files and folders by their content. A file that the user named must be a
/// keystore.
pub fn find(from: &[PathBuf]) -> Result<Found, BackupError> {
    let mut found = Found::default();
    let mut walk = Walk::new(from.to_vec());
    for step in walk.by_ref() {
        found.add(step);
    }
    found.compare_definitions();
    found.ask_locks();
    if walk.is_full() { Err(BackupError::TooManyFiles(MAX_ENTRIES)) } else { Ok(found) }
}

impl Found {
    fn add(&mut self, Step { path, named, what }: Step) {
        let content = match what {
            What::File => recognise::look(&path),
            What::Skipped(why) => return self.skipped.push((path, why)),
            What::Bad(why) => return self.bad.push((path, why)),
        };
        self.sort(path, named, content);
    }

    fn sort(&mut self, path: PathBuf, named: bool, content: Content) {
        match content {
            Content::Archive(archive) => {
                archive
                    .files
                    .into_iter()
                    .for_each(|(path, content)| self.sort(path, false, content));
            }
            Content::Keystore(keystore) => self.keystores.push((path, *keystore)),
            Content::Share(keystore, dirk) => {
                self.shares.push((*keystore.pubkey(), dirk.share));
                self.dirk_accounts.push((*keystore.pubkey(), dirk.rest));
                self.keystores.push((path, *keystore));
            }
            Content::Unnamed(keystore) => self.unnamed.push((path, *keystore)),
            Content::List(list) => self.lists.push((path, list)),
            // `DIR/*` also names files that an operating system left there.
            Content::Other(what) if !named || is_litter(&path) => self.skipped.push((path, what)),
            Content::Other(what) => self.bad.push((path, sniff::not_a_keystore(&what))),
            Content::Bad(why) => self.bad.push((path, why)),
            Content::Definitions(definitions) => {
                const WHAT: &str = "Lighthouse's list of its validators";
                if named {
                    self.bad.push((path, format!("{WHAT}: name the folder that it is in")));
                } else {
                    let what = format!("{WHAT}: only its passwords are read");
                    self.skipped.push((path.clone(), what));
                    self.definitions.push((path, definitions));
                }
            }
        }
    }

    /// Reports the keys that Lighthouse runs but whose keystores are not in this folder.
    fn compare_definitions(&mut self) {
        let has = |key: &PublicKey| self.keystores.iter().any(|(_, k)| k.pubkey() == key);
        for (path, definitions) in &self.definitions {
            for (is_missing, what) in definitions.lacking(has) {
                let list = if is_missing { &mut self.bad } else { &mut self.skipped };
                list.push((path.clone(), what));
            }
        }
    }

    /// Asks the locks of clusters which keys are shares. A key of which that cannot be known is bad.
    fn ask_locks(&mut self) {
        let keystores = self.keystores.iter().map(|(path, key)| (path.as_path(), key.pubkey()));
        let Locked { shares, networks, bad } = by_locks(keystores);
        self.shares.extend(shares);
        self.networks = networks;
        self.keystores.retain(|(path, _)| !bad.iter().any(|(other, _)| other == path));
        self.bad.extend(bad);
    }

    /// The password of a key, if Lighthouse's list has it.
    fn password(&self, pubkey: &PublicKey) -> Option<Password> {
        self.definitions.iter().find_map(|(path, definitions)| {
            definitions.password(pubkey, path.parent().unwrap_or(Path::new(".")))
        })
    }
}

/// Adds one file or folder to an import. Returns the slashing histories in it.
pub fn take(from: &Path, intake: &mut Intake) -> Result<Vec<Vec<u8>>, BackupError> {
    take_found(find(&[from.to_owned()])?, intake)
}

/// Adds the wallets of ethdo or dirk in the folder of a filesystem store to an import. Each account
/// keeps its name and its wallet's.
pub fn take_wallets(from: &Path, intake: &mut Intake) -> Result<Vec<Vec<u8>>, BackupError> {
    let wallets = WalletStore::read(from);
    let mut found = find(&[from.to_owned()])?;
    let keystores = std::mem::take(&mut found.keystores);
    found.keystores = keystores.into_iter().map(|(path, key)| wallets.name(path, key)).collect();
    found.bad.extend(wallets.lacking(from));
    take_found(found, intake)
}

fn take_found(mut found: Found, intake: &mut Intake) -> Result<Vec<Vec<u8>>, BackupError> {
    let name = |path: PathBuf| stockade_base::shown(&path).to_string();
    let mut histories = Vec::new();
    for (path, keystore) in std::mem::take(&mut found.keystores) {
        let password = found.password(keystore.pubkey());
        intake.add_keystore(name(path), keystore, password)?;
    }
    for (path, keystore) in found.unnamed {
        intake.add_unnamed(name(path), keystore, None)?;
    }
    for (path, list) in found.lists {
        histories.extend(list.take(&name(path), intake)?);
    }
    for (pubkey, share) in found.shares {
        intake.add_share(pubkey, share);
    }
    for (folder, network) in found.networks {
        intake.add_network(name(folder), network);
    }
    for (pubkey, rest) in found.dirk_accounts {
        let path = dirk_account::path_of(&pubkey).parse()?;
        intake.add_sealed(NewFile { path, bytes: rest });
    }
    for (path, why) in found.bad {
        intake.add_bad(name(path), why)?;
    }
    for (path, what) in found.skipped {
        intake.add_skipped_as(name(path), what)?;
    }
    Ok(histories)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Lists every file below a folder.
    fn files(folder: &Path, list: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, list);
            } else {
                list.push(path);
            }
        }
    }

    /// Checks every folder of test vectors.
    #[test]
    fn every_file_is_taken_skipped_or_bad() {
        let vectors =
            Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("device-tests/vectors");
        let mut folders = vec![vectors.clone()];
        for name in ["foreign", "deposits"] {
            let entries = std::fs::read_dir(vectors.join(name)).unwrap();
            folders.extend(entries.map(|e| e.unwrap().path()).filter(|path| path.is_dir()));
        }
        for folder in folders {
            let found = find(std::slice::from_ref(&folder)).unwrap();
            let mut times = BTreeMap::<_, usize>::new();
            let taken = found.keystores.iter().map(|(path, _)| path);
            let taken = taken.chain(found.unnamed.iter().map(|(path, _)| path));
            let taken = taken.chain(found.lists.iter().map(|(path, _)| path));
            for path in taken.chain(found.skipped.iter().map(|(path, _)| path)) {
                *times.entry(path.clone()).or_default() += 1;
            }
            for (path, _) in &found.bad {
                times.entry(path.clone()).or_insert(1);
            }
            let mut there = Vec::new();
            files(&folder, &mut there);
            // An archive that was opened counts by the files in it.
            for path in times.keys() {
                if let Some(archive) = there.iter().position(|file| path.parent() == Some(file)) {
                    there[archive].clone_from(path);
                }
            }
            there.sort();
            assert_eq!(
                times.keys().cloned().collect::<Vec<_>>(),
                there,
                "{}",
                stockade_base::shown(&folder)
            );
            assert!(times.values().all(|times| *times == 1), "{times:?}");
        }
    }
}
