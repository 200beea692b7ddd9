//! Tells the working folder of a client from a mere collection of keystores. A client may go on
//! signing with the keys in its own folder.

use std::path::{Path, PathBuf};

use crate::store::{Directory, Entry, EntryKind, Store as _};

/// Files and folders that only a signing program creates.
const MARKS: [&str; 10] = [
    // Lighthouse, Nimbus and Prysm.
    "validator_definitions.yml",
    "slashing_protection.sqlite",
    "slashing_protection.sqlite3",
    "validator.db",
    // The wallet of Prysm.
    "all-accounts.keystore.json",
    // Teku and Lodestar.
    "slashprotection",
    "validator-db",
    // charon.
    "charon-enr-private-key",
    "cluster-lock.json",
    ".charon",
];

/// The ending that a client adds to the name of a keystore while it uses it.
const LOCK: &str = ".json.lock";

/// As deep as clients nest their folders.
const MAX_DEPTH: usize = 3;

/// The most folders that are searched. The files that identify a client are near the top.
const MAX_FOLDERS: usize = 200;

/// The working folder of a client that `path` is, is in, or contains. `None` if there is no sign of
/// one.
pub fn client_folder(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut left = MAX_FOLDERS;
    if path.is_dir() && holds_mark(&path, MAX_DEPTH, &mut left) {
        return Some(path);
    }
    // `validators/0x*` matches folders of single keys, and a wallet is a single file.
    let above = path.ancestors().skip(1).take(2);
    above.filter(|folder| has_mark(folder)).last().map(Path::to_owned)
}

fn holds_mark(folder: &Path, depth: usize, left: &mut usize) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    let entries = Directory::new(folder).entries().unwrap_or_default();
    if entries.iter().any(is_mark) {
        return true;
    }
    let mut below = entries.iter().filter(|entry| entry.kind == EntryKind::Folder && depth > 0);
    below.any(|entry| holds_mark(&folder.join(&entry.name), depth - 1, left))
}

fn has_mark(folder: &Path) -> bool {
    Directory::new(folder).entries().unwrap_or_default().iter().any(is_mark)
}

fn is_mark(entry: &Entry) -> bool {
    let name = entry.name.as_str();
    MARKS.contains(&name)
        || name.ends_with(LOCK)
        // Lighthouse, Nimbus and Lodestar give each key a folder of that name.
        || (entry.kind == EntryKind::Folder && is_key(name))
}

fn is_key(name: &str) -> bool {
    let digits = name.strip_prefix("0x");
    digits.is_some_and(|digits| {
        digits.len() == 96 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{NewFile, publish_folder};

    fn make(root: &Path, files: &[&str]) {
        let file = |path: &&str| NewFile { path: path.parse().unwrap(), bytes: b"{}".to_vec() };
        publish_folder(root, &files.iter().map(file).collect::<Vec<_>>()).unwrap();
    }

    #[test]
    fn a_client_folder_is_found_from_above_within_and_by_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let key = format!("nimbus/0x{}/keystore.json", "ab".repeat(48));
        for (i, (files, named, found)) in [
            (&["lh/validators/validator_definitions.yml"][..], "lh", "lh"),
            (
                &["vc/validators/slashing_protection.sqlite", "vc/validators/0x1/k.json"],
                "vc/validators/0x1",
                "vc/validators",
            ),
            (&["prysm/direct/accounts/all-accounts.keystore.json"], "prysm", "prysm"),
            (&["wallet/all-accounts.keystore.json"], "wallet/all-accounts.keystore.json", "wallet"),
            (&["teku/keys/keystore-0.json.lock"], "teku/keys", "teku/keys"),
            (
                &["node0/charon-enr-private-key", "node0/validator_keys/keystore-0.json"],
                "node0/validator_keys",
                "node0",
            ),
            (&[key.as_str()], "nimbus", "nimbus"),
        ]
        .into_iter()
        .enumerate()
        {
            let root = folder.path().join(i.to_string());
            make(&root, files);
            assert_eq!(client_folder(&root.join(named)), Some(root.join(found)), "{named}");
        }
    }

    #[test]
    fn a_folder_of_keystores_is_not_a_client_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("backups");
        let keystore = "validator_keys/keystore-m_12381_3600_0_0_0-1.json";
        let deposits = "validator_keys/deposit_data-1.json";
        make(&root, &[keystore, deposits, "validator_keys/slashing_protection.json"]);
        for path in ["", "validator_keys", deposits, "nowhere"] {
            assert_eq!(client_folder(&root.join(path)), None, "{path}");
        }
    }
}
