//! Keys from one validator client to another: never two that have them, and what they signed is
//! never lost.

use std::{fs, path::PathBuf};

use serde_json::Value;

use super::{
    deliver::{deliver, line, pubkeys, said},
    fixture::{Folder, ledger},
    run::{Ran, on},
};
use crate::cloud::validator_client::{Fault, TOKEN, ValidatorClient, interchange, record};

/// The epoch that it is on hoodi by this machine's clock.
pub(super) fn epoch_now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    (now.as_secs() - 1_742_213_400) / (32 * 12)
}

pub(super) fn from(
    folder: &Folder,
    old: &ValidatorClient,
    new: &ValidatorClient,
    more: &str,
) -> Ran {
    deliver(folder, new, &format!("{} {more}", given(folder, old)))
}

pub(super) fn given(folder: &Folder, old: &ValidatorClient) -> String {
    let token = folder.file("old-token", TOKEN);
    format!("--from {} --from-token-file {token}", old.url)
}

/// The histories beside the set in a copy; marks lie there as well.
pub(super) fn kept(folder: &Folder, copy: &str) -> Vec<PathBuf> {
    let set = folder.set(copy).file_name().unwrap().to_owned();
    let kept = fs::read_dir(folder.path(copy).join("stockade/history").join(set));
    let kept = kept.into_iter().flatten().map(|file| file.unwrap().path());
    kept.filter(|file| !file.to_str().unwrap().ends_with("-delivery.json")).collect()
}

/// The target epoch that a client holds a key to.
pub(super) fn bound(client: &ValidatorClient, key: &str) -> Value {
    client.inside().keys[key]["signed_attestations"][0]["target_epoch"].clone()
}

#[test]
fn they_are_removed_and_their_history_is_in_every_copy_before_anything_is_delivered() {
    let folder = ledger().copies();
    let keys = pubkeys();
    let old = ValidatorClient::running(&keys, epoch_now());
    let new = ValidatorClient::new();
    let (watched, copies) = (old.clone(), [folder.path("a"), folder.path("b")]);
    new.inside().on_import = Some(Box::new(move || {
        assert!(watched.keys().is_empty(), "two clients have a key");
        for copy in &copies {
            let sets = fs::read_dir(copy.join("stockade/history")).unwrap();
            assert_eq!(sets.count(), 1, "{}", copy.display());
        }
    }));
    let delivered = from(&folder, &old, &new, "--verify --batch-size 2").code(0);
    assert_eq!(said(&delivered, "status"), ["imported"; 3]);
    assert_eq!(delivered.json["from"]["removed"], 3);
    assert_eq!(delivered.text("history"), "taken_over");
    assert!(old.keys().is_empty());
    for key in &keys {
        assert_eq!(bound(&new, key), epoch_now().to_string());
    }
    // Two batches, each with what it gave.
    for copy in ["a", "b"] {
        assert_eq!(kept(&folder, copy).len(), 2, "{copy}");
    }
    // And back.
    let back = from(&folder, &new, &old, "").code(0);
    assert_eq!(back.json["from"]["removed"], 3);
    assert!(new.keys().is_empty());
    assert_eq!(bound(&old, &keys[0]), epoch_now().to_string());
}

#[test]
fn what_dies_after_the_removal_goes_on_from_the_history_that_was_kept() {
    // One of the keys never signed: there is no history of it anywhere but what says so.
    let keys = pubkeys();
    let folder = ledger().copies();
    let old = ValidatorClient::running(&keys[..2], epoch_now());
    old.inside().keys.insert(keys[2].clone(), Value::Null);
    let new = ValidatorClient::new().failing(0, Fault::Dies);
    let failed = from(&folder, &old, &new, "").code(1);
    assert_eq!(said(&failed, "verdict"), ["inconclusive"; 3]);
    assert!(old.keys().is_empty() && new.keys().is_empty());

    let new = new.restarted();
    let finished = from(&folder, &old, &new, "").code(0);
    assert_eq!(finished.json["from"]["removed"], 0);
    assert_eq!(finished.json["from"]["removed_before"], 3);
    assert_eq!(bound(&new, &keys[0]), epoch_now().to_string());
    assert_eq!(new.keys().len(), 3);
}

/// The client removed them, and nobody heard what it said: it says it again.
#[test]
fn an_answer_to_a_removal_that_was_lost_is_asked_for_again() {
    for fault in [Fault::Garbage, Fault::Short] {
        let keys = pubkeys();
        let folder = ledger().copies();
        let old = ValidatorClient::running(&keys, epoch_now()).failing(0, fault.clone());
        let new = ValidatorClient::new();
        let failed = from(&folder, &old, &new, "").error(4, "protocol");
        let said = "whether 3 keys were removed there is not known";
        assert!(failed.message().contains(said), "{}", failed.message());
        assert!(old.keys().is_empty() && new.keys().is_empty(), "{fault:?}");
        assert!(kept(&folder, "a").is_empty());
        let finished = from(&folder, &old, &new, "").code(0);
        assert_eq!(finished.json["from"]["removed_before"], 3, "{fault:?}");
        assert_eq!(bound(&new, &keys[0]), epoch_now().to_string());
    }
}

#[test]
fn a_client_that_fails_in_a_removal_delivers_nothing() {
    for (fault, kind) in [(Fault::Status(500), "refused"), (Fault::Dies, "refused")] {
        let keys = pubkeys();
        let folder = ledger().copies();
        let old = ValidatorClient::running(&keys, epoch_now()).failing(1, fault.clone());
        let new = ValidatorClient::new();
        let failed = from(&folder, &old, &new, "--batch-size 1").error(4, kind);
        assert!(failed.message().contains("1 keys were removed"), "{}", failed.message());
        assert_eq!((old.keys().len(), new.keys().len()), (2, 0), "{fault:?}");
        assert_eq!(kept(&folder, "b").len(), 1);
        let finished = from(&folder, &old.restarted(), &new, "").code(0);
        assert_eq!(finished.json["from"]["removed"], 2);
        assert_eq!(finished.json["from"]["removed_before"], 1);
    }
}

#[test]
fn keys_that_run_nobody_knows_where_are_not_delivered_and_none_is_removed() {
    let keys = pubkeys();
    for (name, old) in [
        ("never there", ValidatorClient::running(&keys[..2], epoch_now())),
        ("gone since long", {
            let old = ValidatorClient::running(&keys[..2], epoch_now());
            old.inside().gone.insert(keys[2].clone(), record(&keys[2], epoch_now() - 500));
            old
        }),
    ] {
        let folder = ledger().copies();
        let new = ValidatorClient::new();
        // Asking again makes it no better known.
        for _ in 0..2 {
            let refused = from(&folder, &old, &new, "").error(3, "input");
            assert!(refused.message().contains(&keys[2]), "{name}: {}", refused.message());
            assert_eq!((old.keys().len(), new.keys().len()), (2, 0), "{name}");
        }
    }
}

#[test]
fn a_key_that_two_clients_have_stops_everything() {
    let keys = pubkeys();
    let folder = ledger().copies();
    let old = ValidatorClient::running(&keys, epoch_now());
    let new = ValidatorClient::running(&keys[..1], epoch_now());
    let refused = from(&folder, &old, &new, "").error(3, "input");
    assert!(refused.message().contains("TWO CLIENTS"), "{}", refused.message());
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert_eq!(old.keys().len(), 3);
}

#[test]
fn a_key_that_is_still_listed_where_it_was_removed_is_not_delivered() {
    let keys = pubkeys();
    let folder = ledger().copies();
    let old = ValidatorClient::running(&keys, epoch_now()).failing(0, Fault::Lies);
    let new = ValidatorClient::new();
    let held = from(&folder, &old, &new, "").code(1);
    assert_eq!(said(&held, "status"), ["error"; 3]);
    assert_eq!(held.json["from"]["not_removed"], 3);
    assert!(new.keys().is_empty());
}

#[test]
fn a_copy_that_takes_no_history_stops_it_before_a_key_is_removed() {
    let keys = pubkeys();
    let folder = ledger().copies();
    let old = ValidatorClient::running(&keys, epoch_now());
    let busy = fs::File::open(folder.path("b/stockade")).unwrap();
    busy.try_lock().unwrap();
    from(&folder, &old, &ValidatorClient::new(), "").error(4, "busy");
    drop(busy);
    assert_eq!(old.keys().len(), 3);
    // Nor while one that lies there cannot be read: it may say more.
    let set = folder.set("a").file_name().unwrap().to_str().unwrap().to_owned();
    folder.file(&format!("a/stockade/history/{set}/20261120T101500Z.json"), "rotten");
    let refused = from(&folder, &old, &ValidatorClient::new(), "").error(3, "input");
    assert!(refused.message().contains("20261120T101500Z"), "{}", refused.message());
    assert_eq!(old.keys().len(), 3);
}

#[test]
fn a_history_that_nobody_can_go_on_from_is_kept_as_it_came() {
    let keys = pubkeys();
    let folder = ledger().copies();
    let old = ValidatorClient::running(&keys, epoch_now());
    for record in old.inside().keys.values_mut() {
        record["signed_attestations"][0]["target_epoch"] = "many".into();
    }
    let new = ValidatorClient::new();
    from(&folder, &old, &new, "").error(4, "protocol");
    assert!(new.keys().is_empty());
    let records: Vec<_> = old.inside().gone.values().cloned().collect();
    for copy in ["a", "b"] {
        let files = kept(&folder, copy);
        let bytes: Value = serde_json::from_slice(&fs::read(&files[0]).unwrap()).unwrap();
        let all = |value: &Value| value["data"].as_array().unwrap().len();
        assert_eq!(all(&bytes), all(&interchange(&records)));
        assert!(bytes.to_string().contains("many"));
    }
    // And the next run does not pass it over.
    from(&folder, &old, &new, "").error(3, "input");
}

#[test]
fn a_wallet_that_says_no_removes_nothing() {
    let keys = pubkeys();
    let folder = ledger().copies();
    let old = ValidatorClient::running(&keys, epoch_now());
    let new = ValidatorClient::new();
    let line = line(&folder, &new, &given(&folder, &old));
    on("mock-ledger").rejecting().run(&line).error(5, "rejected");
    assert_eq!(old.keys().len(), 3);
}
