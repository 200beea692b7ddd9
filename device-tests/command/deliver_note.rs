//! The note of a delivery: what went where, by whose approval, for anybody to verify.

use std::fs;

use serde_json::Value;

use super::{
    deliver::{NEVER, STRANGER, deliver, pubkeys},
    deliver_from::given,
    fixture::{Folder, ledger},
    run::{Ran, alone, on},
};
use crate::cloud::validator_client::{Fault, ValidatorClient};

/// The address of m/44'/60'/0'/0/0 of the mock's words.
const SIGNER: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";

fn verify(folder: &Folder, paths: &str, more: &str) -> Ran {
    let paths: Vec<_> = paths.split(' ').map(|path| folder.at(path)).collect();
    alone().run(&format!("deliver verify {} --signer {SIGNER} {more}", paths.join(" ")))
}

/// The note beside the set in a copy, as a path in the folder.
fn note(folder: &Folder, copy: &str) -> String {
    let set = folder.set(copy).file_name().unwrap().to_str().unwrap().to_owned();
    let beside = format!("{copy}/stockade/attestations/{set}");
    let mut files = fs::read_dir(folder.path(&beside)).unwrap();
    let name = files.next().unwrap().unwrap().file_name().into_string().unwrap();
    assert!(name.ends_with(".delivery.json") && files.next().is_none(), "{name}");
    format!("{beside}/{name}")
}

#[test]
fn what_arrived_is_signed_kept_in_every_copy_and_verified_by_anybody() {
    let folder = ledger().copies();
    let client = ValidatorClient::new();
    let delivered = deliver(&folder, &client, NEVER).code(0);
    let statement = delivered.json["note"]["statement"].as_str().unwrap();
    assert!(delivered.stderr.contains(statement), "the wallet showed it: {}", delivered.stderr);
    let place = format!("; keys 3; to keymanager {}; from none;", client.url);
    assert!(statement.contains(&place), "{statement}");
    assert_eq!(delivered.json["note"]["copies"].as_array().unwrap().len(), 2);

    let expect = folder.file("expect", pubkeys().join("\n"));
    let verified = verify(&folder, "a b", &format!("--expect {expect}")).code(0);
    let notes = verified.list("notes");
    assert_eq!(notes.len(), 2);
    assert_eq!(notes[0]["fields"]["to"]["place"], client.url);
    assert_eq!(notes[0]["keys"].as_array().unwrap().len(), 3);
    verify(&folder, &note(&folder, "a"), "").code(0);

    // It is no attestation, and disturbs none; scrub and repair know it.
    let copies = folder.both();
    alone().run(&format!("attest verify {copies} --signer {SIGNER}")).code(1);
    on("mock-ledger").run(&format!("attest create --copy {copies}")).code(0);
    alone().run(&format!("attest verify {copies} --signer {SIGNER}")).code(0);
    alone().run(&format!("backup scrub {copies}")).code(0);
    alone().run(&format!("backup repair {copies} --to {}", folder.at("c"))).code(0);
    assert_eq!(verify(&folder, "c", "").code(0).list("notes").len(), 1);
}

#[test]
fn a_note_that_somebody_changed_is_not_good() {
    let folder = ledger().copies();
    deliver(&folder, &ValidatorClient::new(), NEVER).code(0);
    let file = note(&folder, "a");
    let good: Value = serde_json::from_slice(&fs::read(folder.path(&file)).unwrap()).unwrap();
    let mut fewer = good.clone();
    fewer["keys"].as_array_mut().unwrap().pop();
    let mut twice = good.clone();
    twice["keys"][2] = twice["keys"][0].clone();
    let mut elsewhere = good.clone();
    let text = good["statement"].as_str().unwrap();
    elsewhere["statement"] = text.replace("to keymanager http:", "to keymanager https:").into();
    let mut unknown = good.clone();
    unknown["more"] = true.into();
    for (name, changed) in
        [("fewer", fewer), ("twice", twice), ("elsewhere", elsewhere), ("unknown", unknown)]
    {
        folder.file(&file, changed.to_string());
        let bad = verify(&folder, "a b", "").code(1);
        let notes = bad.list("notes").iter().filter(|note| note["good"] == false).count();
        assert_eq!(notes, 1, "{name}: {}", bad.json);
    }
    // Of two that dispute one name, repair spreads neither.
    alone().run(&format!("backup repair {} --to {}", folder.both(), folder.at("c")));
    let set = folder.set("c").file_name().unwrap().to_owned();
    assert!(!folder.path("c/stockade/attestations").join(set).exists());
}

#[test]
fn a_note_counts_only_from_whom_it_is_asked_for() {
    let folder = ledger().copies();
    deliver(&folder, &ValidatorClient::new(), NEVER).code(0);
    let other = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
    let line = format!("deliver verify {} --signer {other}", folder.both());
    let refused = alone().run(&line).code(1);
    assert!(refused.list("notes")[0]["problems"][0].as_str().unwrap().contains("not a --signer"));
    let others = folder.file("others", STRANGER);
    let missing = verify(&folder, "a", &format!("--expect {others}")).code(1);
    assert_eq!(missing.list("missing").len(), 1);
}

#[test]
fn what_did_not_arrive_is_not_in_the_note_and_no_note_is_made_unasked() {
    let folder = ledger().copies();
    let client = ValidatorClient::new().failing(0, Fault::RefusesFirst);
    let delivered = deliver(&folder, &client, NEVER).code(1);
    let statement = delivered.json["note"]["statement"].as_str().unwrap();
    assert!(statement.contains("; keys 2;"), "{statement}");
    let folder = ledger().copies();
    let delivered =
        deliver(&folder, &ValidatorClient::new(), &format!("{NEVER} --no-note")).code(0);
    assert!(delivered.json["note"].is_null());
    verify(&folder, "a b", "").error(3, "input");
}

#[test]
fn what_was_there_before_is_in_no_note() {
    let folder = ledger().copies();
    let (keys, client) = (pubkeys(), ValidatorClient::new());
    client.inside().keys.insert(keys[0].clone(), Value::Null);
    let delivered = deliver(&folder, &client, NEVER).code(0);
    let statement = delivered.json["note"]["statement"].as_str().unwrap();
    assert!(statement.contains("; keys 2;"), "{statement}");
    // Whoever says that it came from somewhere says so of nothing.
    for more in [NEVER.to_owned(), given(&folder, &ValidatorClient::new())] {
        let again = deliver(&folder, &client, &more).code(0);
        assert!(again.json["note"].is_null(), "{}", again.json);
    }
}

#[test]
fn what_no_copy_can_write_down_is_not_delivered() {
    let folder = ledger().copies();
    let busy = ["a/stockade", "b/stockade"].map(|copy| fs::File::open(folder.path(copy)).unwrap());
    busy.iter().for_each(|copy| copy.try_lock().unwrap());
    let [first, _second] = busy;
    let client = ValidatorClient::new();
    let refused = deliver(&folder, &client, NEVER).error(3, "file");
    assert!(refused.message().contains("could not record"), "{}", refused.message());
    assert!(client.keys().is_empty());
    // One copy is enough, and the other is named: the keys are there, and not all is as it should be.
    drop(first);
    let delivered = deliver(&folder, &client, NEVER).code(1);
    assert_eq!(delivered.list("unrecorded").len(), 1);
    assert_eq!(delivered.json["note"]["copies"].as_array().unwrap().len(), 1);
    assert_eq!(client.keys().len(), 3);
}
