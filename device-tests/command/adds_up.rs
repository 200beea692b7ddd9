//! Of every kind of place that keys are imported from, with strays of every kind in it: what is there is
//! taken, passed over or left out, once and by name, and the three add up to what is there.

use std::{
    collections::BTreeSet,
    fs,
    io::{Cursor, Write as _},
    path::{Path, PathBuf},
};

use super::{
    fixture::{Folder, KEYSTORES, vector},
    run::{Ran, Stockade, on},
};

const NOTE: &str = "the password is elsewhere";

/// Imports from `place`, of which `there` is all that is there, and of that `taken` gives so many keys.
fn adds_up(
    command: &Stockade,
    folder: &Folder,
    place: &str,
    there: &[String],
    taken: &[(&str, usize)],
) {
    let line = format!("backup create --network hoodi --copy {} --skip-bad", folder.at("copy"));
    let made: Ran = command.run(&format!("{line} --from {place}"));
    let [left_out, passed_over] = ["left_out", "passed_over"].map(|list| made.each(list, "file"));
    let mut named: Vec<_> = left_out.iter().chain(&passed_over).map(ToString::to_string).collect();
    assert_eq!(made.list("skipped").len(), passed_over.len(), "{place}");
    named.extend(taken.iter().map(|(name, _)| {
        let mut found = there.iter().filter(|there| there.ends_with(name));
        found.next().unwrap_or_else(|| panic!("{place}: {name} is not there")).clone()
    }));
    named.sort();
    let mut there = there.to_vec();
    there.sort();
    assert_eq!(named, there, "{place}: {:#}", made.json);
    let keys = made.each("keys", "pubkey").into_iter().collect::<BTreeSet<_>>().len();
    assert_eq!(keys, taken.iter().map(|(_, keys)| keys).sum::<usize>(), "{place}");
    assert_eq!(made.code, i32::from(!left_out.is_empty()), "{place}");
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(files(&path))
        } else {
            found.push(path.to_str().unwrap().to_owned())
        }
    }
    found
}

fn copy(from: &Path, folder: &Folder, to: &str) {
    for file in files(from) {
        let name = Path::new(&file).strip_prefix(from).unwrap().to_str().unwrap();
        folder.file(&format!("{to}/{name}"), fs::read(&file).unwrap());
    }
}

fn keystore(index: usize) -> Vec<u8> {
    fs::read(vector(&format!("deposits/hoodi-0x01/{}", KEYSTORES[index]))).unwrap()
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn in_a_folder_and_in_the_archives_in_it() {
    let folder = Folder::new();
    folder.file("from/keystore.json", keystore(0));
    folder.file("from/cut.json", &keystore(1)[..300]);
    folder.file("from/notes", NOTE);
    folder.file("from/.DS_Store", "Bud1");
    folder.file("from/old/validator.log.gz", b"\x1f\x8b\x08\0");
    folder.file("from/backup.7z", b"7z\xbc\xaf\x27\x1c\0");
    folder.file("from/cut.zip", &zip(&[("keystore.json", &keystore(1))])[..100]);
    folder.file("from/docs.zip", zip(&[("README", NOTE.as_bytes()), ("x/y", b"z")]));
    folder.file("from/validator_definitions.yml", "---\n");
    std::os::unix::fs::symlink("keystore.json", folder.path("from/link.json")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path("from/lost.json")).unwrap();
    let mut there = files(&folder.path("from"));
    // These are looked into.
    let inside: [(&str, &[u8]); 5] = [
        ("keystore-0.json", &keystore(2)),
        ("a/keystore-1.json", &keystore(1)),
        ("keystore-2.json", &keystore(1)[..300]),
        ("__MACOSX/._keystore-0.json", b"\0\x05\x16\x07"),
        ("notes", NOTE.as_bytes()),
    ];
    folder.file("from/backup.zip", zip(&inside));
    there.extend(inside.iter().map(|(name, _)| folder.at(&format!("from/backup.zip/{name}"))));
    let place = format!("{} --password-file {}", folder.at("from"), folder.password_file());
    let taken = [
        ("from/keystore.json", 1),
        ("backup.zip/keystore-0.json", 1),
        ("backup.zip/a/keystore-1.json", 1),
    ];
    adds_up(&on("mock-ledger"), &folder, &place, &there, &taken);
}

#[test]
fn in_the_folders_of_other_programs() {
    for (name, password, taken) in [
        ("prysm-wallet", "--password-file {prysm}", ("all-accounts.keystore.json", 3)),
        ("ethdo", "--password-file {ethdo}", ("keystore-m_12381_3600_0_0_0-1796034214.json", 1)),
        ("dirk", "--password-file {own}", ("stray-keystore", 1)),
        ("charon", "--password-dir {from}/validator_keys", ("keystore-0.json", 1)),
        ("lighthouse-inline", "", ("", 2)),
        ("lighthouse-secrets", "", ("", 3)),
        ("lighthouse-manager", "", ("validators.json", 3)),
    ] {
        let folder = Folder::new();
        copy(&PathBuf::from(vector(&format!("foreign/{name}"))), &folder, "from");
        folder.file("from/notes.txt", NOTE);
        folder.file("from/cut.json", &keystore(2)[..300]);
        if name == "dirk" {
            folder.file("from/stray-keystore", keystore(0));
        }
        let from = folder.at("from");
        let options = password
            .replace("{prysm}", &vector("foreign/prysm-wallet.password"))
            .replace("{ethdo}", &vector("foreign/ethdo.password"))
            .replace("{own}", &folder.password_file())
            .replace("{from}", &from);
        let there = files(&folder.path("from"));
        let keystores: Vec<_> = there
            .iter()
            .filter(|file| file.contains("/0x") && file.ends_with(".json"))
            .map(|file| (file.as_str(), 1))
            .collect();
        let taken = if taken.0.is_empty() { keystores } else { vec![taken] };
        adds_up(&on("mock-ledger"), &folder, &format!("{from} {options}"), &there, &taken);
    }
}

#[cfg(feature = "cloud")]
mod services {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        cloud::{aws_server, vault_server::vault},
        command::{run::KEYSTORE_PASSWORD, stores::with_aws, take_over::raw_key},
    };

    #[test]
    fn in_a_folder_of_web3signer() {
        let folder = Folder::new();
        let [(first, _), (second, _)] = [1, 2].map(raw_key);
        folder.file("keys/a.yaml", format!("type: file-raw\nprivateKey: {first}\n"));
        let secp = format!("type: file-raw\nkeyType: SECP256K1\nprivateKey: 0x{}", "22".repeat(32));
        let plain = format!("type: file-raw\nkeyType: BLS\nprivateKey: {second}");
        folder.file("keys/b.yml", format!("{plain}\n---\n{secp}\n"));
        folder.file("keys/c.yaml", "type: file-keystore\nkeystoreFile: c.json\n");
        folder.file("keys/d.yaml", "type: azure-secret\nsecretName: x\n");
        folder.file("keys/unused.json", keystore(0));
        folder.file("keys/unused.zip", zip(&[("keystore.json", &keystore(1))]));
        folder.file("keys/notes.txt", NOTE);
        folder.file("keys/deeper/e.yaml", format!("type: file-raw\nprivateKey: {first}\n"));
        let names = [
            "a.yaml",
            "b.yml, key 1",
            "b.yml, key 2",
            "c.yaml",
            "d.yaml",
            "unused.json",
            "unused.zip",
        ];
        let names = names.iter().chain(&["notes.txt", "deeper"]);
        let there: Vec<_> = names.map(|name| folder.at(&format!("keys/{name}"))).collect();
        let place = format!("web3signer:{}", folder.at("keys"));
        adds_up(&on("mock-ledger"), &folder, &place, &there, &[("a.yaml", 1), ("b.yml, key 1", 1)]);
    }

    /// Each secret, and the parts of it that count by themselves. A password is a part of its keystore.
    #[test]
    fn in_a_vault() {
        let folder = Folder::new();
        let (url, secrets) = vault();
        let [(first, pubkey), (second, _), (root, _)] = [1, 2, 3].map(raw_key);
        let keystore = |index| String::from_utf8(super::keystore(index)).unwrap();
        let several = json!({"value": first, "genesis_validators_root": root, "n": 1});
        let deep = json!({"value": [first[..50]], "object": {"user": "x"}, "none": [], "no": {}});
        let held: [(&str, Value, &[&str]); 8] = [
            (&pubkey, several, &["#value", "#genesis_validators_root", "#n"]),
            ("unnamed", json!({ "value": second }), &["#value"]),
            (
                "store",
                json!({"keystore": keystore(0), "password": KEYSTORE_PASSWORD}),
                &["#keystore"],
            ),
            ("cut", json!({ "keystore": keystore(1)[..300] }), &["#keystore"]),
            ("deep/er/list", deep, &["#value[0]", "#object.user", "#none", "#no"]),
            ("empty", json!({}), &[""]),
            ("gone", json!({"$deleted": "2026-11-29T04:38:12Z"}), &[""]),
            ("lost", json!({"$destroyed": true}), &[""]),
        ];
        let mut there = Vec::new();
        for (name, fields, parts) in held {
            there.extend(parts.iter().map(|part| format!("vault:kv2/v/{name}{part}")));
            secrets.lock().unwrap().insert(format!("kv2/data/v/{name}"), fields);
        }
        let token = folder.file("token", "hvs.token");
        let place = format!("vault:kv2/v --vault-addr {url} --token-file {token}");
        let named = format!("{pubkey}#value");
        let taken = [(named.as_str(), 1), ("store#keystore", 1)];
        adds_up(&on("mock-ledger"), &folder, &place, &there, &taken);
    }

    #[test]
    fn in_aws() {
        let folder = Folder::new();
        let (url, held) = aws_server::aws();
        let [(first, pubkey), (second, other)] = [1, 2].map(raw_key);
        let field = json!({other.clone(): second, "user": "x"}).to_string();
        let secrets: [(&str, Value, &[&str]); 6] = [
            (&pubkey, json!(first), &[""]),
            ("object", json!(field), &[&format!("#{other}"), "#user"]),
            ("unnamed", json!(raw_key(3).0), &[""]),
            ("cut", json!(String::from_utf8_lossy(&keystore(1)[..300])), &[""]),
            ("note", json!(NOTE), &[""]),
            ("binary", Value::Null, &[""]),
        ];
        let mut there = Vec::new();
        for (name, value, parts) in secrets {
            there.extend(parts.iter().map(|part| format!("aws-secrets:v/{name}{part}")));
            held.lock().unwrap().insert(format!("v/{name}"), json!({ "SecretString": value }));
        }
        let place = format!("aws-secrets:v/ --aws-region eu-west-1 --aws-endpoint {url}");
        let (named, inside) = (format!("v/{pubkey}"), format!("object#{other}"));
        let taken = [(named.as_str(), 1), (inside.as_str(), 1)];
        adds_up(&with_aws(on("mock-ledger")), &folder, &place, &there, &taken);
    }

    #[test]
    fn in_what_a_client_exported() {
        let folder = Folder::new();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let keystores = [text(&keystore(0)), text(&keystore(1)[..300]), "{\"a\": 1}".to_owned()];
        let body = json!({"keystores": keystores, "passwords": [KEYSTORE_PASSWORD, "xxxxxxxx", "yyyyyyyy"]});
        let file = folder.file("export.json", body.to_string());
        let there: Vec<_> = (1..=3).map(|number| format!("{file}, keystore {number}")).collect();
        for place in [format!("keymanager:{file}"), file.clone()] {
            let _ = fs::remove_dir_all(folder.path("copy"));
            adds_up(&on("mock-ledger"), &folder, &place, &there, &[("keystore 1", 1)]);
        }
    }
}
