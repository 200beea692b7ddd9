//! Each client's layout, to the last file; and keys that lie in the target already, in any of them.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use stockade::{
    backup::import,
    eth2_keystore::{KeyCache, Password},
};

use super::{
    fixture::{Folder, ledger},
    run::{Ran, alone, on},
};

/// The layouts whose keystores are files of their own, and where the password of a keystore lies:
/// `K` stands for its public key, `N` for its name in the set.
const LAYOUTS: [(&str, &[&str]); 6] = [
    ("plain", &["N.json", "=password.txt"]),
    ("lighthouse", &["validators/0xK/voting-keystore.json", "secrets/0xK"]),
    ("teku", &["keys/N.json", "passwords/N.txt"]),
    ("nimbus", &["validators/0xK/keystore.json", "secrets/0xK"]),
    ("lodestar", &["keystores/0xK/voting-keystore.json", "secrets/0xK"]),
    ("web3signer", &["keys/0xK.json", "keys/0xK.password", "keys/0xK.yaml"]),
];

fn restore(folder: &Folder, layout: &str, options: &str) -> Ran {
    let (copies, to) = (folder.both(), folder.at("restored"));
    let line = format!("backup restore {copies} --never-attested --layout {layout} --to {to}");
    on("mock-ledger").run(&format!("{line} {options}"))
}

/// The public keys of the set, and its keystores' names, both in the manifest's order.
fn keys(folder: &Folder) -> Vec<(String, String)> {
    let manifest = fs::read(folder.set("a").join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let entries = manifest["keystores"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let name =
        |file: String| file.trim_start_matches("keystores/").trim_end_matches(".json").to_owned();
    entries.map(|entry| (text(&entry["pubkey"]), name(text(&entry["file"])))).collect()
}

/// Every file below a folder, and that each is its owner's alone.
fn private_files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    while let Some(next) = folders.pop() {
        assert_eq!(mode(&next), 0o700, "{}", next.display());
        for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            assert_eq!(mode(&path), 0o600, "{}", path.display());
            files.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
        }
    }
    files.sort();
    files
}

#[test]
fn each_has_exactly_its_client_s_files_and_every_key_opens_with_its_own_password() {
    for (layout, places) in LAYOUTS {
        let folder = ledger().copies();
        let restored = restore(&folder, layout, "").code(0);
        assert_eq!(restored.text("layout"), layout);
        let to = folder.path("restored");
        let place = |place: &str, (key, name): &(String, String)| match place.strip_prefix('=') {
            Some(fixed) => fixed.to_owned(),
            None => place.replace('K', key).replace('N', name),
        };
        let keys = keys(&folder);
        let mut expected: Vec<_> = keys
            .iter()
            .flat_map(|key| places.iter().map(|pattern| place(pattern, key)).collect::<Vec<_>>())
            .collect();
        expected.sort();
        expected.dedup();
        assert_eq!(private_files(&to), expected, "{layout}");

        let mut cache = KeyCache::new();
        for key in &keys {
            let [keystore, password] = [0, 1].map(|i| to.join(place(places[i], key)));
            let password = Password::from_file(&fs::read(password).unwrap()).unwrap();
            let found = import::find(&[keystore]).unwrap().keystores.pop().unwrap().1;
            let opened = found.open_with(&cache.key(&password, found.kdf()).unwrap()).unwrap();
            assert_eq!(opened.public_key().to_string(), key.0, "{layout}");
        }
    }
}

#[test]
fn dirk_gets_a_wallet_whose_index_names_every_account() {
    let folder = ledger().copies();
    let restored = restore(&folder, "dirk", "").code(0);
    assert_eq!(restored.text("layout"), "dirk");
    let to = folder.path("restored");
    let read = |path: &Path| -> serde_json::Value {
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    };
    let wallet = fs::read_dir(to.join("wallets")).unwrap().next().unwrap().unwrap().path();
    let id = wallet.file_name().unwrap().to_str().unwrap();
    assert_eq!(read(&wallet.join(id))["name"], "Stockade");
    let index = read(&wallet.join("index"));
    let password = Password::from_file(&fs::read(to.join("account-passphrase.txt")).unwrap());
    let password = password.unwrap();
    let mut expected = vec!["account-passphrase.txt".to_owned()];
    expected.extend([id, "index"].map(|name| format!("wallets/{id}/{name}")));
    for ((key, _), entry) in keys(&folder).iter().zip(index.as_array().unwrap()) {
        assert_eq!(entry["name"], format!("0x{key}"));
        let file = entry["uuid"].as_str().unwrap();
        let account = read(&wallet.join(file));
        assert_eq!((&account["uuid"], &account["name"]), (&entry["uuid"], &entry["name"]));
        let found = import::find(&[wallet.join(file)]).unwrap().keystores.pop().unwrap().1;
        assert_eq!(found.open(&password).unwrap().public_key().to_string(), *key);
        expected.push(format!("wallets/{id}/{file}"));
    }
    expected.sort();
    assert_eq!(private_files(&to), expected);
}

#[test]
fn the_set_s_own_password_and_salt_never_leave_it() {
    let folder = ledger().copies();
    let salt = |path: &Path| {
        let found = import::find(&[path.to_owned()]).unwrap();
        hex::encode(found.keystores[0].1.kdf().salt())
    };
    let of_set = salt(&folder.set("a").join("keystores"));
    let mut seen = vec![of_set];
    for layout in ["plain", "lighthouse"] {
        restore(&folder, layout, "").code(0);
        let of_delivery = salt(&folder.path("restored"));
        assert!(!seen.contains(&of_delivery), "{layout}: a salt is used twice");
        seen.push(of_delivery);
        fs::remove_dir_all(folder.path("restored")).unwrap();
    }
}

/// A folder in which the set's first key lies as `layout` has it.
fn occupied(layout: &str) -> Folder {
    let folder = ledger().copies();
    restore(&folder, layout, "").code(0);
    folder
}

#[test]
fn a_key_that_lies_in_the_target_is_named_and_not_overwritten_in_any_layout() {
    for (there, _) in LAYOUTS {
        let folder = occupied(there);
        let before = folder.content();
        for (wanted, _) in LAYOUTS {
            let refused = restore(&folder, wanted, "").error(3, "file");
            assert!(!refused.prompted(), "{}", refused.stderr);
            let message = refused.message();
            let named = keys(&folder).iter().any(|(key, _)| message.contains(key));
            assert!(named && message.contains("is already there"), "{there}, {wanted}: {message}");
        }
        assert!(folder.content() == before, "{there}: something was written");
    }
}

#[test]
fn a_key_is_found_by_its_name_where_no_keystore_can_be_read() {
    let folder = ledger().copies();
    let (key, _) = keys(&folder).remove(1);
    for place in ["remoteKeys/0xK", "validators/0xK/remote_keystore.json", "deep/er/K.toml"] {
        folder.file(&format!("restored/{}", place.replace('K', &key)), "{}");
        let refused = restore(&folder, "lodestar", "").error(3, "file");
        assert!(refused.message().contains(&key), "{place}: {}", refused.message());
        fs::remove_dir_all(folder.path("restored")).unwrap();
    }
    // Prysm's wallet does not show what it holds: anything in the target is too much.
    let folder = occupied("prysm");
    let refused = restore(&folder, "prysm", "").error(3, "file");
    assert!(refused.message().contains("not empty"), "{}", refused.message());
}

#[test]
fn where_the_target_cannot_be_written_nothing_is() {
    // A file where a folder should be made; nobody can make one in it, root neither.
    let folder = ledger().copies();
    folder.file("restored", "a file");
    let before = folder.content();
    for layout in ["plain", "prysm", "lighthouse"] {
        restore(&folder, layout, "").error(3, "file");
        let below = format!("backup restore {} --never-attested --layout {layout}", folder.both());
        let to = folder.at("restored/below");
        on("mock-ledger").run(&format!("{below} --to {to}")).error(3, "file");
    }
    assert!(folder.content() == before, "something was written");
    let full = Path::new("/dev/full");
    if full.exists() {
        let line = format!("backup restore {} --never-attested --layout plain", folder.both());
        on("mock-ledger").run(&format!("{line} --to /dev/full/keys")).error(3, "file");
    }
}

#[test]
fn the_plan_says_what_will_be_written_before_it_is() {
    let folder = ledger().copies();
    let restored = restore(&folder, "nimbus", "").code(0);
    for words in [
        "3 keys of set",
        "validators/0x<pubkey>/keystore.json",
        "used nowhere else",
        "never signed",
    ] {
        assert!(restored.stderr.contains(words), "{words}: {}", restored.stderr);
    }
    for (key, _) in keys(&folder) {
        assert!(restored.stderr.contains(&key), "{}", restored.stderr);
    }
    let unknown = alone().run("backup restore a --to b --layout geth --never-attested");
    assert!(unknown.error(2, "usage").message().contains("lighthouse"));
}
