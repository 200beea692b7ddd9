//! Sealing anew: the same keys for other people, and what the old copies can still do.

use std::{fs, path::Path};

use serde_json::Value;

use super::{
    fixture::{Folder, imported, ledger, vector},
    m_of_n::{custodians, two_of_three},
    run::{OTHER_WORDS, THIRD_WORDS, WORDS, alone, on},
};

fn manifest(folder: &Folder, copy: &str, set: &str) -> Value {
    let path = folder.path(copy).join("stockade").join(set).join("manifest.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// What of each keystore must be the same in the new set.
fn kept(manifest: &Value) -> Vec<(Value, Value, Value)> {
    let keystores = manifest["keystores"].as_array().unwrap().iter();
    keystores.map(|k| (k["pubkey"].clone(), k["path"].clone(), k["source"].clone())).collect()
}

fn deposit_data(set: &Path) -> Vec<u8> {
    let mut files = fs::read_dir(set).unwrap().map(|entry| entry.unwrap().path());
    let file = files.find(|path| path.to_str().unwrap().contains("deposit_data-")).unwrap();
    fs::read(file).unwrap()
}

#[test]
fn a_set_of_one_becomes_one_of_two_of_three_and_nothing_of_it_is_lost() {
    let folder = ledger().copies();
    let (own, hers, file) = custodians(&folder);
    let old = folder.sets("a").remove(0);
    let before = folder.content();
    let line =
        format!("backup reseal {} --custodian {own} {hers} {file} --threshold 2", folder.both());
    let resealed = on("mock-ledger").run(&line).code(0);
    let new = resealed.text("set_id").to_owned();
    assert_eq!((resealed.text("old_set_id"), &resealed.json["threshold"]), (&*old, &2.into()));
    assert_ne!(new, old);
    for (path, bytes) in before {
        assert_eq!(folder.content().get(&path), Some(&bytes), "{} changed", path.display());
    }
    for copy in ["a", "b"] {
        let (from, to) = (manifest(&folder, copy, &old), manifest(&folder, copy, &new));
        assert_eq!(kept(&to), kept(&from));
        assert_eq!((&to["threshold"], &to["test"]), (&2.into(), &true.into()));
        let set = |name: &str| folder.path(copy).join("stockade").join(name);
        assert_eq!(deposit_data(&set(&new)), deposit_data(&set(&old)));
        // No password of the old set opens the new one.
        let keystore = |name: &str| {
            let file = manifest(&folder, copy, name)["keystores"][0]["file"].clone();
            let bytes = fs::read(set(name).join(file.as_str().unwrap())).unwrap();
            serde_json::from_slice::<Value>(&bytes).unwrap()
        };
        let salt = |name: &str| keystore(name)["crypto"]["kdf"]["params"]["salt"].clone();
        assert_ne!(salt(&new), salt(&old));
    }
    // One of the three opens nothing, two open everything; and the old one opens as ever.
    let drill = format!("backup drill {} --set", folder.both());
    let one = on("mock-ledger").run(&format!("{drill} {new}")).code(1);
    assert_eq!(one.each("keys", "reason"), ["share_missing"; 6]);
    let both = on("mock-ledger").and("mock-trezor:safe5", OTHER_WORDS);
    assert_eq!(both.run(&format!("{drill} {new}")).code(0).verdicts(), (6, 0, 0));
    assert_eq!(on("mock-ledger").run(&format!("{drill} {old}")).code(0).verdicts(), (6, 0, 0));
}

#[test]
fn a_lost_custodian_is_replaced_by_those_who_are_left() {
    let folder = two_of_three().copies();
    let (own, age) = (folder.at("ledger.json"), folder.at("age.json"));
    let third = folder.at("third.json");
    let enroll = format!("custodian enroll --name third --out {third}");
    on("mock-trezor").holding(THIRD_WORDS).run(&enroll).code(0);
    let reseal = format!(
        "backup reseal {} --custodian {own} {age} {third} --identity {}",
        folder.both(),
        folder.at("identity.txt")
    );
    // How many it takes from now on is not guessed.
    on("mock-ledger").run(&reseal).error(2, "usage");
    let resealed = on("mock-ledger").run(&format!("{reseal} --threshold 2")).code(0);
    let drill = format!("backup drill {} --set {}", folder.both(), resealed.text("set_id"));
    let now = on("mock-ledger").and("mock-trezor", THIRD_WORDS);
    assert_eq!(now.run(&drill).code(0).verdicts(), (4, 0, 0));
    let lost = on("mock-ledger").and("mock-trezor:safe5", OTHER_WORDS);
    assert_eq!(lost.run(&drill).code(1).each("keys", "reason"), ["share_missing"; 4]);
}

#[test]
fn nothing_is_made_of_what_cannot_be_opened_signed_or_trusted() {
    let folder = two_of_three().copies();
    let (own, identity) = (folder.at("ledger.json"), folder.at("identity.txt"));
    let before = folder.content();
    let reseal = format!("backup reseal {} --custodian {own} --threshold 1", folder.both());
    let refused = on("mock-ledger").run(&reseal).error(3, "input");
    assert!(refused.message().contains("2 of 3"), "{}", refused.message());
    // Her wallet and the identity open it, but nothing says that it is hers.
    let hers = on("mock-trezor:safe5").holding(OTHER_WORDS);
    let refused = hers.run(&format!("{reseal} --identity {identity}")).error(3, "input");
    assert!(refused.message().contains("--signer"), "{}", refused.message());
    assert!(!refused.prompted(), "{}", refused.stderr);
    let rejected = on("mock-ledger").rejecting();
    rejected.run(&format!("{reseal} --identity {identity}")).error(5, "rejected");
    let line = format!("{reseal} --identity {identity} --signer {own}");
    let no_wallet = alone().run(&line).error(3, "input");
    assert!(!no_wallet.message().is_empty());
    assert!(folder.content() == before, "something was written");
    // Said so, hers it becomes; and what a wallet signs is its own from then on.
    let line = format!("{reseal} --identity {identity} --accept-unknown-origin");
    let resealed = hers.run(&line).code(0);
    assert_eq!(resealed.text("signer"), "0xEAA959d50Eac47409C32053e29B25c9B1e4F1760");
}

#[test]
fn a_history_keeps_its_date_and_imported_keys_their_source() {
    let folder = imported().copies();
    let old = folder.sets("a").remove(0);
    let keys: Vec<_> = imported().json["keys"].as_array().unwrap().to_vec();
    let data = keys.iter().map(|key| {
        let pubkey = key["pubkey"].as_str().unwrap();
        serde_json::json!({"pubkey": format!("0x{pubkey}"), "signed_blocks": [],
            "signed_attestations": [{"source_epoch": "3", "target_epoch": "4"}]})
    });
    let root = "0x212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f";
    let history = serde_json::json!({
        "metadata": {"interchange_format_version": "5", "genesis_validators_root": root},
        "data": data.collect::<Vec<_>>(),
    });
    let name = "20260101T000000Z.json";
    folder.file(&format!("a/stockade/history/{old}/{name}"), history.to_string());
    let own = folder.at("own.json");
    on("mock-ledger").run(&format!("custodian enroll --name own --out {own}")).code(0);
    let line = format!("backup reseal {} --custodian {own}", folder.both());
    let resealed = on("mock-ledger").and("mock-ledger", WORDS).run(&line).code(0);
    let new = resealed.text("set_id");
    for copy in ["a", "b"] {
        let kept = folder.path(copy).join("stockade/history").join(new);
        let names: Vec<_> = fs::read_dir(&kept).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, [name]);
        assert_eq!(fs::read_to_string(kept.join(name)).unwrap(), history.to_string());
    }
    assert!(manifest(&folder, "a", new)["keystores"][0]["source"]["kind"] == "imported");
    assert!(Path::new(&vector("deposits/hoodi-0x01")).exists());
}

#[test]
fn a_test_seed_seals_no_real_money_anew() {
    let folder = Folder::new();
    let create = format!(
        "validator create --network mainnet --count 1 --allow-test-seed --copy {}",
        folder.at("a")
    );
    on("mock-ledger").run(&create).code(0);
    let own = folder.at("own.json");
    on("mock-ledger").run(&format!("custodian enroll --name own --out {own}")).code(0);
    let before = folder.content();
    let line = format!("backup reseal {} --custodian {own}", folder.at("a"));
    let refused = on("mock-ledger").run(&line).error(3, "test_seed");
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert!(folder.content() == before, "something was written");
    on("mock-ledger").run(&format!("{line} --allow-test-seed")).code(0);
}
