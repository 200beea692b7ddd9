//! `backup restore --pubkey`, and its layouts for programs that split keys: charon and ssv-keys.

use std::{collections::BTreeSet, fs};

use serde_json::json;
use stockade::{
    bls::PublicKey,
    eth2_keystore::{KdfFunction, Keystore, Password},
};

use super::{
    fixture::{Folder, ledger},
    restore_history::{epoch_now, up_to},
    run::{Ran, alone, on},
};

fn pubkey(index: usize) -> String {
    ledger().json["keys"][index]["pubkey"].as_str().unwrap().to_owned()
}

fn restore(copies: &Folder, more: &str) -> Ran {
    let (both, to) = (copies.both(), copies.at("keys"));
    on("mock-ledger").run(&format!("backup restore {both} --to {to} {more}"))
}

fn names(folder: &Folder) -> BTreeSet<String> {
    let entries = fs::read_dir(folder.path("keys")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The public key in a keystore, which PBKDF2 and this password open.
fn opened(folder: &Folder, name: &str, password: &str) -> PublicKey {
    let bytes = fs::read(folder.path("keys").join(name)).unwrap();
    let keystore = Keystore::parse(&bytes).unwrap();
    assert!(matches!(keystore.kdf().function(), KdfFunction::Pbkdf2 { c: 262_144 }), "{name}");
    keystore.open(&Password::new(password).unwrap()).unwrap().public_key()
}

#[test]
fn a_folder_for_charon_holds_only_keystores_and_passwords_in_the_order_of_the_keys() {
    let copies = ledger().copies();
    let all: Vec<_> = (0..3).map(pubkey).collect();
    let history = copies.file("history.json", up_to(&all, epoch_now() - 20, 5).to_string());
    let keys = [pubkey(2), pubkey(0)];
    let options =
        format!("--layout charon --pubkey {} --pubkey 0x{} --history {history}", keys[0], keys[1]);
    let restored = restore(&copies, &options).code(0);
    let expected = ["keystore-0.json", "keystore-0.txt", "keystore-1.json", "keystore-1.txt"];
    assert_eq!(names(&copies), expected.map(str::to_owned).into());
    assert_eq!(restored.each("keys", "pubkey"), keys);
    for (number, key) in keys.iter().enumerate() {
        // To the last byte, as charon reads it.
        let password = copies.path("keys").join(format!("keystore-{number}.txt"));
        let password = fs::read_to_string(password).unwrap();
        let found = opened(&copies, &format!("keystore-{number}.json"), &password);
        assert_eq!(found.to_string(), *key);
    }
    // charon takes every .json file for a keystore, so the history is next to the folder.
    let beside = copies.at("keys-slashing_protection.json");
    assert_eq!(restored.json["beside"], json!([beside]));
    assert!(fs::read_to_string(&beside).unwrap().contains(&keys[0]));
    let next = restored.list("next")[0]["commands"][0].as_str().unwrap();
    assert!(next.starts_with("charon create cluster --split-existing-keys --split-keys-dir="));
}

#[test]
fn a_folder_for_ssv_keys_holds_only_keystores() {
    let copies = ledger().copies();
    let restored = restore(&copies, "--layout ssv --never-attested").code(0);
    let expected = ["keystore-0.json", "keystore-1.json", "keystore-2.json"];
    assert_eq!(names(&copies), expected.map(str::to_owned).into());
    let beside = copies.at("keys-password.txt");
    assert_eq!(restored.json["beside"], json!([beside]));
    let password = fs::read_to_string(&beside).unwrap();
    for index in 0..3 {
        let found = opened(&copies, &format!("keystore-{index}.json"), &password);
        assert_eq!(found.to_string(), pubkey(index));
    }
    assert!(restored.list("next")[0]["commands"][0].as_str().unwrap().starts_with("ssv-keys"));
    // ssv-keys hashes the bytes of a password as they are.
    let copies = ledger().copies();
    let password = copies.file("password", "M\u{fc}hsam und lang");
    let options = format!("--layout ssv --never-attested --new-password-file {password}");
    let refused = restore(&copies, &options);
    assert!(!refused.prompted() && !copies.path("keys").exists(), "{}", refused.stderr);
    assert!(refused.error(3, "input").message().contains("ssv-keys"));
}

/// Never two signers: whoever restores for a program that splits leaves the mark of a split.
#[test]
fn a_second_restore_of_keys_that_were_restored_to_be_split_stops() {
    for layout in ["charon", "ssv"] {
        let copies = ledger().copies();
        let set = copies.sets("a").remove(0);
        let options = format!("--layout {layout} --never-attested --pubkey {}", pubkey(1));
        let restored = restore(&copies, &options).code(0);
        assert_eq!(restored.list("marked").len(), 2, "{layout}");
        let listed = alone().run(&format!("validator list {}", copies.both())).code(0);
        assert_eq!(listed.list("sets")[0]["splits"][0]["keys"], json!([pubkey(1)]));
        // What the folder is recorded for is told apart from the split.
        copies.forget(&set);
        fs::remove_dir_all(copies.path("keys")).unwrap();
        let key = format!("--layout plain --never-attested --pubkey {}", pubkey(1));
        let refused = restore(&copies, &key).error(2, "usage");
        assert!(refused.message().contains("split into shares"), "{}", refused.message());
        assert!(!refused.prompted() && !copies.path("keys").exists(), "{}", refused.stderr);
        // Nothing is asked of the others.
        let other = format!("--layout plain --never-attested --pubkey {}", pubkey(0));
        restore(&copies, &other).code(0);
    }
}

#[test]
fn no_key_is_restored_to_be_split_without_a_mark() {
    let copies = ledger().copies();
    let busy = |copy: &str| {
        let folder = fs::File::open(copies.path(copy).join("stockade")).unwrap();
        folder.try_lock().unwrap();
        folder
    };
    let (a, b) = (busy("a"), busy("b"));
    let options = "--layout charon --never-attested";
    let refused = restore(&copies, options).error(3, "file");
    assert!(!refused.prompted() && !copies.path("keys").exists(), "{}", refused.stderr);
    let refused = restore(&copies, &format!("{options} --unrecorded")).error(2, "usage");
    assert!(!refused.prompted() && !copies.path("keys").exists(), "{}", refused.stderr);
    drop(a);
    let restored = restore(&copies, options).code(1);
    assert_eq!(restored.json["not_marked"], json!([copies.at("b")]));
    assert!(restored.json["error"].is_null() && copies.path("keys/keystore-2.txt").exists());
    drop(b);
}

#[test]
fn keys_that_signed_within_the_hour_are_not_restored_to_be_split() {
    let copies = ledger().copies();
    let all: Vec<_> = (0..3).map(pubkey).collect();
    let recent = up_to(&all, epoch_now() - 1, 5).to_string();
    let file = copies.file("history.json", &recent);
    let refused = restore(&copies, &format!("--layout charon --history {file}"));
    assert!(!refused.prompted() && !copies.path("keys").exists(), "{}", refused.stderr);
    assert!(refused.error(3, "input").message().contains("within the hour"));
}

#[test]
fn any_layout_takes_some_keys_in_their_order() {
    let copies = ledger().copies();
    let keys = [pubkey(2), pubkey(1)];
    let options = |keys: &str| format!("--layout lighthouse --never-attested {keys}");
    let named = options(&format!("--pubkey {} --pubkey {}", keys[0], keys[1]));
    let restored = restore(&copies, &named).code(0);
    assert_eq!(restored.each("keys", "pubkey"), keys);
    assert_eq!(fs::read_dir(copies.path("keys/validators")).unwrap().count(), 2);
    assert_eq!(restored.json["marked"], json!([]));
    let copies = ledger().copies();
    let twice = options(&format!("--pubkey {} --pubkey {}", keys[0], keys[0]));
    restore(&copies, &twice).error(2, "usage");
    let foreign = stockade::bls::SecretKey::derive_master(&[9; 32]).unwrap().public_key();
    let refused = restore(&copies, &options(&format!("--pubkey {foreign}"))).error(3, "input");
    assert!(!refused.prompted() && !copies.path("keys").exists(), "{}", refused.stderr);
}
