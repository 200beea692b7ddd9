//! Keys whose keystore is whole in no copy: the wallet makes its own again, and of the others it is
//! said that they are lost.

use std::fs;

use super::{
    fixture::{Folder, Made, imported, ledger},
    run::{OTHER_WORDS, Ran, alone, on},
};

fn restore(folder: &Folder, options: &str) -> Ran {
    let (copies, to) = (folder.both(), folder.at("restored"));
    let line = format!("backup restore {copies} --never-attested --layout teku --to {to}");
    on("mock-ledger").run(&format!("{line} {options}"))
}

/// Copies of a set whose second keystore rotted in both; and its key.
pub(super) fn rotten(made: &Made) -> (Folder, String) {
    let folder = made.copies();
    let manifest = fs::read(folder.set("a").join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let entry = &manifest["keystores"][1];
    for copy in ["a", "b"] {
        let path = folder.set(copy).join(entry["file"].as_str().unwrap());
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    }
    (folder, entry["pubkey"].as_str().unwrap().to_owned())
}

#[test]
fn a_key_of_the_wallet_s_own_batch_is_made_again() {
    let (folder, key) = rotten(ledger());
    let restored = restore(&folder, "").code(0);
    assert_eq!(restored.list("made_again"), [serde_json::json!(key)]);
    assert!(restored.list("left_out").is_empty());
    // It opens, and says of itself what the one that rotted said.
    let password = fs::read_dir(folder.path("restored/passwords")).unwrap().next().unwrap();
    let from = folder.at("restored/keys");
    let line = format!(
        "backup create --network hoodi --from {from} --password-file {} --copy {}",
        password.unwrap().path().display(),
        folder.at("c")
    );
    let again = on("mock-ledger").run(&line).code(0);
    assert_eq!(again.each("keys", "pubkey").len(), 3);
    assert!(again.each("keys", "pubkey").contains(&key.as_str()));
    let inspected = alone().run(&format!("keystore inspect {from}")).code(0);
    let descriptions = inspected.stdout.matches("Stockade hoodi batch 0, eip191-v1").count();
    assert_eq!(descriptions, 3, "{}", inspected.stdout);
}

#[test]
fn a_key_of_another_source_stops_all_and_is_named() {
    let (folder, key) = rotten(imported());
    let before = folder.content();
    let refused = restore(&folder, "").error(3, "input");
    assert!(refused.message().contains(&key), "{}", refused.message());
    assert!(refused.json["error"]["hint"].as_str().unwrap().contains("--skip-bad"));
    assert!(folder.content() == before, "something was written");
}

#[test]
fn what_is_left_out_is_asked_for_and_named_and_is_not_done() {
    let (folder, key) = rotten(imported());
    let restored = restore(&folder, "--skip-bad").code(1);
    assert_eq!(restored.each("left_out", "pubkey"), [&key]);
    assert_eq!(restored.list("keys").len(), 2);
    assert!(!restored.each("keys", "pubkey").contains(&key.as_str()));
    assert_eq!(fs::read_dir(folder.path("restored/keys")).unwrap().count(), 2);
    assert!(restored.stderr.contains(&format!("LEFT OUT {key}")), "{}", restored.stderr);
}

#[test]
fn a_set_without_one_whole_key_is_not_restored_as_an_empty_folder() {
    let folder = imported().copies();
    for copy in ["a", "b"] {
        fs::remove_dir_all(folder.set(copy).join("keystores")).unwrap();
    }
    restore(&folder, "--skip-bad").error(3, "input");
    assert!(!folder.path("restored").exists());
}

#[test]
fn another_wallet_is_not_asked_for_the_batch_of_this_one() {
    // Both wallets are custodians of a set that the first made: the second opens it, and can make
    // none of its keys again.
    let folder = Folder::new();
    let second = folder.at("second.json");
    on("mock-trezor")
        .holding(OTHER_WORDS)
        .run(&format!("custodian enroll --name second --out {second}"))
        .code(0);
    let first = folder.at("first.json");
    on("mock-ledger").run(&format!("custodian enroll --name first --out {first}")).code(0);
    let line = format!("--custodian {first} {second} --copy {}", folder.both());
    on("mock-ledger").run(&format!("validator create --network hoodi --count 1 {line}")).code(0);
    for copy in ["a", "b"] {
        fs::remove_dir_all(folder.set(copy).join("keystores")).unwrap();
    }
    let to = folder.at("restored");
    let line = format!(
        "backup restore {} --never-attested --layout plain --to {to} --signer {first}",
        folder.both()
    );
    let refused = on("mock-trezor").holding(OTHER_WORDS).run(&line).error(3, "input");
    assert!(refused.message().contains("lost"), "{}", refused.message());
    on("mock-ledger").run(&line).code(0);
}
