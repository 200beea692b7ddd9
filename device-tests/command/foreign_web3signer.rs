//! Folders of Web3signer's key configuration as Web3signer writes and reads them.

use std::{fs, process::Command};

use serde_json::json;

use super::{
    fixture::{Folder, KEYSTORES, vector},
    run::{KEYSTORE_PASSWORD, Ran, on},
    take_over::raw_key,
};
use crate::cloud::vault_server::vault;

fn back_up(folder: &Folder, from: &str) -> Ran {
    let copy = folder.at("copy");
    on("mock-ledger")
        .run(&format!("backup create --network hoodi --copy {copy} --from web3signer:{from}"))
}

fn check(from: &str) -> Ran {
    on("mock-ledger").run(&format!("store check web3signer:{from}"))
}

fn file_keystore(keystore: &str, password: &str) -> String {
    format!(
        "type: file-keystore\nkeystoreFile: \"{keystore}\"\nkeystorePasswordFile: \"{password}\"\n"
    )
}

fn keystore() -> Vec<u8> {
    fs::read(vector(&format!("deposits/hoodi-0x01/{}", KEYSTORES[0]))).unwrap()
}

#[test]
fn what_web3signer_itself_wrote_for_an_imported_key_is_read() {
    let folder = Folder::new();
    let made = back_up(&folder, &vector("foreign/web3signer-imported")).code(0);
    assert_eq!(made.list("keys").len(), 1);
    assert!(made.list("passed_over").is_empty());
    assert_eq!(check(&vector("foreign/web3signer-imported")).code(0).verdicts(), (1, 0, 0));
}

#[test]
fn a_uri_and_a_path_of_a_container_are_followed_and_what_no_configuration_names_is_named() {
    for named in ["file:///keys/0x1%202.json", "/keys/0x1 2.json"] {
        let folder = Folder::new();
        folder.file("signer/0x1 2.json", keystore());
        folder.file("signer/0x1.password", KEYSTORE_PASSWORD);
        folder.file("signer/k.yaml", file_keystore(named, "file:///keys/0x1.password"));
        folder.file("signer/other.json", keystore());
        folder.file("signer/sub/x.yaml", "");
        let made = back_up(&folder, &folder.at("signer")).code(0);
        assert_eq!(made.list("keys").len(), 1, "{named}");
        let what = made.each("passed_over", "what");
        assert_eq!(what.len(), 2, "{what:?}");
        assert!(what[0].contains("no configuration here names") && what[1].contains("a folder"));
        check(&folder.at("signer")).code(0);
    }
}

#[test]
fn what_cannot_be_read_is_never_contradicted() {
    let folder = Folder::new();
    folder.file("signer/k.password", KEYSTORE_PASSWORD);
    let pipe = folder.path("signer/pipe.json");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for named in ["nowhere.json", "file:///nowhere/k.json", "pipe.json", "/nowhere/k.json"] {
        folder.file("signer/k.yaml", file_keystore(named, "k.password"));
        let checked = check(&folder.at("signer")).code(1);
        assert_eq!(checked.verdicts(), (0, 0, 1), "{named}");
        assert!(checked.stderr.contains("k.yaml: "), "{}", checked.stderr);
        back_up(&folder, &folder.at("signer")).error(3, "input");
    }
    folder.file("signer/k.yaml", "type: azure-secret\nsecretName: x\n");
    assert_eq!(check(&folder.at("signer")).code(1).verdicts(), (0, 0, 1));
}

#[test]
fn a_key_type_that_web3signer_does_not_have_is_bad() {
    let folder = Folder::new();
    let (key, _) = raw_key(1);
    folder.file("signer/a.yaml", format!("type: file-raw\nprivateKey: {key}\n"));
    folder.file("signer/b.yaml", format!("type: file-raw\nkeyType: BLS12\nprivateKey: {key}\n"));
    let refused = back_up(&folder, &folder.at("signer")).error(3, "input");
    assert!(refused.message().contains("unknown keyType `BLS12`"), "{}", refused.message());
}

#[test]
fn a_keystore_without_its_public_key_is_opened_here_and_in_a_check() {
    let folder = Folder::new();
    folder.file("signer/k.json", fs::read(vector("foreign/no-pubkey.json")).unwrap());
    folder.file("signer/k.password", fs::read(vector("foreign/no-pubkey.password")).unwrap());
    folder.file("signer/k.yaml", file_keystore("k.json", "k.password"));
    assert_eq!(back_up(&folder, &folder.at("signer")).code(0).list("keys").len(), 1);
    let checked = check(&folder.at("signer"));
    // What the table of clients says of such a file decides between these two.
    assert!(matches!(checked.verdicts(), (1, 0, 0) | (0, 0, 1)), "{:#}", checked.json);
}

#[test]
fn a_field_that_would_be_lost_keeps_a_keystore_from_a_backup_and_not_from_a_check() {
    let folder = Folder::new();
    let keystore = String::from_utf8(keystore()).unwrap();
    folder.file("signer/k.json", keystore.replacen('{', "{\"foo\": 1,", 1));
    folder.file("signer/k.password", KEYSTORE_PASSWORD);
    folder.file("signer/k.yaml", file_keystore("k.json", "k.password"));
    let refused = back_up(&folder, &folder.at("signer")).error(3, "input");
    assert!(refused.message().contains("`foo`"), "{}", refused.message());
    let checked = check(&folder.at("signer"));
    assert_eq!(checked.code(0).verdicts(), (1, 0, 0));
}

/// A check holds the folder to what Web3signer reads; importing takes whatever can be read.
#[test]
fn what_web3signer_does_not_read_is_imported_and_not_proven() {
    let folder = Folder::new();
    let (url, secrets) = vault();
    let (key, _) = raw_key(1);
    secrets.lock().unwrap().insert("kv1/validators/a".to_owned(), json!({ "value": key }));
    let port = url.rsplit_once(':').unwrap().1;
    let hashicorp = format!(
        "type: hashicorp\nserverHost: 127.0.0.1\nserverPort: {port}\nkeyPath: /v1/kv1/validators/a\n\
         token: hvs.token\ntlsEnabled: false\n"
    );
    let newline = format!("type: file-raw\nprivateKey: |\n  0x{key}\n");
    for (i, content) in [hashicorp, newline].into_iter().enumerate() {
        let name = format!("signer{i}");
        folder.file(&format!("{name}/k.yaml"), content);
        let checked = check(&folder.at(&name)).code(1);
        assert_eq!(checked.verdicts(), (0, 1, 0), "{name}");
        assert!(checked.stderr.contains("Web3signer"), "{}", checked.stderr);
        let fresh = Folder::new();
        assert_eq!(back_up(&fresh, &folder.at(&name)).code(0).list("keys").len(), 1, "{name}");
    }
}
