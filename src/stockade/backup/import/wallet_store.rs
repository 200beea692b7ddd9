//! The folder of a filesystem store of ethdo or dirk: a folder for each wallet, named by its uuid, with
//! the wallet's file of the same name, an index, and a file for each account.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::walk::list;
use crate::store::private_file;
use stockade_base::json;
use stockade_keystore::eth2_keystore::Keystore;

/// The file that names the accounts of a wallet.
const INDEX: &str = "index";

/// The longest wallet file and index that are read.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// The wallets in a folder.
#[derive(Debug, Default)]
pub(super) struct WalletStore {
    /// By their folders.
    wallets: BTreeMap<PathBuf, Wallet>,
}

#[derive(Debug)]
struct Wallet {
    name: String,
    /// What its index names; `None` if the index cannot be read.
    accounts: Option<Vec<Account>>,
}

#[derive(Debug, Deserialize)]
struct WalletFile {
    name: String,
    #[serde(rename = "type")]
    _kind: String,
}

/// An account in the index of its wallet.
#[derive(Debug, Deserialize)]
struct Account {
    uuid: String,
    name: String,
}

impl WalletStore {
    /// Reads the names of the wallets and their accounts. `folder` is the store's, or one wallet's.
    pub(super) fn read(folder: &Path) -> Self {
        let below = list(folder).unwrap_or_default().into_iter().map(|name| folder.join(name));
        let folders = below.chain([folder.to_owned()]);
        let wallets = folders.filter_map(|folder| Wallet::read(&folder).map(|read| (folder, read)));
        Self { wallets: wallets.collect() }
    }

    /// Describes an account by its wallet's name and its own.
    pub(super) fn name(&self, path: PathBuf, keystore: Keystore) -> (PathBuf, Keystore) {
        let wallet = path.parent().and_then(|folder| self.wallets.get(folder));
        match wallet {
            Some(wallet) => (path, keystore.in_wallet(&wallet.name)),
            None => (path, keystore),
        }
    }

    /// What the indices name and the folders lack, and the folder itself if it has no wallet.
    pub(super) fn lacking(&self, folder: &Path) -> Vec<(PathBuf, String)> {
        if self.wallets.is_empty() {
            let why = "no wallet of ethdo or dirk: a filesystem store has a folder for each wallet, with \
                       the wallet's file of the same name";
            return vec![(folder.to_owned(), why.to_owned())];
        }
        let unread = self.wallets.iter().filter(|(_, wallet)| wallet.accounts.is_none());
        let unread = unread.map(|(folder, _)| {
            let why = "an index that cannot be read: it is not known whether every account is here";
            (folder.join(INDEX), why.to_owned())
        });
        let accounts = self.wallets.iter().flat_map(|(folder, wallet)| {
            let accounts = wallet.accounts.iter().flatten();
            accounts.map(move |account| (folder.join(&account.uuid), wallet, account))
        });
        let missing = accounts.filter(|(path, ..)| !path.is_file());
        let missing = missing.map(|(path, wallet, account)| {
            let (wallet, account) = (json::clip(&wallet.name, 100), json::clip(&account.name, 100));
            (path, format!("account {wallet}/{account} is in the index, but its file is missing"))
        });
        unread.chain(missing).collect()
    }
}

impl Wallet {
    /// The wallet in a folder; `None` if there is none.
    fn read(folder: &Path) -> Option<Self> {
        let file = folder.join(folder.file_name()?);
        let WalletFile { name, .. } = parse(&file)?;
        let index = folder.join(INDEX);
        // A wallet without accounts may have none.
        let is_there = std::fs::symlink_metadata(&index).is_ok();
        let accounts = if is_there { parse(&index) } else { Some(Vec::new()) };
        Some(Self { name, accounts })
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &Path) -> Option<T> {
    let bytes = private_file::read_regular(file, MAX_FILE).ok()?;
    json::from_slice(&bytes, bytes.len()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::import::{intake::Intake, take_wallets};

    const WALLET: &str = "19e52aa0-8410-4cab-9b23-aec0c70fce99";
    const V0: &str = "01cabfad-72cc-4c13-a405-cce9a04e90e5";

    fn vectors() -> PathBuf {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../device-tests/vectors/foreign"))
            .join("ethdo")
    }

    fn names(store: &WalletStore, folder: &Path) -> Vec<String> {
        let found = super::super::find(&[folder.to_owned()]).unwrap();
        let named = found.keystores.into_iter().map(|(path, key)| store.name(path, key).1);
        named.map(|key| key.description().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn accounts_keep_their_names_and_their_wallets() {
        for folder in [vectors(), vectors().join(WALLET)] {
            let store = WalletStore::read(&folder);
            let named = names(&store, &folder);
            assert!(named.contains(&"nd/v0".to_owned()), "{named:?}");
            assert!(named.contains(&"nd/v1".to_owned()), "{named:?}");
            assert!(store.lacking(&folder).is_empty());
        }
    }

    #[test]
    fn an_account_whose_file_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join(WALLET);
        std::process::Command::new("cp")
            .arg("-r")
            .args([vectors().join(WALLET), root.clone()])
            .status()
            .unwrap();
        let removed = std::process::Command::new("rm").arg(root.join(V0)).status().unwrap();
        assert!(removed.success());
        let mut intake = Intake::default();
        take_wallets(folder.path(), &mut intake).unwrap();
        assert_eq!(intake.bad().len(), 1);
        assert!(intake.bad()[0].1.contains("nd/v0"), "{:?}", intake.bad());
        assert_eq!(intake.len(), 1);
    }

    #[test]
    fn an_index_that_cannot_be_read_does_not_pass_for_one_that_names_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join(WALLET);
        let copied = std::process::Command::new("cp")
            .arg("-r")
            .args([vectors().join(WALLET), root.clone()])
            .status();
        assert!(copied.unwrap().success());
        let change = |command: &str| {
            let script = ["-c", command, "sh"];
            let done = std::process::Command::new("sh").args(script).arg(root.join(INDEX)).status();
            assert!(done.unwrap().success());
        };
        change("printf { > \"$1\"");
        let mut intake = Intake::default();
        take_wallets(folder.path(), &mut intake).unwrap();
        assert!(intake.bad()[0].1.contains("index that cannot be read"), "{:?}", intake.bad());
        // Without one there is nothing to compare with: the keys that are there are taken.
        change("rm \"$1\"");
        let mut intake = Intake::default();
        take_wallets(folder.path(), &mut intake).unwrap();
        assert!(intake.bad().is_empty() && intake.len() == 2, "{:?}", intake.bad());
    }

    #[test]
    fn a_folder_without_a_wallet_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut intake = Intake::default();
        take_wallets(folder.path(), &mut intake).unwrap();
        assert!(intake.bad()[0].1.contains("no wallet"), "{:?}", intake.bad());
    }
}
