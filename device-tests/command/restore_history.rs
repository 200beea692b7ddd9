//! No key comes back to life without its slashing history being asked for.

use std::fs;

use serde_json::{Value, json};
use stockade::staking::Network;

use super::{
    fixture::{Folder, ledger, vector, vector_json},
    run::{Ran, on},
};
use crate::backup::retire::replaced;

pub(super) fn restore(folder: &Folder, answer: &str) -> Ran {
    let (copies, to) = (folder.both(), folder.at("restored"));
    on("mock-ledger").run(&format!("backup restore {copies} --layout plain --to {to} {answer}"))
}

pub(super) fn pubkeys() -> Vec<String> {
    let keys = ledger().json["keys"].as_array().unwrap().iter();
    keys.map(|key| key["pubkey"].as_str().unwrap().to_owned()).collect()
}

/// An EIP-3076 file that says that these keys attested up to epoch 1000.
pub(super) fn history(network: Network, pubkeys: &[String]) -> Value {
    let record = |key: &String| {
        json!({
            "pubkey": format!("0x{key}"),
            "signed_blocks": [],
            "signed_attestations": [{"source_epoch": "999", "target_epoch": "1000"}],
        })
    };
    let root = hex::encode(network.genesis_validators_root());
    json!({
        "metadata": {
            "interchange_format_version": "5",
            "genesis_validators_root": format!("0x{root}"),
        },
        "data": pubkeys.iter().map(record).collect::<Vec<_>>(),
    })
}

#[test]
fn without_an_answer_nothing_is_restored() {
    let folder = ledger().copies();
    let unanswered = restore(&folder, "").error(2, "usage");
    assert!(unanswered.json["error"]["hint"].as_str().unwrap().contains("--history"));
    assert!(!unanswered.prompted(), "{}", unanswered.stderr);
    restore(&folder, "--never-attested --history-lost").error(2, "usage");
    assert!(!folder.path("restored").exists());
}

#[test]
fn a_history_that_does_not_fit_is_refused() {
    let folder = ledger().copies();
    let all = pubkeys();
    let other_version = {
        let mut history = history(Network::Hoodi, &all);
        history["metadata"]["interchange_format_version"] = "4".into();
        history
    };
    for (name, history) in [
        ("another network", history(Network::Sepolia, &all)),
        ("a key is missing", history(Network::Hoodi, &all[..2])),
        ("all keys are missing", history(Network::Hoodi, &[])),
        ("another version", other_version),
        ("no history at all", json!({"data": []})),
    ] {
        let file = folder.file("history.json", history.to_string());
        let refused = restore(&folder, &format!("--history {file}")).error(3, "input");
        assert!(!refused.prompted(), "{name}: {}", refused.stderr);
        assert!(!folder.path("restored").exists(), "{name}");
    }
    restore(&folder, &format!("--history {}", folder.at("nowhere"))).error(3, "file");
}

#[test]
fn a_history_that_fits_comes_with_the_keys_as_it_is() {
    let folder = ledger().copies();
    let history = history(Network::Hoodi, &pubkeys()).to_string();
    let file = folder.file("history.json", &history);
    let restored = restore(&folder, &format!("--history {file}")).code(0);
    assert_eq!(restored.text("history"), "restored");
    assert_eq!(written(&folder), sorted(serde_json::from_str(&history).unwrap()));
}

#[test]
fn a_lost_history_is_warned_about() {
    let folder = ledger().copies();
    let restored = restore(&folder, "--history-lost").code(0);
    assert_eq!(restored.text("history"), "lost");
    assert!(restored.stderr.contains("doppelganger"), "{}", restored.stderr);
    assert!(!folder.path("restored/slashing_protection.json").exists());
}

/// Two copies of imported keys with a history beside them, up to epoch 1000; and those keys.
fn kept() -> (Folder, Vec<String>) {
    let folder = Folder::new();
    let (from, password) = (vector("deposits/hoodi-0x02"), folder.password_file());
    let deposits = vector_json("deposits/hoodi-0x02/deposit_data-1795220365.json");
    let keys =
        deposits.as_array().unwrap().iter().map(|d| d["pubkey"].as_str().unwrap().to_owned());
    let keys: Vec<_> = keys.collect();
    let line = format!(
        "backup create --network hoodi --from {from} --password-file {password} --copy {}",
        folder.both()
    );
    let short = folder.file("short.json", history(Network::Hoodi, &keys[1..]).to_string());
    on("mock-ledger").run(&format!("{line} --history {short}")).error(3, "input");
    assert!(!folder.path("a").exists());
    let whole = folder.file("whole.json", history(Network::Hoodi, &keys).to_string());
    on("mock-ledger").run(&format!("{line} --history {whole}")).code(0);
    (folder, keys)
}

#[test]
fn a_history_kept_beside_the_set_is_not_taken_for_the_newest() {
    let (folder, keys) = kept();
    let unanswered = restore(&folder, "").error(2, "usage");
    assert!(unanswered.message().contains("1000"), "{}", unanswered.message());
    // Keys that attested are no keys that never did, nor does an older history say it all.
    let refused = restore(&folder, "--never-attested").error(3, "input");
    assert!(refused.message().contains("have attested"), "{}", refused.message());
    let mut older = history(Network::Hoodi, &keys);
    older["data"][1]["signed_attestations"][0]["target_epoch"] = "999".into();
    let older = folder.file("older.json", older.to_string());
    let refused = restore(&folder, &format!("--history {older}")).error(3, "input");
    assert!(refused.message().contains("older"), "{}", refused.message());
    assert!(!folder.path("restored").exists());

    // Where the newest is lost, what is known comes along.
    let restored = restore(&folder, "--history-lost").code(0);
    assert_eq!(restored.text("history"), "lost");
    assert_eq!(written(&folder), sorted(history(Network::Hoodi, &keys)));
}

#[test]
fn a_manifest_that_somebody_put_first_does_not_say_whose_history_is_needed() {
    let folder = ledger().copies();
    let manifest = folder.set("a").join("manifest.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    json["keystores"].as_array_mut().unwrap().truncate(1);
    let first = json["keystores"][0]["pubkey"].as_str().unwrap().to_owned();
    fs::write(&manifest, json.to_string()).unwrap();
    fs::remove_file(folder.set("a").join("SHA256SUMS")).unwrap();
    let file = folder.file("history.json", history(Network::Hoodi, &[first]).to_string());
    restore(&folder, &format!("--history {file}")).error(3, "input");
    assert!(!folder.path("restored").exists());
}

/// A history of the keys of [`ledger`], as text.
pub(super) fn history_of_ledger() -> String {
    history(Network::Hoodi, &pubkeys()).to_string()
}

/// The epoch that it is on hoodi by this machine's clock.
pub(super) fn epoch_now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    (now.as_secs() - 1_742_213_400) / (32 * 12)
}

/// As [`history`], but up to this epoch, and with a block at this slot.
pub(super) fn up_to(pubkeys: &[String], epoch: u64, slot: u64) -> Value {
    let mut history = history(Network::Hoodi, pubkeys);
    for record in history["data"].as_array_mut().unwrap() {
        record["signed_blocks"] = json!([{"slot": slot.to_string()}]);
        record["signed_attestations"] = json!([{
            "source_epoch": (epoch - 1).to_string(), "target_epoch": epoch.to_string(),
        }]);
    }
    history
}

/// Puts a history beside the set in a copy.
pub(super) fn put(folder: &Folder, copy: &str, name: &str, history: &Value) {
    let set = folder.set(copy).file_name().unwrap().to_str().unwrap().to_owned();
    folder.file(&format!("{copy}/stockade/history/{set}/{name}.json"), history.to_string());
}

pub(super) fn written(folder: &Folder) -> Value {
    let file = folder.path("restored/slashing_protection.json");
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

/// A history as it is written: by key.
fn sorted(mut history: Value) -> Value {
    let records = history["data"].as_array_mut().unwrap();
    records.sort_by_key(|record| record["pubkey"].to_string());
    history
}

/// The highest slot, source and target epoch that a history has for a key.
pub(super) fn bounds(history: &Value, key: &str) -> [u64; 3] {
    let number = |value: &Value| value.as_str().unwrap().parse::<u64>().unwrap();
    let mut bounds = [0; 3];
    for record in history["data"].as_array().unwrap() {
        if record["pubkey"] != format!("0x{key}") {
            continue;
        }
        for block in record["signed_blocks"].as_array().unwrap() {
            bounds[0] = bounds[0].max(number(&block["slot"]));
        }
        for attestation in record["signed_attestations"].as_array().unwrap() {
            bounds[1] = bounds[1].max(number(&attestation["source_epoch"]));
            bounds[2] = bounds[2].max(number(&attestation["target_epoch"]));
        }
    }
    bounds
}

#[test]
fn a_given_history_is_kept_beside_the_set_and_counts_again_only_when_somebody_says_so() {
    let folder = ledger().copies();
    let recent = up_to(&pubkeys(), epoch_now() - 1, 5);
    let file = folder.file("history.json", recent.to_string());
    for _ in 0..2 {
        let restored = restore(&folder, &format!("--history {file}")).code(0);
        assert_eq!(restored.list("history_kept").len(), 2);
        fs::remove_dir_all(folder.path("restored")).unwrap();
    }
    let names = ["a", "b"].map(|copy| {
        let set = folder.set(copy).file_name().unwrap().to_owned();
        let kept = folder.path(copy).join("stockade/history").join(set);
        let mut names = fs::read_dir(kept).unwrap().map(|entry| entry.unwrap().path());
        let name = names.next().unwrap();
        assert_eq!(names.count(), 0, "kept once, not at every restore");
        name
    });
    // It is recent because the keys signed until just now: the machine that did may go on, and
    // nobody said that it is off.
    let unanswered = restore(&folder, "").error(2, "usage");
    assert!(unanswered.message().contains("within the last hour"), "{}", unanswered.message());
    assert!(!unanswered.prompted(), "{}", unanswered.stderr);
    assert!(!folder.path("restored").exists());
    // Whoever names the very file says that it is their newest.
    let restored = restore(&folder, &format!("--history {}", names[0].display())).code(0);
    assert_eq!(restored.text("history"), "restored");
    assert_eq!(written(&folder), sorted(recent));
}

#[test]
fn what_is_kept_does_not_count_where_it_is_old_or_partial_or_not_readable() {
    let keys = pubkeys();
    let now = epoch_now();
    let fresh = up_to(&keys, now, 5);
    for (name, put_more) in [
        ("old", up_to(&keys, now - 20, 5)),
        ("partial", up_to(&keys[..2], now, 5)),
        ("never signed", history(Network::Hoodi, &[])),
    ] {
        let folder = ledger().copies();
        put(&folder, "a", "20261120T101500Z", &put_more);
        let refused = restore(&folder, "").error(2, "usage");
        assert!(!refused.prompted(), "{name}: {}", refused.stderr);
        assert!(!folder.path("restored").exists(), "{name}");
    }
    let folder = ledger().copies();
    put(&folder, "a", "20261120T101500Z", &fresh);
    put(&folder, "b", "20261120T101500Z", &json!({"metadata": "rotten"}));
    let refused = restore(&folder, "").error(2, "usage");
    assert!(refused.stderr.contains("20261120T101500Z"), "{}", refused.stderr);
    // What cannot be read may say that they signed.
    fs::remove_dir_all(folder.path("a/stockade/history")).unwrap();
    let refused = restore(&folder, "--never-attested").error(3, "input");
    assert!(refused.message().contains("cannot be read"), "{}", refused.message());
    restore(&folder, "--history-lost").code(0);
}

#[test]
fn several_histories_beside_a_set_become_one_that_lowers_no_bound() {
    let folder = ledger().copies();
    let keys = pubkeys();
    let histories = [
        ("a", "20261120T101500Z", up_to(&keys[..2], 900, 70)),
        ("a", "20261120T101501Z", up_to(&keys[1..], 700, 90)),
        ("b", "20261120T101500Z", up_to(&keys, 800, 80)),
    ];
    for (copy, name, history) in &histories {
        put(&folder, copy, name, history);
    }
    restore(&folder, "--history-lost").code(0);
    let written = written(&folder);
    for key in &keys {
        let mut highest = [0; 3];
        for (_, _, history) in &histories {
            let bounds = bounds(history, key);
            highest = [0, 1, 2].map(|i| bounds[i].max(highest[i]));
        }
        assert_eq!(bounds(&written, key), highest, "{key}");
    }
    assert_eq!(written["data"].as_array().unwrap().len(), 3, "one record a key");
}

#[test]
fn a_given_history_must_not_forget_a_block_either() {
    let folder = ledger().copies();
    let keys = pubkeys();
    put(&folder, "b", "20261120T101500Z", &up_to(&keys, 900, 70));
    let older = folder.file("older.json", up_to(&keys, 900, 69).to_string());
    let refused = restore(&folder, &format!("--history {older}")).error(3, "input");
    assert!(refused.message().contains("older"), "{}", refused.message());
    let newer = folder.file("newer.json", up_to(&keys, 900, 71).to_string());
    restore(&folder, &format!("--history {newer}")).code(0);
}

#[test]
fn keys_that_only_proposed_have_signed() {
    let folder = ledger().copies();
    let mut blocks = up_to(&pubkeys(), 900, 70);
    for record in blocks["data"].as_array_mut().unwrap() {
        record["signed_attestations"] = json!([]);
    }
    put(&folder, "a", "20261120T101500Z", &blocks);
    restore(&folder, "--never-attested").error(3, "input");
}

#[test]
fn a_copy_whose_histories_cannot_be_listed_may_hold_a_newer_one() {
    let folder = ledger().copies();
    folder.file("b/stockade/history", "a file in the way");
    let file = folder.file("history.json", up_to(&pubkeys(), 900, 70).to_string());
    restore(&folder, &format!("--history {file}")).error(3, "file");
    assert!(!folder.path("restored").exists());
}

#[test]
fn where_a_copy_takes_no_history_the_keys_are_restored_and_it_is_said() {
    let folder = ledger().copies();
    let file = folder.file("history.json", up_to(&pubkeys(), 900, 70).to_string());
    let busy = fs::File::open(folder.path("b/stockade")).unwrap();
    busy.try_lock().unwrap();
    // It does not know where the keys went either.
    let restored = restore(&folder, &format!("--history {file}")).code(1);
    assert_eq!(restored.list("history_kept").len(), 1);
    assert_eq!(restored.list("unrecorded").len(), 1);
    assert!(restored.stderr.contains("not kept in"), "{}", restored.stderr);
    assert!(folder.path("restored/slashing_protection.json").exists());
}

#[test]
fn a_lost_history_names_the_wait_and_the_client_s_own_switch() {
    for (layout, switch) in [
        ("lighthouse", "--enable-doppelganger-protection"),
        ("teku", "--doppelganger-detection-enabled=true"),
        ("prysm", "--enable-doppelganger"),
        ("nimbus", "--doppelganger-detection=true"),
        ("lodestar", "--doppelgangerProtection"),
    ] {
        let folder = ledger().copies();
        let (copies, to) = (folder.both(), folder.at("restored"));
        let line = format!("backup restore {copies} --layout {layout} --to {to} --history-lost");
        let restored = on("mock-ledger").run(&line).code(0);
        assert!(restored.stderr.contains(switch), "{layout}: {}", restored.stderr);
        assert!(restored.stderr.contains("3 epochs (20 minutes)"), "{}", restored.stderr);
    }
}

/// Anybody who can write to a stick can date a history in the future, after which a client would
/// never sign again.
#[test]
fn a_history_from_the_future_is_reported_and_never_restored_nor_spread() {
    let slots = epoch_now() * 32;
    let keys = pubkeys();
    for (name, future) in [
        ("an attestation", up_to(&keys, epoch_now() + 100, 5)),
        ("a block", up_to(&keys, 900, slots + 32 * 100)),
    ] {
        let folder = ledger().copies();
        put(&folder, "a", "20261120T101500Z", &future);
        let refused = restore(&folder, "--never-attested").error(3, "input");
        assert!(refused.message().contains("in the future"), "{name}: {}", refused.message());
        let repaired = on("mock-ledger").run(&format!("backup repair {}", folder.both())).code(1);
        assert_eq!(repaired.each("files", "reason"), ["malformed"], "{name}");
        assert!(!folder.path("b/stockade/history").exists(), "{name}: it spread");
        let restored = restore(&folder, "--history-lost").code(0);
        assert!(restored.stderr.contains("in the future"), "{name}: {}", restored.stderr);
        assert!(!folder.path("restored/slashing_protection.json").exists(), "{name}");
    }
}

#[test]
fn an_empty_history_is_taken_for_none() {
    let folder = ledger().copies();
    let mut empty = history(Network::Hoodi, &pubkeys());
    for record in empty["data"].as_array_mut().unwrap() {
        record["signed_attestations"] = json!([]);
    }
    let file = folder.file("history.json", empty.to_string());
    let refused = restore(&folder, &format!("--history {file}")).error(3, "input");
    assert!(refused.message().contains("never signed"), "{}", refused.message());
    assert!(refused.json["error"]["hint"].as_str().unwrap().contains("--never-attested"));
    assert!(!folder.path("restored").exists());
}

/// A key may lie in several sets, and what it signed beside any of them.
#[test]
fn a_history_beside_another_set_is_one_of_the_same_keys() {
    let (folder, old, new) = replaced(0, 4);
    let text = up_to(&pubkeys(), 900, 70).to_string();
    folder.file(&format!("b/stockade/history/{old}/20261120T101500Z.json"), text);
    let (copies, to) = (folder.both(), folder.at("restored"));
    let line = format!("backup restore {copies} --set {new} --layout plain --to {to}");
    let refused = on("mock-ledger").run(&format!("{line} --never-attested")).error(3, "input");
    assert!(refused.message().contains("have attested"), "{}", refused.message());
    on("mock-ledger").run(&format!("{line} --history-lost")).code(0);
    assert_eq!(bounds(&written(&folder), &pubkeys()[0]), [70, 899, 900]);
}
