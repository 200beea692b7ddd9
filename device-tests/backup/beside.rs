//! Repair of what lies beside sets, and of what no signature covers.

use std::fs;

use super::tampered::{OWNER, sum_again};
use crate::command::{
    fixture::{Folder, ledger},
    m_of_n::{identity, two_of_three},
    run::{Ran, WORDS, alone, on},
};

fn repair(folder: &Folder, options: &str) -> Ran {
    alone().run(&format!("backup repair {} {options}", folder.both()))
}

/// The path of a file beside the only set of a copy.
fn beside(folder: &Folder, copy: &str, kind: &str, name: &str) -> String {
    let set = ledger().json["set_id"].as_str().unwrap();
    folder.at(&format!("{copy}/stockade/{kind}/{set}/{name}"))
}

/// A history of the set's keys up to this epoch, put into a copy.
fn put_history(folder: &Folder, copy: &str, name: &str, epoch: u64) -> String {
    let keys = ledger().json["keys"].as_array().unwrap().iter();
    let data: Vec<_> = keys
        .map(|key| {
            serde_json::json!({
                "pubkey": format!("0x{}", key["pubkey"].as_str().unwrap()),
                "signed_blocks": [],
                "signed_attestations":
                    [{"source_epoch": "6", "target_epoch": epoch.to_string()}],
            })
        })
        .collect();
    put(folder, copy, name, HOODI, &serde_json::json!(data))
}

const HOODI: &str = "0x212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f";

fn put(folder: &Folder, copy: &str, name: &str, root: &str, data: &serde_json::Value) -> String {
    let metadata = serde_json::json!({
        "interchange_format_version": "5", "genesis_validators_root": root,
    });
    let text = serde_json::json!({"metadata": metadata, "data": data}).to_string();
    write(&beside(folder, copy, "history", name), &text);
    text
}

fn write(path: &str, text: &str) {
    fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn copies_complete_each_other_s_histories_and_attestations() {
    let folder = ledger().copies();
    let one = put_history(&folder, "a", "20261120T101500Z.json", 7);
    let two = put_history(&folder, "b", "20261120T101501Z.json", 8);
    let a = folder.at("a");
    on("mock-ledger").run(&format!("attest create --copy {a}")).code(0);
    let repaired = repair(&folder, "").code(0);
    assert_eq!(repaired.json["added"], 3);
    assert_eq!(repaired.each("repaired", "done"), ["whole"; 2]);
    for copy in ["a", "b"] {
        let read = |name| fs::read_to_string(beside(&folder, copy, "history", name)).unwrap();
        assert_eq!(read("20261120T101500Z.json"), one);
        assert_eq!(read("20261120T101501Z.json"), two);
        let attestations = fs::read_dir(beside(&folder, copy, "attestations", "")).unwrap();
        assert_eq!(attestations.count(), 1, "{copy}");
    }
    assert_eq!(repair(&folder, "").code(0).json["added"], 0);
}

/// Attestations show which sets there once were. Where they cannot be read, a set may have vanished.
#[test]
fn a_scrub_says_which_attestations_cannot_be_read() {
    let folder = ledger().copies();
    let of_set = beside(&folder, "b", "attestations", "");
    let of_set = of_set.trim_end_matches('/');
    write(of_set, "no folder");
    let scrub = || alone().run(&format!("backup scrub {}", folder.both())).code(1);
    let set = ledger().json["set_id"].as_str().unwrap();
    let scrubbed = scrub();
    assert_eq!(scrubbed.each("files", "file"), [format!("attestations/{set}")]);
    assert_eq!(scrubbed.each("files", "reason"), ["unreadable"]);
    let all = folder.at("b/stockade/attestations");
    fs::remove_dir_all(&all).unwrap();
    write(&all, "no folder");
    assert_eq!(scrub().each("files", "file"), ["attestations"]);
}

#[test]
fn two_histories_of_one_name_stay_and_are_reported() {
    let folder = ledger().copies();
    let name = "20261120T101500Z.json";
    let one = put_history(&folder, "a", name, 7);
    let two = put_history(&folder, "b", name, 8);
    let (copies, c) = (folder.both(), folder.at("c"));
    let line = format!("backup repair {copies} --to {c}");
    let reported = alone().run(&line).code(1);
    assert_eq!(reported.each("files", "reason"), ["manifest_disagreement"]);
    assert_eq!(fs::read_to_string(beside(&folder, "a", "history", name)).unwrap(), one);
    assert_eq!(fs::read_to_string(beside(&folder, "b", "history", name)).unwrap(), two);
    assert!(!fs::exists(beside(&folder, "c", "history", name)).unwrap(), "one of them spread");
}

#[test]
fn what_is_no_history_and_no_attestation_never_spreads() {
    let folder = ledger().copies();
    let a = folder.at("a");
    on("mock-ledger").run(&format!("attest create --copy {a}")).code(0);
    let attestations = beside(&folder, "a", "attestations", "");
    let real = fs::read_dir(&attestations).unwrap().next().unwrap().unwrap();
    let (name, text) =
        (real.file_name().into_string().unwrap(), fs::read_to_string(real.path()).unwrap());
    fs::remove_file(real.path()).unwrap();
    let sepolia = "0xd8ea171f3c94aea21ebc42a1ed61052acf3f9209c00e4efbaaddac09ed9b8078";
    let other_key = serde_json::json!([{
        "pubkey": format!("0x{}", "a".repeat(96)), "signed_blocks": [], "signed_attestations": [],
    }]);
    write(&beside(&folder, "a", "history", "20261120T000001Z.json"), "{\"metadata\": ");
    put(&folder, "a", "20261120T000002Z.json", sepolia, &serde_json::json!([]));
    put(&folder, "a", "20261120T000003Z.json", HOODI, &serde_json::json!([]));
    put(&folder, "a", "20261120T000004Z.json", HOODI, &other_key);
    put_history(&folder, "a", "newest.json", 7);
    let changed = text.replace("keys 3 proven", "keys 9 proven");
    assert_ne!(changed, text);
    write(&format!("{attestations}/{name}"), &changed);
    let of_other_set = text.replace("-hoodi-", "-sepolia-");
    write(&format!("{attestations}/20261120T000000Z-{}", &name[17..]), &of_other_set);
    write(&format!("{attestations}/20261120T000000Z-0x{}.json", "1".repeat(40)), &text);
    let content = folder.content();
    let reported = repair(&folder, "").code(1);
    assert_eq!(reported.each("files", "reason"), ["malformed"; 6]);
    // Those that hold nothing are no problem.
    assert_eq!(reported.list("passed_over").len(), 2);
    assert_eq!(reported.json["added"], 0);
    assert!(folder.content() == content, "something was written");
    // The real one spreads, and not over what stands in its place.
    write(&beside(&folder, "b", "attestations", &name), &text);
    repair(&folder, "").code(1);
    assert_eq!(fs::read_to_string(format!("{attestations}/{name}")).unwrap(), changed);
}

/// A folder in whose copy `b` somebody wrote another manifest.mac, and a list that fits it.
fn other_mac() -> Folder {
    let folder = ledger().copies();
    let set = folder.set("b");
    fs::write(set.join("manifest.mac"), format!("{}\n", "a".repeat(64))).unwrap();
    sum_again(&set);
    folder
}

#[test]
fn copies_that_differ_in_the_mac_alone_wait_for_the_wallet() {
    let folder = other_mac();
    let before = folder.content();
    for options in [String::new(), format!("--signer {OWNER}")] {
        let left = repair(&folder, &options).code(1);
        assert_eq!(left.each("repaired", "reason"), ["manifest_disagreement"; 2], "{options}");
        assert_eq!(left.verdicts().2, 6, "{options}");
        assert!(folder.content() == before, "{options}");
    }
    // Its user says no: nothing is decided.
    let line = format!("backup repair {}", folder.both());
    on("mock-ledger").rejecting().run(&line).error(5, "rejected");
    assert!(folder.content() == before);
    let own = fs::read(folder.set("a").join("manifest.mac")).unwrap();
    let decided = on("mock-ledger").holding(WORDS).run(&line).code(0);
    assert_eq!(decided.each("repaired", "done"), ["whole", "written"]);
    assert_eq!(fs::read(folder.set("b").join("manifest.mac")).unwrap(), own);
    on("mock-ledger").run(&format!("backup drill {}", folder.both())).code(0);
}

#[test]
fn a_wallet_that_need_not_decide_is_not_asked() {
    let folder = ledger().copies();
    fs::remove_file(folder.set("b").join("manifest.mac")).unwrap();
    let line = format!("backup repair {}", folder.both());
    let repaired = on("mock-ledger").run(&line).code(0);
    assert!(!repaired.prompted(), "{}", repaired.stderr);
}

#[test]
fn a_list_that_names_more_or_less_is_decided_by_what_was_signed() {
    let folder = ledger().copies();
    let set = folder.set("b");
    // Listed beside what was signed, and there: no part of the set.
    fs::write(set.join("extra.txt"), "extra").unwrap();
    sum_again(&set);
    fs::remove_file(set.join("extra.txt")).unwrap();
    let own = fs::read(folder.set("a").join("SHA256SUMS")).unwrap();
    let line = format!("backup repair {}", folder.both());
    on("mock-ledger").run(&line).code(0);
    assert_eq!(fs::read(set.join("SHA256SUMS")).unwrap(), own);
}

/// Where one custodian opens the set, what the wallet signed says which secret is the right one: a
/// manifest.mac that fits nothing in any copy keeps nobody out.
#[test]
fn a_mac_that_somebody_changed_in_every_copy_is_made_again() {
    let folder = other_mac();
    let own = fs::read(ledger().copies().set("a").join("manifest.mac")).unwrap();
    fs::write(folder.set("a").join("manifest.mac"), format!("{}\n", "b".repeat(64))).unwrap();
    sum_again(&folder.set("a"));
    let drilled = on("mock-ledger").run(&format!("backup drill {}", folder.both())).code(1);
    assert_eq!(drilled.each("keys", "reason"), ["manifest_mac"; 6]);
    let repaired = on("mock-ledger").run(&format!("backup repair {}", folder.both())).code(0);
    assert_eq!(repaired.each("repaired", "done"), ["written"; 2]);
    for copy in ["a", "b"] {
        assert_eq!(fs::read(folder.set(copy).join("manifest.mac")).unwrap(), own);
    }
    on("mock-ledger").run(&format!("backup drill {}", folder.both())).code(0);
}

/// Who decides is a custodian, whether a wallet, named anywhere, or a file.
#[test]
fn an_identity_decides_where_its_owner_s_signature_is_named() {
    let folder = two_of_three().copies();
    let set = folder.set("b");
    let own = fs::read(set.join("manifest.mac")).unwrap();
    fs::write(set.join("manifest.mac"), format!("{}\n", "a".repeat(64))).unwrap();
    sum_again(&set);
    let identity = folder.at("identity.txt");
    let line = format!("backup repair {} --identity {identity}", folder.both());
    // One of the two that it takes.
    let left = alone().run(&format!("{line} --signer {OWNER}")).code(1);
    assert_eq!(left.each("repaired", "reason"), ["share_missing"; 2]);
    let with_wallet = alone().holding(WORDS).with("STOCKADE_DEVICE", "mock-ledger");
    let decided = with_wallet.run(&line).code(0);
    assert_eq!(decided.each("repaired", "done"), ["whole", "written"]);
    assert_eq!(fs::read(set.join("manifest.mac")).unwrap(), own);
}

#[test]
fn identities_alone_decide_without_a_wallet() {
    let folder = Folder::new();
    let recipient = identity(&folder, "identity.txt", 9);
    let file = folder.at("age.json");
    let enroll = format!("custodian enroll --name age --out {file} --age-recipient {recipient}");
    alone().run(&enroll).code(0);
    let create = "validator create --network hoodi --count 1 --custodian";
    on("mock-ledger").run(&format!("{create} {file} --copy {}", folder.both())).code(0);
    let set = folder.set("b");
    fs::write(set.join("manifest.mac"), format!("{}\n", "a".repeat(64))).unwrap();
    sum_again(&set);
    let line = format!("backup repair {} --signer {OWNER}", folder.both());
    alone().run(&line).code(1);
    let line = format!("{line} --identity {}", folder.at("identity.txt"));
    let decided = alone().run(&line).code(0);
    assert_eq!(decided.each("repaired", "done"), ["whole", "written"]);
}
