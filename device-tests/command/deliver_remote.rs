//! A validator client is told which signer has the keys: no wallet is needed, and no secret travels.

use std::fs;

use serde_json::Value;

use super::{
    deliver::{STRANGER, pubkeys, said},
    fixture::{Folder, ledger},
    run::{Ran, Stockade, alone, on},
};
use crate::cloud::validator_client::{Fault, TOKEN, ValidatorClient};

const SIGNER: &str = "http://10.0.0.9:9000";

fn tell(who: &Stockade, folder: &Folder, client: &ValidatorClient, more: &str) -> Ran {
    let (copies, url) = (folder.both(), &client.url);
    let token = folder.file("token", TOKEN);
    who.run(&format!(
        "deliver remote-keys {copies} --url {url} --token-file {token} --signer-url {SIGNER} \
         --timeout 20 --not-running {more}"
    ))
}

/// The check address of the wallet that made the sets.
fn maker(folder: &Folder) -> String {
    let origin = fs::read(folder.set("a").join("origin.json")).unwrap();
    let origin: Value = serde_json::from_slice(&origin).unwrap();
    origin["address"].as_str().unwrap().to_owned()
}

#[test]
fn public_keys_alone_are_sent_and_a_second_run_changes_nothing() {
    let folder = ledger().copies();
    let client = ValidatorClient::new();
    let known = format!("--signer {}", maker(&folder));
    let told =
        tell(&alone(), &folder, &client, &format!("{known} --verify --batch-size 2")).code(0);
    assert_eq!(said(&told, "status"), ["imported"; 3]);
    assert_eq!(told.text("level"), "listed");
    assert!(told.json["note"].is_null() && !told.prompted(), "{}", told.stderr);
    assert_eq!(client.inside().remote.values().collect::<Vec<_>>(), [SIGNER; 3]);
    let again = tell(&alone(), &folder, &client.restarted(), &known).code(0);
    assert_eq!(said(&again, "status"), ["listed"; 3]);
    assert!(!client.asked().iter().any(|asked| asked.starts_with("POST")));
}

#[test]
fn whose_set_it_is_must_be_known() {
    let folder = ledger().copies();
    let client = ValidatorClient::new();
    let refused = tell(&alone(), &folder, &client, "").error(3, "input");
    assert!(refused.message().contains(folder.sets("a")[0].as_str()), "{}", refused.message());
    let other = "--signer 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    tell(&alone(), &folder, &client, other).error(3, "input");
    assert!(client.inside().remote.is_empty());
    tell(&alone(), &folder, &client, "--accept-unknown-origin").code(0);
    // A wallet at hand is asked for nothing but the note.
    client.inside().remote.clear();
    let told = tell(&on("mock-ledger"), &folder, &client, "").code(0);
    let statement = told.json["note"]["statement"].as_str().unwrap();
    assert!(statement.contains(&format!("to remote-keys {},{SIGNER}; from none", client.url)));
}

#[test]
fn whether_another_client_signs_with_them_is_asked_before_anything_is_sent() {
    let folder = ledger().copies();
    let client = ValidatorClient::new();
    let (copies, url) = (folder.both(), &client.url);
    let token = folder.file("token", TOKEN);
    let line = format!("deliver remote-keys {copies} --url {url} --token-file {token}");
    let refused = on("mock-ledger").run(&format!("{line} --signer-url {SIGNER}")).error(2, "usage");
    assert!(refused.json["error"]["hint"].as_str().unwrap().contains("--not-running"));
    assert!(!refused.prompted() && client.asked().is_empty());
}

#[test]
fn what_the_client_holds_itself_or_signs_elsewhere_is_never_changed() {
    let folder = ledger().copies();
    let keys = pubkeys();
    let client = ValidatorClient::running(&keys[..1], 1000);
    client.inside().remote.insert(keys[1].clone(), "http://10.0.0.8:9000".to_owned());
    client.inside().remote.insert(STRANGER.to_owned(), SIGNER.to_owned());
    let known = format!("--signer {}", maker(&folder));
    let told = tell(&alone(), &folder, &client, &known).code(1);
    assert_eq!(said(&told, "status"), ["error", "error", "imported"]);
    assert!(told.list("keys")[1]["message"].as_str().unwrap().contains("10.0.0.8"));
    assert_eq!(client.inside().remote[&keys[1]], "http://10.0.0.8:9000");
    assert!(!client.inside().remote.contains_key(&keys[0]));
}

#[test]
fn what_was_interrupted_is_finished_and_what_was_not_done_is_not_said_to_be() {
    for (fault, expected) in [
        (Fault::Status(500), ["imported", "unknown", "not_sent"]),
        (Fault::Dies, ["imported", "unknown", "not_sent"]),
        (Fault::Garbage, ["imported", "imported", "not_sent"]),
        (Fault::Lies, ["imported", "accepted", "imported"]),
    ] {
        let folder = ledger().copies();
        let client = ValidatorClient::new().failing(1, fault.clone());
        let more = format!("--signer {} --batch-size 1 --verify", maker(&folder));
        let failed = tell(&alone(), &folder, &client, &more).code(1);
        // What was said to be there and can be listed no more is not known to be.
        let expected =
            if fault == Fault::Dies { ["unknown", "unknown", "not_sent"] } else { expected };
        assert_eq!(said(&failed, "status"), expected, "{fault:?}");
        let client = client.restarted();
        tell(&alone(), &folder, &client, &more).code(0);
        assert_eq!(client.inside().remote.len(), 3);
    }
}
