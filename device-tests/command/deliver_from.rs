//! Keys from one validator client to another: never two that have them, and what they signed is
//! never lost.

use std::{fs, path::PathBuf, sync::OnceLock};

use serde_json::Value;

use super::{
    deliver::{deliver, line, pubkeys, said},
    fixture::{Folder, ledger},
    run::{Ran, on},
};
use crate::cloud::validator_client::{Fault, TOKEN, ValidatorClient, interchange, record};

/// The epoch that it was on hoodi, by this machine's clock, when it was first asked for: one that goes
/// on within a test would be another.
pub(crate) fn epoch_now() -> u64 {
    static EPOCH: OnceLock<u64> = OnceLock::new();
    *EPOCH.get_or_init(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        (now.as_secs() - 1_742_213_400) / (32 * 12)
    })
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

pub(super) fn said_of(ran: &Ran) -> Vec<&str> {
    said(ran, "status")
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
    let mut imports = 0;
    new.inside().on_import = Some(Box::new(move || {
        // The first key alone, and then the other two.
        imports += 1;
        assert_eq!(watched.keys().len(), [2, 0][imports - 1], "two clients have a key");
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
    assert_eq!(said(&failed, "status"), ["unknown", "not_sent", "not_sent"]);
    assert_eq!((old.keys().len(), new.keys().len()), (2, 0));

    let new = new.restarted();
    // The key that never signed is named, and the exit code says that somebody should look at it.
    let finished = from(&folder, &old, &new, "").code(1);
    assert_eq!(finished.json["from"]["removed"], 2);
    assert_eq!(finished.json["from"]["removed_before"], 1);
    assert_eq!(finished.json["from"]["never_signed_keys"], serde_json::json!([keys[2]]));
    assert_eq!(bound(&new, &keys[0]), epoch_now().to_string());
    assert_eq!(new.keys().len(), 3);
}

/// The client removed a key, and nobody heard what it said: only a person can say that it is off.
#[test]
fn a_removal_whose_answer_was_lost_is_not_taken_for_one() {
    for fault in [Fault::Garbage, Fault::Short] {
        let keys = pubkeys();
        let folder = ledger().copies();
        let old = ValidatorClient::running(&keys, epoch_now()).failing(0, fault.clone());
        let new = ValidatorClient::new();
        let failed = from(&folder, &old, &new, "").error(4, "protocol");
        let said = "it is not known whether 1 key was removed there";
        assert!(failed.message().contains(said), "{}", failed.message());
        assert_eq!((old.keys().len(), new.keys().len()), (2, 0), "{fault:?}");
        assert!(kept(&folder, "a").is_empty());
        for _ in 0..2 {
            let held = from(&folder, &old, &new, "").error(3, "input");
            assert!(held.message().contains(&keys[0]), "{}", held.message());
            let hint = held.json["error"]["hint"].as_str().unwrap();
            assert!(hint.contains(&format!("--off {}", old.url)), "{hint}");
            assert_eq!((old.keys().len(), new.keys().len()), (2, 0), "{fault:?}");
        }
        // A person looked: that key is off, and the two that are listed are removed as ever.
        let off = format!("--off {}", old.url);
        let finished = from(&folder, &old, &new, &off).code(0);
        assert_eq!(finished.json["from"]["removed"], 2, "{fault:?}");
        assert_eq!(finished.json["from"]["removed_before"], 1, "{fault:?}");
        assert_eq!(bound(&new, &keys[0]), epoch_now().to_string());
        // Nobody can say so of keys that it lists.
        let listed = from(&folder, &new, &old, &format!("--off {}", new.url)).error(3, "input");
        assert!(listed.message().contains("lists all of these keys"), "{}", listed.message());
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
        let said = "it is not known whether 1 key was removed there";
        assert!(failed.message().contains(said), "{}", failed.message());
        // The first is where it should be; the second was not removed, and nobody knows.
        assert_eq!((old.keys().len(), new.keys().len()), (2, 1), "{fault:?}");
        assert_eq!(kept(&folder, "b").len(), 1);
        let finished = from(&folder, &old.restarted(), &new, "").code(0);
        assert_eq!(finished.json["from"]["removed"], 2);
        assert_eq!(said_of(&finished), ["listed", "imported", "imported"]);
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
    // Nothing more is removed after that.
    assert_eq!(said(&held, "status"), ["error", "not_sent", "not_sent"]);
    assert_eq!(held.json["from"]["not_removed"], 1);
    let why = held.list("keys")[0]["message"].as_str().unwrap();
    assert!(why.contains("still lists the key, so the key runs there"), "{why}");
    assert_eq!((old.keys().len(), new.keys().len()), (3, 0));
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
    // And the next run does not pass it over, and removes nothing more.
    from(&folder, &old, &new, "").error(4, "protocol");
    assert_eq!((old.keys().len(), new.keys().len()), (2, 0));
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
