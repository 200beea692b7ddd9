//! `backup restore --all-sets`: a whole fleet in one folder, with one plan and one set of questions.

use std::{fs, sync::OnceLock};

use stockade::{
    backup::import,
    eth2_keystore::{KeyCache, Password},
};

use super::{
    fixture::{Folder, Made, ledger, vector},
    restore_history::history_of_ledger,
    run::{OTHER_WORDS, Ran, alone, on},
};

/// Three sets: two batches of the wallet, and imported keys. Returns their seven public keys too.
fn fleet() -> (Folder, Vec<String>) {
    static MADE: OnceLock<(Made, Vec<String>)> = OnceLock::new();
    let (made, keys) = MADE.get_or_init(|| {
        let folder = ledger().copies();
        let (from, password) = (vector("deposits/hoodi-0x01"), folder.password_file());
        let copies = folder.both();
        let import = format!(
            "backup create --network hoodi --from {from} --password-file {password} --copy {copies}"
        );
        let imported = on("mock-ledger").run(&import).code(0);
        fs::remove_file(password).unwrap();
        let create = format!("validator create --network hoodi --count 1 --copy {copies}");
        let made = on("mock-ledger").run(&create).code(0);
        let all = [&ledger().json, &imported.json, &made.json];
        let all = all.iter().flat_map(|json| json["keys"].as_array().unwrap());
        let keys = all.map(|key| key["pubkey"].as_str().unwrap().to_owned()).collect();
        (Made::of(&folder, made.json), keys)
    });
    (made.copies(), keys.clone())
}

fn restore(folder: &Folder, layout: &str, options: &str) -> Ran {
    let line = format!("backup restore {} --all-sets --layout {layout}", folder.both());
    on("mock-ledger").run(&format!("{line} --to {} {options}", folder.at("restored")))
}

#[test]
fn three_sets_come_back_to_one_folder_after_one_approval() {
    let (folder, mut keys) = fleet();
    for layout in ["plain", "dirk"] {
        let restored = restore(&folder, layout, "--never-attested").code(0);
        assert_eq!(restored.list("sets").len(), 3);
        assert_eq!(restored.json["set_id"], serde_json::Value::Null);
        assert_eq!(restored.list("keys").len(), 7, "{layout}");
        // Said before the wallet is asked, and true.
        let (before, after) = restored.stderr.split_once("approve").unwrap();
        assert!(before.contains("Will restore 7 keys of 3 sets"), "{before}");
        assert!(before.contains("opening them takes 1 approval on the wallet"), "{before}");
        assert!(!after.contains("approve"), "{after}");
        if layout == "plain" {
            let to = folder.path("restored");
            let password = Password::from_file(&fs::read(to.join("password.txt")).unwrap());
            let (password, mut cache) = (password.unwrap(), KeyCache::new());
            let found = import::find(&[to]).unwrap().keystores;
            let mut opened: Vec<_> = found
                .iter()
                .map(|(_, keystore)| {
                    let key = cache.key(&password, keystore.kdf()).unwrap();
                    keystore.open_with(&key).unwrap().public_key().to_string()
                })
                .collect();
            opened.sort();
            keys.sort();
            assert_eq!(opened, keys);
        }
        fs::remove_dir_all(folder.path("restored")).unwrap();
    }
    // Each set's record says where its keys went.
    for set in folder.sets("b") {
        let entries = fs::read_dir(folder.path("b/stockade/whereabouts").join(set)).unwrap();
        assert!(entries.count() >= 2);
    }
}

#[test]
fn one_history_answers_for_all_and_each_set_keeps_its_part() {
    let (folder, keys) = fleet();
    let history = folder.file("h.json", history_of_ledger());
    let refused = restore(&folder, "nimbus", &format!("--history {history}")).error(3, "input");
    assert!(!refused.prompted() && refused.message().contains("says nothing about"));
    let never = keys[3..].join(",");
    let options = format!("--history {history} --never-attested-key {never}");
    let restored = restore(&folder, "nimbus", &options).code(0);
    assert_eq!(restored.list("history_kept").len(), 2);
    let file = folder.path("restored/slashing_protection.json");
    let file = fs::read_to_string(file).unwrap();
    assert!(keys.iter().all(|key| file.contains(key.as_str())));
    let set = ledger().json["set_id"].as_str().unwrap();
    let kept = folder.path("a/stockade/history");
    let kept: Vec<_> = fs::read_dir(kept).unwrap().map(|set| set.unwrap().file_name()).collect();
    assert_eq!(kept, [set], "only the set whose keys signed has something to keep");
}

#[test]
fn what_does_not_go_together_is_refused_before_the_wallet_is_asked() {
    let refused = |folder: &Folder, layout: &str, options: &str, says: &str| {
        let before = folder.content();
        let ran = restore(folder, layout, &format!("--never-attested {options}"));
        assert!([2, 3].contains(&ran.code), "{options}: {:#}", ran.json);
        assert!(!ran.prompted(), "{}", ran.stderr);
        assert!(ran.message().contains(says), "{options}: {}", ran.message());
        assert!(folder.content() == before, "{options}: something was written");
    };
    let (folder, _) = fleet();
    for layout in ["charon", "ssv", "charon-node"] {
        refused(&folder, layout, "", "cannot take several sets");
    }
    refused(&folder, "plain", "--except-set 20200101-hoodi-00000000", "no copy holds this set");
    refused(&folder, "plain", "--network gnosis", "no set is left");
    let to = folder.file("restored/x", "");
    refused(&folder, "plain", "", "not empty");
    fs::remove_file(to).unwrap();

    // A key in two sets: the old one is left out.
    let set = ledger().json["set_id"].as_str().unwrap();
    let custodian = folder.path("a/stockade").join(set);
    let reseal =
        format!("backup reseal {} --set {set} --custodian {}", folder.both(), custodian.display());
    on("mock-ledger").run(&reseal).code(0);
    refused(&folder, "plain", "", "is in several sets");
    let options = format!("--never-attested --except-set {set}");
    let restored = restore(&folder, "plain", &options).code(0);
    assert_eq!(restored.list("keys").len(), 7);
    assert!(restored.each("other_sets", "set_id").contains(&set));
    fs::remove_dir_all(folder.path("restored")).unwrap();

    // Another network, and a set that somebody else made.
    let (folder, _) = fleet();
    let create = |words, network: &str| {
        let line =
            format!("validator create --network {network} --count 1 --copy {}", folder.both());
        on("mock-ledger").holding(words).run(&line).code(0)
    };
    create(super::run::WORDS, "sepolia");
    refused(&folder, "plain", "", "several networks");
    restore(&folder, "plain", "--never-attested --network hoodi").code(0);
    fs::remove_dir_all(folder.path("restored")).unwrap();
    create(OTHER_WORDS, "hoodi");
    refused(&folder, "plain", "--network hoodi", "set");
    let both = alone().run(&format!(
        "backup restore {} --all-sets --set {set} --layout plain --to x",
        folder.both()
    ));
    both.error(2, "usage");
}

#[test]
fn a_whole_key_and_its_share_never_come_to_one_folder() {
    let folder = ledger().copies();
    let key = ledger().json["keys"][0]["pubkey"].as_str().unwrap();
    let set = ledger().json["set_id"].as_str().unwrap();
    let split = format!(
        "validator split --set {set} --pubkey {key} --shares 4 --to {} --whole-keys-are-off --copy {}",
        folder.at("shares"),
        folder.both()
    );
    on("mock-ledger").run(&split).code(0);
    let import = format!(
        "backup create --network hoodi --from {} --password-file {} --copy {}",
        folder.at("shares/node0/validator_keys/keystore-0.json"),
        folder.at("shares/node0/validator_keys/keystore-0.txt"),
        folder.both()
    );
    on("mock-ledger").run(&import).code(0);
    let refused = restore(&folder, "plain", "--never-attested --shares-are-off").error(3, "input");
    assert!(!refused.prompted());
    assert!(refused.message().contains("a share and the whole key"), "{}", refused.message());
}
