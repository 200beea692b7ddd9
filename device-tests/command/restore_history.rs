//! No key comes back to life without its slashing history being asked for.

use std::fs;

use serde_json::{Value, json};
use stockade::staking::Network;

use super::{
    fixture::{Folder, ledger, vector, vector_json},
    run::{Ran, on},
};

fn restore(folder: &Folder, answer: &str) -> Ran {
    let (copies, to) = (folder.both(), folder.at("restored"));
    on("mock-ledger").run(&format!("backup restore {copies} --layout plain --to {to} {answer}"))
}

fn pubkeys() -> Vec<String> {
    let keys = ledger().json["keys"].as_array().unwrap().iter();
    keys.map(|key| key["pubkey"].as_str().unwrap().to_owned()).collect()
}

/// An EIP-3076 file that says that these keys attested up to epoch 1000.
fn history(network: Network, pubkeys: &[String]) -> Value {
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
    let written = fs::read_to_string(folder.path("restored/slashing_protection.json")).unwrap();
    assert_eq!(written, history);
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
    let written = fs::read_to_string(folder.path("restored/slashing_protection.json")).unwrap();
    assert_eq!(written, history(Network::Hoodi, &keys).to_string());
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
