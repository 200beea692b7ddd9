//! Sealing anew: the same keys for other people, and what the old copies can still do.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::Value;
use stockade::{
    backup::{create::Plan, set_secret::SetSecret},
    bls::SecretKey,
    custodian::{Identity, PlainCustodian},
    store::NewFile,
};

use super::{
    fixture::{Folder, imported, ledger, vector, wallet},
    m_of_n::{custodians, two_of_three},
    restore_history::up_to,
    run::{OTHER_WORDS, THIRD_WORDS, WORDS, alone, on},
    sets::{imported_key, plan, publish},
};
use crate::backup::rot::flip;

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

/// Puts a history of `keys` up to `epoch` beside a set.
fn put_history(folder: &Folder, place: &str, name: &str, epoch: u64) -> String {
    let keys = ledger().json["keys"].as_array().unwrap().iter();
    let keys: Vec<_> = keys.map(|key| key["pubkey"].as_str().unwrap().to_owned()).collect();
    let text = up_to(&keys, epoch, 5).to_string();
    folder.file(&format!("{place}/{name}.json"), &text);
    text
}

/// What each copy keeps beside a set, in any order.
fn histories(folder: &Folder, copy: &str, set: &str) -> BTreeSet<String> {
    let kept = fs::read_dir(folder.path(copy).join("stockade/history").join(set)).unwrap();
    let kept: Vec<_> = kept.map(|e| fs::read_to_string(e.unwrap().path()).unwrap()).collect();
    let each_once: BTreeSet<_> = kept.iter().cloned().collect();
    assert_eq!(kept.len(), each_once.len(), "one of them lies there twice");
    each_once
}

#[test]
fn no_history_is_lost_or_doubled_on_the_way_to_the_new_set() {
    let folder = ledger().copies();
    let (own, ..) = custodians(&folder);
    let old = folder.sets("a").remove(0);
    let beside = |copy: &str| format!("{copy}/stockade/history/{old}");
    let mut all = BTreeSet::new();
    // One in both copies, one in each alone, and two of one second.
    for (copy, name, epoch) in [
        ("a", "20261120T101500Z", 800),
        ("b", "20261120T101500Z", 800),
        ("a", "20261120T101501Z", 801),
        ("b", "20261120T101501Z", 802),
        ("b", "20261120T101502Z", 803),
    ] {
        all.insert(put_history(&folder, &beside(copy), name, epoch));
    }
    let line = format!("backup reseal {} --set {old} --custodian {own}", folder.both());
    let new = on("mock-ledger").run(&line).code(0).text("set_id").to_owned();
    for copy in ["a", "b"] {
        assert_eq!(histories(&folder, copy, &new), all);
    }
    // One that cannot be read may be the newest: keys that went on without it would look as if
    // they had never signed.
    folder.file(&format!("{}/20261120T101503Z.json", beside("a")), "{");
    let before = folder.content();
    let refused = on("mock-ledger").run(&line).error(3, "input");
    assert!(refused.message().contains("20261120T101503Z"), "{}", refused.message());
    assert!(folder.content() == before, "something was written");
}

#[test]
fn copies_on_one_file_system_are_warned_about() {
    let folder = ledger().copies();
    let (own, ..) = custodians(&folder);
    let line = format!("backup reseal {} --custodian {own}", folder.both());
    let resealed = on("mock-ledger").run(&line).code(0);
    let warnings = resealed.list("warnings");
    assert!(
        warnings.iter().any(|w| w.as_str().unwrap().contains("are on the same")),
        "{warnings:?}"
    );
}

/// Whatever else is secret in a set is opened with the identity that the set secret gives, and
/// sealed to that of the new one.
#[test]
fn sealed_files_go_into_the_new_set() {
    let folder = Folder::new();
    let sealed_to = PlainCustodian::age(&Identity::from_secret(&[9; 32]).recipient(), None);
    let secret = SecretKey::derive_master(&[7; 32]).unwrap();
    let exits = b"a pre-signed exit".to_vec();
    let plan = Plan {
        sealed: vec![NewFile { path: "sealed/exits.age".parse().unwrap(), bytes: exits.clone() }],
        ..plan(vec![sealed_to.unwrap().into()], 1, vec![imported_key(secret)])
    };
    let copies = ["a", "b"].map(|copy| folder.path(copy));
    publish(plan, &mut *wallet("mock-ledger", WORDS), &copies);
    let old = folder.sets("a").remove(0);

    super::m_of_n::identity(&folder, "identity.txt", 9);
    let next = super::m_of_n::identity(&folder, "next.txt", 11);
    let file = folder.at("next.json");
    let enroll = format!("custodian enroll --name next --out {file} --age-recipient {next}");
    alone().run(&enroll).code(0);
    let identity = folder.at("identity.txt");
    let line = format!(
        "backup reseal {} --set {old} --custodian {file} --identity {identity}",
        folder.both()
    );
    let resealed = on("mock-ledger").run(&line).code(0);
    let new = resealed.text("set_id").to_owned();
    let read = |set: &str, name: &str| {
        fs::read(folder.path("b").join("stockade").join(set).join(name)).unwrap()
    };
    let opened = |set: &str, custodian: u8| {
        let custodian = Identity::from_secret(&[custodian; 32]);
        let secret = SetSecret::open(&read(set, "seal/secret.age"), &custodian).unwrap();
        let plain = secret.files_identity().open(&read(set, "sealed/exits.age"), 1000).unwrap();
        plain.to_vec()
    };
    assert_eq!(opened(&old, 9), exits);
    assert_eq!(opened(&new, 11), exits);
    let both = SetSecret::open(&read(&old, "seal/secret.age"), &Identity::from_secret(&[9; 32]));
    let of_the_old = both.unwrap().files_identity();
    assert!(of_the_old.open(&read(&new, "sealed/exits.age"), 1000).is_err());
    // What rotted in every copy stops it: it would be lost.
    for copy in ["a", "b"] {
        flip(&folder.path(copy).join("stockade").join(&old).join("sealed/exits.age"), 40);
    }
    let refused = on("mock-ledger").run(&line).error(3, "input");
    assert!(refused.message().contains("sealed/exits.age"), "{}", refused.message());
}
