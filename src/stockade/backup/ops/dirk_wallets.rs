//! Wallets as dirk's and ethdo's filesystem store has them: a folder for each wallet, with a file for
//! the wallet, one for each account, and an index of the accounts' names. dirk's permissions are by
//! these names.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{dirk_accounts::KeptAccounts, restored_key::RestoredKey};
use crate::{backup::set::error::BackupError, store::NewFile};
use stockade_base::json::to_string_indented;
use stockade_keystore::eth2_keystore::{DecryptionKey, Keystore, KeystoreError, random_uuid};

/// The file of the accounts' passphrase.
const PASSPHRASE: &str = "account-passphrase.txt";

/// The wallet of accounts that were in none.
const WALLET: &str = "Stockade";

/// What the name of a wallet of shares ends with, if a wallet of whole keys has the name too.
const OF_SHARES: &str = " distributed";

/// The longest name that is used.
const MAX_NAME: usize = 100;

/// The file of a wallet.
#[derive(Serialize)]
struct Wallet<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: Kind,
    uuid: &'a str,
    version: u32,
}

/// What the accounts of a wallet are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum Kind {
    /// Each key by itself, without a seed.
    #[serde(rename = "non-deterministic")]
    Whole,
    /// Each a share of a key that several dirks sign with.
    #[serde(rename = "distributed")]
    Share,
}

/// An account in the index.
#[derive(Serialize)]
struct Indexed {
    uuid: String,
    name: String,
}

/// The wallets of `keys`, and the passphrase of their accounts. Shares need their `kept` accounts.
pub(crate) fn files(
    keys: &[RestoredKey<'_>],
    kept: &KeptAccounts,
    password: &str,
    derived: &DecryptionKey,
) -> Result<Vec<NewFile>, BackupError> {
    let mut files = Vec::new();
    let mut add = |path: String, text: &str| -> Result<(), BackupError> {
        files.push(NewFile { path: path.parse()?, bytes: text.as_bytes().to_vec() });
        Ok(())
    };
    let wallets = by_wallet(keys, |key| {
        let is_share = kept.contains_key(&key.secret.public_key());
        if is_share { Kind::Share } else { Kind::Whole }
    });
    let whole: BTreeSet<_> =
        wallets.keys().filter(|(_, kind)| *kind == Kind::Whole).map(|(name, _)| *name).collect();
    for ((name, kind), accounts) in &wallets {
        let id = random_uuid()?;
        let mut index = Vec::new();
        for (name, key) in accounts {
            let sealed = Keystore::seal(key.secret, key.path, "", derived)?;
            let (uuid, account) = match kept.get(&key.secret.public_key()) {
                Some(kept) => kept.to_file(name, &sealed)?,
                None => sealed.to_account(name)?,
            };
            add(format!("wallets/{id}/{uuid}"), &account)?;
            index.push(Indexed { uuid, name: name.clone() });
        }
        // dirk finds wallets by their names, whatever they hold.
        let both = *kind == Kind::Share && whole.contains(name);
        let name = if both { format!("{name}{OF_SHARES}") } else { (*name).to_owned() };
        let file = Wallet { name: &name, kind: *kind, uuid: &id, version: 1 };
        add(format!("wallets/{id}/index"), &text(&index)?)?;
        add(format!("wallets/{id}/{id}"), &text(&file)?)?;
    }
    // Last: keys that were written in part are of no use to whoever finds them.
    add(PASSPHRASE.to_owned(), password)?;
    Ok(files)
}

fn text(file: &impl Serialize) -> Result<String, BackupError> {
    Ok(to_string_indented(file).map_err(KeystoreError::from)?)
}

/// Accounts with their names.
type Named<'k, 'a> = Vec<(String, &'k RestoredKey<'a>)>;

/// The names of the accounts, by wallet. Two accounts never have one name.
fn by_wallet<'k, 'a>(
    keys: &'k [RestoredKey<'a>],
    kind: impl Fn(&RestoredKey<'_>) -> Kind,
) -> BTreeMap<(&'k str, Kind), Named<'k, 'a>> {
    let mut wallets = BTreeMap::<_, Named<'_, '_>>::new();
    let mut taken = BTreeSet::new();
    for key in keys {
        let (wallet, account) = names(key.description).unwrap_or((WALLET, ""));
        let is_new = taken.insert((wallet, account));
        let name = if is_new && !account.is_empty() {
            account.to_owned()
        } else {
            format!("0x{}", key.secret.public_key())
        };
        wallets.entry((wallet, kind(key))).or_default().push((name, key));
    }
    wallets
}

/// The names of the wallet and the account that a description keeps: `wallet/account`, or an account
/// alone. A description of another kind is not a name.
fn names(description: &str) -> Option<(&str, &str)> {
    let (wallet, account) = description.split_once('/').unwrap_or((WALLET, description));
    (is_name(wallet) && is_name(account)).then_some((wallet, account))
}

/// Whether the libraries of dirk and ethdo accept this name, and it is not a sentence.
fn is_name(text: &str) -> bool {
    let fits = (1..=MAX_NAME).contains(&text.len()) && !text.starts_with('_');
    fits && text.trim() == text && !text.contains(['/', ';']) && !text.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockade_keystore::bls::SecretKey;

    #[test]
    fn names_of_accounts_come_back_and_no_two_are_the_same() {
        let secret = [1, 2, 3, 4, 5].map(|seed| SecretKey::derive_master(&[seed; 32]).unwrap());
        let descriptions =
            ["Hot/v 1", "Hot/v 1", "v0", "", "Stockade hoodi batch 0, eip191; not from the path"];
        let keys: Vec<_> = secret
            .iter()
            .zip(descriptions)
            .map(|(secret, description)| RestoredKey {
                name: "".into(),
                secret,
                path: "",
                description,
            })
            .collect();
        let wallets = by_wallet(&keys, |_| Kind::Whole);
        let named = |wallet: &str| -> Vec<String> {
            let accounts = &wallets[&(wallet, Kind::Whole)];
            accounts.iter().map(|(name, _)| name.clone()).collect()
        };
        let pubkey = |i: usize| format!("0x{}", secret[i].public_key());
        assert_eq!(named("Hot"), ["v 1".to_owned(), pubkey(1)]);
        assert_eq!(named(WALLET), ["v0".to_owned(), pubkey(3), pubkey(4)]);
    }

    #[test]
    fn what_dirk_cannot_name_is_not_a_name() {
        for text in ["", "_x", " x", "a\nb", "a/b", "batch 0; note", &"x".repeat(101)] {
            assert!(!is_name(text), "{text:?}");
        }
    }
}
