//! Keys to a validator client: what arrives, what is said of it, and what a second run does.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Stdio,
    sync::{Arc, OnceLock},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use stockade::staking::Interchange;

use super::{
    deliver_from::kept,
    fixture::{Folder, ledger},
    run::{Ran, on},
};
use crate::cloud::validator_client::{Fault, TOKEN, ValidatorClient, interchange, record};

/// Delivers to `client`, with `more` on the command line.
pub(super) fn deliver(folder: &Folder, client: &ValidatorClient, more: &str) -> Ran {
    on("mock-ledger").run(&line(folder, client, more))
}

pub(super) fn line(folder: &Folder, client: &ValidatorClient, more: &str) -> String {
    let (copies, url) = (folder.both(), &client.url);
    let token = folder.file("token", TOKEN);
    format!("deliver keymanager {copies} --url {url} --token-file {token} --timeout 20 {more}")
}

pub(crate) fn pubkeys() -> Vec<String> {
    let keys = ledger().json["keys"].as_array().unwrap().iter();
    keys.map(|key| key["pubkey"].as_str().unwrap().to_owned()).collect()
}

/// What is said of each key, in the set's order.
pub(super) fn said<'a>(ran: &'a Ran, field: &str) -> Vec<&'a str> {
    ran.list("keys").iter().map(|key| key[field].as_str().unwrap()).collect()
}

fn sorted(keys: &[String]) -> Vec<String> {
    let sorted: BTreeSet<_> = keys.iter().cloned().collect();
    sorted.into_iter().collect()
}

/// A key of somebody else.
pub(super) const STRANGER: &str = "b845089a1457f811bfc000588fbb4e713669be8ce060ea6be3c6ece09afc3794106c91ca73acda5e5457122d58723bed";

pub(super) const NEVER: &str = "--not-running --never-attested";

#[test]
fn every_key_arrives_under_a_new_password_and_a_second_run_changes_nothing() {
    let folder = ledger().copies();
    let client = ValidatorClient::new();
    let delivered = deliver(&folder, &client, &format!("{NEVER} --verify")).code(0);
    assert_eq!(said(&delivered, "status"), ["imported"; 3]);
    assert_eq!(said(&delivered, "verdict"), ["proven"; 3]);
    assert_eq!(delivered.text("level"), "listed");
    assert_eq!(client.keys(), sorted(&pubkeys()));
    let inside = client.inside();
    // The chain is named even where there is nothing to say: a client of another one refuses.
    assert_eq!(inside.histories, [interchange(&[])]);
    // One key derivation a delivery; what opens the keystores is said nowhere.
    let sealed: BTreeSet<_> = inside.passwords.iter().collect();
    assert_eq!((inside.passwords.len(), sealed.len()), (3, 1));
    let (password, _) = &inside.passwords[0];
    assert!(!format!("{}{}", delivered.stdout, delivered.stderr).contains(password));
    drop(inside);

    let again = deliver(&folder, &client.restarted(), NEVER).code(0);
    assert_eq!(said(&again, "status"), ["listed"; 3]);
    assert!(!client.asked().iter().any(|asked| asked.starts_with("POST")), "{:?}", client.asked());
    assert_eq!(client.inside().passwords.len(), 3, "nothing that was there was sent again");
}

#[test]
fn every_delivery_and_with_password_per_key_every_key_has_a_password_and_salt_of_its_own() {
    let folder = ledger().copies();
    let (a, b) = (ValidatorClient::new(), ValidatorClient::new());
    let each = deliver(&folder, &a, &format!("{NEVER} --password-per-key")).code(0);
    assert_eq!(each.text("passwords"), "per_key");
    let shared = deliver(&folder, &b, &format!("{NEVER} --off {}", a.url)).code(0);
    assert_eq!(shared.text("passwords"), "shared");
    assert_eq!(shared.text("level"), "listed");
    let (a, b) = (a.inside(), b.inside());
    let all = || a.passwords.iter().chain(&b.passwords);
    let passwords: BTreeSet<_> = all().map(|(password, _)| password).collect();
    let salts: BTreeSet<_> = all().map(|(_, salt)| salt).collect();
    assert_eq!((passwords.len(), salts.len()), (4, 4));
}

#[test]
fn whether_they_run_elsewhere_is_asked_before_the_wallet_is() {
    let folder = ledger().copies();
    let client = ValidatorClient::new();
    let other = ValidatorClient::new();
    let token = folder.file("token", TOKEN);
    let from = format!("--from {} --from-token-file {token}", other.url);
    for more in [
        "",
        "--not-running",
        "--never-attested",
        &format!("{from} --not-running"),
        &format!("{from} --never-attested"),
        &format!("--from {} --from-token-file {token}", client.url),
        &format!("--from {}", other.url),
    ] {
        let refused = deliver(&folder, &client, more).error(2, "usage");
        assert!(!refused.prompted(), "{more}: {}", refused.stderr);
    }
    assert!(client.keys().is_empty());
}

#[test]
fn who_is_not_let_in_by_the_client_asks_no_wallet() {
    let folder = ledger().copies();
    let client = ValidatorClient::new();
    let url = &client.url;
    let wrong = folder.file("wrong", "another-token");
    let empty = folder.file("empty", "\n");
    let lines = folder.file("lines", "one\ntwo\n");
    let run = |url: &str, token: &str| {
        let copies = folder.both();
        let line = format!("deliver keymanager {copies} --url {url} --token-file {token} {NEVER}");
        on("mock-ledger").run(&line)
    };
    let token = folder.file("token", TOKEN);
    let refused = [
        run(url, &wrong).error(4, "permission"),
        run(url, &empty).error(3, "input"),
        run(url, &lines).error(3, "input"),
        run(url, &folder.at("nowhere")).error(3, "file"),
        run("http://127.0.0.1:1", &token).error(4, "not_found"),
        run("http://10.0.0.1:5062", &token).error(2, "usage"),
    ];
    for ran in &refused {
        assert!(!ran.prompted(), "{}", ran.stderr);
        assert!(!ran.stderr.contains("another-token") && !ran.stdout.contains("another-token"));
    }
    assert!(client.asked().is_empty());
}

#[test]
fn a_wallet_that_says_no_delivers_nothing() {
    let folder = ledger().copies();
    let client = ValidatorClient::new();
    on("mock-ledger").rejecting().run(&line(&folder, &client, NEVER)).error(5, "rejected");
    // To remove nothing is how it is asked which network it is on.
    let harmless = |asked: &String| asked.starts_with("GET") || asked == "DELETE /eth/v1/keystores";
    assert!(client.asked().iter().all(harmless), "{:?}", client.asked());
}

/// Whatever ends a delivery, nothing is said to be there that is not known to be, and a second run
/// sends what is lacking and nothing else.
#[test]
fn what_was_interrupted_is_finished_by_the_same_command() {
    for (fault, third, second) in [
        (Fault::Status(500), ["imported", "unknown", "not_sent"], 2),
        (Fault::Status(429), ["imported", "error", "not_sent"], 2),
        (Fault::Status(413), ["imported", "error", "not_sent"], 2),
        (Fault::Dies, ["imported", "unknown", "not_sent"], 2),
        // It took them, and its answer counts for nothing; what it lists does.
        (Fault::Garbage, ["imported", "imported", "not_sent"], 1),
        (Fault::Short, ["imported", "imported", "not_sent"], 1),
    ] {
        let folder = ledger().copies();
        let client = ValidatorClient::new().failing(1, fault.clone());
        let more = format!("{NEVER} --batch-size 1");
        let failed = deliver(&folder, &client, &more).code(1);
        assert_eq!(said(&failed, "status"), third, "{fault:?}");
        assert!(!failed.text("failure").is_empty());
        let proven = third.iter().filter(|status| **status == "imported").count();
        assert_eq!(failed.json["verdicts"]["proven"], proven, "{fault:?}");

        let client = client.restarted();
        let finished = deliver(&folder, &client, &more).code(0);
        let sent = said(&finished, "status").iter().filter(|s| **s == "imported").count();
        assert_eq!(sent, second, "{fault:?}");
        assert_eq!(client.keys(), sorted(&pubkeys()));
        let posts = client.asked().iter().filter(|asked| asked.starts_with("POST")).count();
        assert_eq!(posts, second, "{fault:?}");
    }
}

#[test]
fn a_key_that_is_refused_keeps_no_other_back() {
    let folder = ledger().copies();
    let client = ValidatorClient::new().failing(0, Fault::RefusesFirst);
    let failed = deliver(&folder, &client, NEVER).code(1);
    assert_eq!(said(&failed, "status"), ["error", "imported", "imported"]);
    assert_eq!(failed.list("keys")[0]["message"], "disk is full");
    assert_eq!(failed.json["verdicts"]["contradicted"], 1);
    deliver(&folder, &client.restarted(), NEVER).code(0);
}

#[test]
fn only_what_is_listed_has_arrived() {
    let folder = ledger().copies();
    let client = ValidatorClient::new().failing(0, Fault::Lies);
    // Another key is there meanwhile, and does not stand for one of them.
    client.inside().keys.insert(STRANGER.to_owned(), Value::Null);
    let found = deliver(&folder, &client, NEVER).code(1);
    // It may start later, so it is not said to be absent either.
    assert_eq!(said(&found, "status"), ["accepted"; 3]);
    assert_eq!(found.json["verdicts"]["inconclusive"], 3);
    assert!(found.json["note"].is_null(), "what did not arrive is not signed for");
}

#[test]
fn a_given_history_goes_along_and_is_kept_beside_the_set() {
    let folder = ledger().copies();
    let records: Vec<_> = pubkeys().iter().map(|key| record(key, 1000)).collect();
    let file = folder.file("history.json", interchange(&records).to_string());
    let client = ValidatorClient::new();
    let more = format!("--not-running --history {file} --batch-size 2");
    let delivered = deliver(&folder, &client, &more).code(0);
    assert_eq!(delivered.text("history"), "restored");
    assert_eq!(delivered.list("history_kept").len(), 2);
    // Each batch with what its own keys signed.
    let sent = client.inside().histories.clone();
    assert_eq!(sent, [interchange(&records[..2]), interchange(&records[2..])]);
    for copy in ["a", "b"] {
        let kept = kept(&folder, copy);
        let read = |path: &Path| Interchange::parse(&fs::read(path).unwrap()).unwrap();
        assert_eq!(read(&kept[0]), read(Path::new(&file)));
        assert_eq!(kept.len(), 1);
    }
}

#[test]
fn a_key_that_the_client_has_signed_elsewhere_is_not_there_and_not_sent() {
    let folder = ledger().copies();
    let client = ValidatorClient::new();
    client.inside().remote.insert(pubkeys()[1].clone(), "http://10.0.0.9:9000".to_owned());
    let delivered = deliver(&folder, &client, NEVER).code(1);
    assert_eq!(said(&delivered, "status"), ["imported", "error", "imported"]);
    assert!(delivered.list("keys")[1]["message"].as_str().unwrap().contains("10.0.0.9"));
}

/// Ctrl-C between two requests: what was asked of the client is waited for, and nothing more is asked.
#[test]
fn who_gives_up_is_told_what_arrived_and_goes_on_later() {
    let folder = ledger().copies();
    let client = ValidatorClient::new();
    let running = Arc::new(OnceLock::new());
    let (pid, mut imports) = (running.clone(), 0);
    client.inside().on_import = Some(Box::new(move || {
        imports += 1;
        if imports == 2 {
            kill_process(*pid.wait(), Signal::INT).unwrap();
        }
    }));
    let line = line(&folder, &client, &format!("{NEVER} --batch-size 1 --no-note"));
    let mut command = on("mock-ledger").command(&line.split_whitespace().collect::<Vec<_>>());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    running.set(Pid::from_child(&child)).unwrap();
    let output = child.wait_with_output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{json}");
    let statuses: Vec<_> = json["keys"].as_array().unwrap().iter().map(|k| &k["status"]).collect();
    assert_eq!(statuses, ["imported", "imported", "not_sent"]);
    assert!(json["failure"].as_str().unwrap().contains("cancelled"), "{json}");
    assert_eq!(client.keys().len(), 2);
    client.inside().on_import = None;
    let finished = deliver(&folder, &client, NEVER).code(0);
    assert_eq!(said(&finished, "status"), ["listed", "listed", "imported"]);
}

#[test]
fn what_is_refused_and_listed_all_the_same_is_known_neither_way() {
    let folder = ledger().copies();
    let client = ValidatorClient::new().failing(0, Fault::TakesRefused);
    let delivered = deliver(&folder, &client, &format!("{NEVER} --verify")).code(1);
    assert_eq!(said(&delivered, "verdict"), ["inconclusive", "proven", "proven"]);
    let why = delivered.list("keys")[0]["message"].as_str().unwrap();
    assert!(why.contains("disk is full") && why.contains("lists it"), "{why}");
}

#[test]
fn an_answer_may_take_a_second_to_a_day() {
    let folder = ledger().copies();
    let client = ValidatorClient::new();
    for seconds in ["0", "86401", "18446744073709551615"] {
        let line = line(&folder, &client, NEVER);
        let line = line.replace("--timeout 20", &format!("--timeout {seconds}"));
        on("mock-ledger").run(&line).code(2);
    }
    assert!(client.asked().is_empty());
}
