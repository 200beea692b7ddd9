//! Slashing histories as clients, people and strangers write them: what is said of each, and what goes
//! out.

use std::fs;

use serde_json::{Value, json};
use stockade::staking::Network;

use super::{
    fixture::{Folder, ledger, vector},
    restore_history::{bounds, epoch_now, history, pubkeys, put, restore, up_to, written},
    run::{WORDS, alone, on},
};

fn hint(json: &Value) -> &str {
    json["error"]["hint"].as_str().unwrap()
}

#[test]
fn what_is_still_to_come_is_refused_when_it_is_given_naming_the_key() {
    let keys = pubkeys();
    for (name, epoch, slot) in [
        ("an epoch", epoch_now() + 100, 5),
        ("a slot", 900, (epoch_now() + 100) * 32),
        ("2^63", 1 << 63, 5),
        ("the last of all", 900, u64::MAX),
    ] {
        let folder = ledger().copies();
        let mut future = up_to(&keys, 900, 5);
        future["data"][1] = up_to(&keys[1..2], epoch, slot)["data"][0].clone();
        let file = folder.file("history.json", future.to_string());
        let refused = restore(&folder, &format!("--history {file}")).error(3, "input");
        assert!(refused.message().contains("in the future"), "{name}: {}", refused.message());
        assert!(refused.message().contains(&keys[1]), "{name}: {}", refused.message());
        assert!(!folder.path("restored").exists(), "{name}");
        assert!(!folder.path("a/stockade/history").exists(), "{name}: it was kept");
    }
}

#[test]
fn several_files_are_one_history() {
    let folder = ledger().copies();
    let keys = pubkeys();
    let one = folder.file("one.json", up_to(&keys[..2], 900, 70).to_string());
    let two = folder.file("two.json", up_to(&keys[1..], 800, 80).to_string());
    let restored = restore(&folder, &format!("--history {one} --history {two}")).code(0);
    assert_eq!(restored.text("history"), "restored");
    assert_eq!(restored.list("history_silent"), [] as [Value; 0]);
    let written = written(&folder);
    for (key, expected) in keys.iter().zip([[70, 899, 900], [80, 899, 900], [80, 799, 800]]) {
        assert_eq!(bounds(&written, key), expected, "{key}");
    }
}

/// Clients export nothing of keys that never signed.
#[test]
fn a_key_that_never_signed_is_named_beside_the_history_of_the_others() {
    let folder = ledger().copies();
    let keys = pubkeys();
    let file = folder.file("history.json", up_to(&keys[1..], 900, 70).to_string());
    let line = format!("--history {file}");
    let refused = restore(&folder, &line).error(3, "input");
    assert!(refused.message().contains("1 of 3 keys"), "{}", refused.message());
    assert!(refused.message().contains(&keys[0]), "{}", refused.message());
    assert!(hint(&refused.json).contains("--never-attested-key"), "{}", refused.json);
    // The way on that was named.
    let restored = restore(&folder, &format!("{line} --never-attested-key {}", keys[0])).code(0);
    assert_eq!(restored.list("history_silent"), [json!(keys[0])]);
    let record = json!({
        "pubkey": format!("0x{}", keys[0]), "signed_blocks": [], "signed_attestations": [],
    });
    assert!(written(&folder)["data"].as_array().unwrap().contains(&record));
    // What somebody says is not kept as if a client had said it.
    fs::remove_dir_all(folder.path("restored")).unwrap();
    restore(&folder, &line).error(3, "input");

    restore(&folder, &format!("{line} --never-attested-key {}", keys[1])).error(3, "input");
    restore(&folder, &format!("{line} --never-attested-key {}", "b".repeat(96))).error(2, "usage");
    restore(&folder, "--never-attested --history-lost").error(2, "usage");
    restore(&folder, &format!("{line} --never-attested")).error(2, "usage");
    restore(&folder, &format!("{line} --history-lost")).error(2, "usage");
    // It did sign, by what is stored with the set.
    put(&folder, "b", "20261120T101500Z", &up_to(&keys[..1], 700, 7));
    let line = format!("{line} --never-attested-key {}", keys[0]);
    let refused = restore(&folder, &line).error(3, "input");
    assert!(refused.message().contains(&keys[0]), "{}", refused.message());
    assert!(!folder.path("restored").exists());
}

#[test]
fn a_kept_record_that_is_empty_covers_a_key_that_never_signed() {
    let folder = ledger().copies();
    let keys = pubkeys();
    let mut empty = history(Network::Hoodi, &keys[..1]);
    empty["data"][0]["signed_attestations"] = json!([]);
    put(&folder, "b", "20261120T101500Z", &empty);
    let file = folder.file("history.json", up_to(&keys[1..], 900, 70).to_string());
    let line = format!("--history {file}");
    let restored = restore(&folder, &line).code(0);
    assert_eq!(restored.list("history_silent"), [json!(keys[0])]);
    // Not where another file may say that it did sign.
    fs::remove_dir_all(folder.path("restored")).unwrap();
    put(&folder, "a", "20261120T101501Z", &json!({"metadata": "rotten"}));
    restore(&folder, &line).error(3, "input");
}

#[test]
fn a_kept_history_of_some_keys_names_the_others_and_the_way_on() {
    let folder = ledger().copies();
    let keys = pubkeys();
    put(&folder, "a", "20261120T101500Z", &up_to(&keys[..2], 900, 70));
    let refused = restore(&folder, "").error(2, "usage");
    assert!(refused.message().contains(&keys[2]), "{}", refused.message());
    assert!(hint(&refused.json).contains("--never-attested-key"), "{}", refused.json);
    // With it only the question is left that nobody here can answer.
    let never = format!("--never-attested-key {}", keys[2]);
    let refused = restore(&folder, &never).error(2, "usage");
    assert!(refused.message().contains("complete"), "{}", refused.message());
    let set = folder.set("a").file_name().unwrap().to_str().unwrap().to_owned();
    let kept = folder.at(&format!("a/stockade/history/{set}/20261120T101500Z.json"));
    restore(&folder, &format!("--history {kept} {never}")).code(0);
}

/// What clients answer that have no history to give, as older versions stored it.
#[test]
fn what_says_nothing_blocks_nothing_and_is_said() {
    let empty = |root: &str| {
        format!(
            r#"{{"metadata":{{"interchange_format_version":"5","genesis_validators_root":"{root}"}},"data":[]}}"#
        )
    };
    let hoodi = hex::encode(Network::Hoodi.genesis_validators_root());
    let other = fs::read_to_string(vector("histories/lighthouse-of-another-network-empty.json"));
    for (name, nothing) in [
        ("null", "null".to_owned()),
        ("no bytes", String::new()),
        ("no chain", r#"{"metadata":{"interchange_format_version":"5"},"data":[]}"#.to_owned()),
        ("no records", empty(&hoodi)),
        ("another network", other.unwrap()),
    ] {
        let folder = ledger().copies();
        let set = folder.set("a").file_name().unwrap().to_str().unwrap().to_owned();
        let path = format!("a/stockade/history/{set}/20261120T101500Z.json");
        folder.file(&path, &nothing);
        let repaired = alone().run(&format!("backup repair {}", folder.both())).code(0);
        assert_eq!(repaired.list("passed_over").len(), 1, "{name}");
        assert!(!folder.path("b/stockade/history").exists(), "{name}: it spread");
        let restored = restore(&folder, "--never-attested").code(0);
        assert!(restored.stderr.contains("passed over"), "{name}: {}", restored.stderr);
        assert!(restored.stderr.contains("it is empty"), "{name}: {}", restored.stderr);
        fs::remove_dir_all(folder.path("restored")).unwrap();
        // Whoever gives it is told.
        let line = format!("--history {}", folder.at(&path));
        restore(&folder, &line).error(3, "input");
        // A new set does not get it.
        let own = folder.at("own.json");
        on("mock-ledger").run(&format!("custodian enroll --name own --out {own}")).code(0);
        let line = format!("backup reseal {} --custodian {own}", folder.both());
        let resealed = on("mock-ledger").and("mock-ledger", WORDS).run(&line).code(0);
        let new = resealed.text("set_id");
        assert!(!folder.path(&format!("a/stockade/history/{new}")).exists(), "{name}");
    }
}

#[test]
fn a_record_that_cannot_be_read_does_not_spoil_the_others() {
    let keys = pubkeys();
    let no_key = |history: &mut Value, i: usize| history["data"][i]["pubkey"] = "0xabc".into();
    // Of nobody here: the file speaks of every key all the same.
    let folder = ledger().copies();
    let mut four = up_to(&[keys.clone(), keys[..1].to_vec()].concat(), 900, 70);
    no_key(&mut four, 3);
    put(&folder, "a", "20261120T101500Z", &four);
    let refused = restore(&folder, "--never-attested").error(3, "input");
    assert!(refused.message().contains("have attested"), "{}", refused.message());
    let restored = restore(&folder, "--history-lost").code(0);
    assert!(restored.stderr.contains("record 4: pubkey 0xabc"), "{}", restored.stderr);
    assert_eq!(bounds(&written(&folder), &keys[2]), [70, 899, 900]);
    // Where a key is missing, it may be that one's.
    let folder = ledger().copies();
    let mut three = up_to(&keys, 900, 70);
    no_key(&mut three, 2);
    three["data"].as_array_mut().unwrap().swap(0, 2);
    put(&folder, "a", "20261120T101500Z", &three);
    let file = folder.file("history.json", up_to(&keys[..2], 900, 70).to_string());
    let line = format!("--history {file} --never-attested-key {}", keys[2]);
    let refused = restore(&folder, &line).error(3, "input");
    assert!(refused.message().contains("cannot be read"), "{}", refused.message());
    restore(&folder, "--history-lost").code(0);
    assert_eq!(bounds(&written(&folder), &keys[1]), [70, 899, 900]);
    // Whoever gives it is told which it is.
    let file = folder.file("three.json", three.to_string());
    fs::remove_dir_all(folder.path("restored")).unwrap();
    let refused = restore(&folder, &format!("--history {file}")).error(3, "input");
    assert!(refused.message().contains("record 1: pubkey 0xabc"), "{}", refused.message());
}

/// Prysm takes a vote that it reads twice for a double vote, and stops using the key.
#[test]
fn what_goes_out_has_each_vote_once_and_only_the_keys_that_are_restored() {
    let folder = ledger().copies();
    let keys = pubkeys();
    let root = |byte: &str| format!("0x{}", byte.repeat(32));
    let with = |block: Value, vote: Value| {
        let mut history = up_to(&keys, 900, 70);
        for record in history["data"].as_array_mut().unwrap() {
            record["signed_blocks"][0]["signing_root"] = block.clone();
            record["signed_attestations"][0]["signing_root"] = vote.clone();
        }
        history
    };
    let mut more = with(root("00").into(), Value::Null);
    let stranger = json!({
        "pubkey": format!("0x{}", "b301803f8b5ac4a1133581fc676dfedc60d891dd5fa99028805e5ea5b08d3491af75d0707adab3b70c6a6a580217bf81"),
        "signed_blocks": [{"slot": "3"}],
        "signed_attestations": [],
    });
    more["data"].as_array_mut().unwrap().push(stranger);
    put(&folder, "a", "20261120T101500Z", &up_to(&keys, 900, 70));
    put(&folder, "a", "20261120T101501Z", &with(root("11").into(), root("22").into()));
    put(&folder, "b", "20261120T101500Z", &more);
    restore(&folder, "--history-lost").code(0);
    let mut expected = with(root("11").into(), root("22").into());
    expected["data"].as_array_mut().unwrap().sort_by_key(|record| record["pubkey"].to_string());
    assert_eq!(written(&folder), expected);
    // A file that is given alone is no other.
    fs::remove_dir_all(folder.path("restored")).unwrap();
    let file = folder.file("more.json", more.to_string());
    restore(&folder, &format!("--history {file}")).code(0);
    let text = written(&folder).to_string();
    assert!(!text.contains("signing_root") && !text.contains("b301803f"), "{text}");
}

#[test]
fn repair_says_what_a_file_is_that_is_no_history_of_the_set() {
    let keys = pubkeys();
    let other_key = "b301803f8b5ac4a1133581fc676dfedc60d891dd5fa99028805e5ea5b08d3491af75d0707adab3b70c6a6a580217bf81";
    for (what, history) in [
        ("another network (sepolia)", history(Network::Sepolia, &keys)),
        ("in the future", up_to(&keys, epoch_now() + 100, 5)),
        ("not about any key of this set", history(Network::Hoodi, &[other_key.to_owned()])),
    ] {
        let folder = ledger().copies();
        put(&folder, "a", "20261120T101500Z", &history);
        let repaired = alone().run(&format!("backup repair {}", folder.both())).code(1);
        assert_eq!(repaired.each("files", "reason"), ["malformed"], "{what}");
        let detail = repaired.each("files", "detail");
        assert!(detail[0].contains(what), "{what}: {detail:?}");
    }
}

#[test]
fn what_dirk_exports_is_taken() {
    let folder = ledger().copies();
    let never = &pubkeys()[2];
    let dirk = vector("histories/dirk-export-attested-only.json");
    restore(&folder, &format!("--history {dirk} --never-attested-key {never}")).code(0);
    let written = written(&folder);
    let empty = |field: &str| {
        let records = written["data"].as_array().unwrap().iter();
        records.filter(|record| record[field].as_array().unwrap().is_empty()).count()
    };
    assert_eq!((empty("signed_blocks"), empty("signed_attestations")), (2, 1));
}

#[test]
fn a_backup_takes_several_histories_and_keys_that_never_signed() {
    let folder = Folder::new();
    let (from, password) = (vector("deposits/hoodi-0x02"), folder.password_file());
    let deposits: Value = serde_json::from_slice(
        &fs::read(vector("deposits/hoodi-0x02/deposit_data-1795220365.json")).unwrap(),
    )
    .unwrap();
    let keys = deposits.as_array().unwrap().iter();
    let keys: Vec<_> = keys.map(|d| d["pubkey"].as_str().unwrap().to_owned()).collect();
    let line = format!(
        "backup create --network hoodi --from {from} --password-file {password} --copy {}",
        folder.both()
    );
    let file = folder.file("history.json", up_to(&keys[1..], 900, 70).to_string());
    let refused = on("mock-ledger").run(&format!("{line} --history {file}")).error(3, "input");
    assert!(refused.message().contains(&keys[0]), "{}", refused.message());
    assert!(hint(&refused.json).contains("--never-attested-key"), "{}", refused.json);
    let line = format!("{line} --history {file} --history {file}");
    on("mock-ledger").run(&format!("{line} --never-attested-key {}", keys[0])).code(0);
    let refused = restore(&folder, "").error(2, "usage");
    assert!(refused.message().contains(&keys[0]), "{}", refused.message());
}
