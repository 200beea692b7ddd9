//! How each validator client has its keys lie on disk: what restore writes. `docs/guides/restore.md`
//! says where each client's documentation or code asks for it.

use std::{
    borrow::Cow,
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use crate::backup::set::error::BackupError;
use crate::store::NewFile;
use stockade_base::secret::{SecretBytes, SecretText};
use stockade_keystore::{
    bls::PublicKey,
    eth2_keystore::{DecryptionKey, Kdf, NewPassword, Reader, account_store},
};

use super::restored_key::{RestoredKey, random_kdf};

/// The slashing history's place, in every layout that is for a client.
pub const HISTORY: &str = "slashing_protection.json";

/// The password's place.
const PASSWORD: &str = "password.txt";

/// A folder as one program wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// Everything in one folder, for any program that imports keystores.
    Plain,
    /// A data directory of Lighthouse.
    Lighthouse,
    /// Keys and passwords for Teku's `--validator-keys`.
    Teku,
    /// A wallet of Prysm, and its password.
    Prysm,
    /// A data directory of Nimbus.
    Nimbus,
    /// A data directory of Lodestar.
    Lodestar,
    /// A `--key-config-path` of Web3signer.
    Web3signer,
    /// The wallets of a filesystem store of dirk (and ethdo).
    Dirk,
    /// The folder of a node of charon, as it was taken.
    CharonNode,
    /// A `--split-keys-dir` of charon, which splits the keys.
    Charon,
    /// A `--keystore` of ssv-keys, which splits the keys.
    Ssv,
}

/// No layout of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown layout `{0}`: there are plain, lighthouse, teku, prysm, nimbus, lodestar, web3signer, dirk, \
     charon-node, charon and ssv"
)]
pub struct UnknownLayout(String);

impl Layout {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Plain,
        Self::Lighthouse,
        Self::Teku,
        Self::Prysm,
        Self::Nimbus,
        Self::Lodestar,
        Self::Web3signer,
        Self::Dirk,
        Self::CharonNode,
        Self::Charon,
        Self::Ssv,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Lighthouse => "lighthouse",
            Self::Teku => "teku",
            Self::Prysm => "prysm",
            Self::Nimbus => "nimbus",
            Self::Lodestar => "lodestar",
            Self::Web3signer => "web3signer",
            Self::Dirk => "dirk",
            Self::CharonNode => "charon-node",
            Self::Charon => "charon",
            Self::Ssv => "ssv",
        }
    }

    /// Whether the keys are restored for a program that splits them into shares. Then the split is
    /// recorded before they are written.
    pub fn splits(self) -> bool {
        matches!(self, Self::Charon | Self::Ssv)
    }

    /// How the keystores are sealed. Programs for distributed validators open many at once, dirk as they
    /// are asked for: with scrypt that takes gigabytes, and ssv-keys needs seconds for each.
    pub(crate) fn kdf(self) -> Result<Kdf, BackupError> {
        if self.splits() || matches!(self, Self::Dirk | Self::CharonNode) {
            return Ok(Kdf::pbkdf2(*SecretBytes::random()?.expose()));
        }
        random_kdf()
    }

    /// The files that are written next to the folder `to` instead of into it, because the program
    /// would take them for keystores: the password, and the history if there is one.
    pub fn beside(self, to: &Path, with_history: bool) -> Vec<PathBuf> {
        let password = (self == Self::Ssv).then_some(PASSWORD);
        let history = (self.splits() && with_history).then_some(HISTORY);
        password.into_iter().chain(history).map(|name| next_to(to, name)).collect()
    }

    /// Refuses a password under which the program that the layout is for could not open the keys.
    pub fn require_opens(self, password: &NewPassword) -> Result<(), BackupError> {
        let reader = match self {
            Self::Prysm => Reader::Prysm,
            Self::Ssv => Reader::SsvKeys,
            _ => return Ok(()),
        };
        if password.misread_by().contains(&reader) {
            return Err(BackupError::Misread(reader));
        }
        Ok(())
    }

    /// Where keys and passwords will lie, for people.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Plain => "keystore-*.json; their password in password.txt",
            Self::Lighthouse => {
                "validators/0x<pubkey>/voting-keystore.json; the password in secrets/0x<pubkey>"
            }
            Self::Teku => "keys/keystore-*.json; the password in passwords/keystore-*.txt",
            Self::Prysm => {
                "wallet/direct/accounts/all-accounts.keystore.json; the wallet's password in \
                 wallet-password.txt"
            }
            Self::Nimbus => {
                "validators/0x<pubkey>/keystore.json; the password in secrets/0x<pubkey>"
            }
            Self::Lodestar => {
                "keystores/0x<pubkey>/voting-keystore.json; the password in secrets/0x<pubkey>"
            }
            Self::Web3signer => "keys/0x<pubkey>.yaml, and the .json and .password beside it",
            Self::Dirk => {
                "wallets/<wallet>/<account>, as in a filesystem store; the accounts' passphrase in \
                 account-passphrase.txt"
            }
            Self::CharonNode => {
                "cluster-lock.json, charon-enr-private-key and what lay beside them; \
                 validator_keys/keystore-*.json, with the password in keystore-*.txt"
            }
            Self::Charon => {
                "keystore-<k>.json in the order of the keys, each with its password in keystore-<k>.txt; \
                 a slashing history is in <folder>-slashing_protection.json"
            }
            Self::Ssv => {
                "keystore-<k>.json in the order of the keys; the password is in <folder>-password.txt, a \
                 slashing history in <folder>-slashing_protection.json"
            }
        }
    }

    /// The files of `keys` and their password. Those of dirk and charon are made from more.
    pub(crate) fn files(
        self,
        keys: &[RestoredKey<'_>],
        password: &SecretText,
        derived: &DecryptionKey,
    ) -> Result<Vec<NewFile>, BackupError> {
        let password = password.expose();
        // Passwords come last: keys that were written in part are of no use to whoever finds them.
        let (mut files, mut passwords) = (Vec::new(), Vec::new());
        let mut add = |path: String, bytes: &[u8]| -> Result<(), BackupError> {
            files.push(NewFile { path: path.parse()?, bytes: bytes.to_vec() });
            Ok(())
        };
        match self {
            Self::Plain => passwords.push(PASSWORD.to_owned()),
            Self::Prysm => {
                let secrets: Vec<_> = keys.iter().map(|key| key.secret).collect();
                let store = account_store(&secrets, derived)?;
                add(
                    "wallet/direct/accounts/all-accounts.keystore.json".to_owned(),
                    store.as_bytes(),
                )?;
                add("wallet-password.txt".to_owned(), password.as_bytes())?;
                return Ok(files);
            }
            _ => {}
        }
        for (number, key) in keys.iter().enumerate() {
            let keystore = key.seal(derived)?;
            let name = self.name_of(&key.name, number, keys.len());
            let (of_key, of_password) = self.places(&name, &key.secret.public_key());
            add(of_key, keystore.as_bytes())?;
            passwords.extend(of_password);
            if self == Self::Web3signer {
                let name = format!("0x{}", key.secret.public_key());
                add(format!("keys/{name}.yaml"), key_config(&name).as_bytes())?;
            }
        }
        for place in passwords {
            add(place, password.as_bytes())?;
        }
        Ok(files)
    }

    /// The name of a keystore's file, without `.json`. charon takes keystores by their numbers, ssv-keys
    /// in the order of their names.
    fn name_of<'a>(self, own: &'a str, number: usize, total: usize) -> Cow<'a, str> {
        match self {
            Self::Charon => format!("keystore-{number}").into(),
            Self::Ssv => {
                let digits = total.saturating_sub(1).to_string().len();
                format!("keystore-{number:0digits$}").into()
            }
            _ => own.into(),
        }
    }

    /// The keystore's place and its password's; `name` is the keystore's own, without `.json`.
    fn places(self, name: &str, pubkey: &PublicKey) -> (String, Option<String>) {
        let secret = || Some(format!("secrets/0x{pubkey}"));
        match self {
            Self::Plain | Self::Prysm | Self::Ssv | Self::Dirk | Self::CharonNode => {
                (format!("{name}.json"), None)
            }
            Self::Charon => (format!("{name}.json"), Some(format!("{name}.txt"))),
            Self::Lighthouse => (format!("validators/0x{pubkey}/voting-keystore.json"), secret()),
            Self::Nimbus => (format!("validators/0x{pubkey}/keystore.json"), secret()),
            Self::Lodestar => (format!("keystores/0x{pubkey}/voting-keystore.json"), secret()),
            Self::Teku => (format!("keys/{name}.json"), Some(format!("passwords/{name}.txt"))),
            Self::Web3signer => {
                (format!("keys/0x{pubkey}.json"), Some(format!("keys/0x{pubkey}.password")))
            }
        }
    }
}

/// A file next to a folder: `<folder>-<name>`.
fn next_to(folder: &Path, name: &str) -> PathBuf {
    let mut path = folder.components().as_path().to_owned().into_os_string();
    path.push("-");
    path.push(name);
    path.into()
}

/// Web3signer's configuration of one key. It takes relative paths from its own folder on.
fn key_config(name: &str) -> String {
    format!(
        "type: \"file-keystore\"\nkeyType: \"BLS\"\nkeystoreFile: \"{name}.json\"\n\
         keystorePasswordFile: \"{name}.password\"\n"
    )
}

impl FromStr for Layout {
    type Err = UnknownLayout;

    fn from_str(text: &str) -> Result<Self, UnknownLayout> {
        let found = Self::ALL.into_iter().find(|layout| layout.name() == text);
        found.ok_or_else(|| UnknownLayout(stockade_base::json::clip(text, 40)))
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
