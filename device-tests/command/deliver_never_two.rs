//! One key, two signers: every way to it that a person can stumble into, and where it is stopped.

use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use super::{
    deliver::{NEVER, deliver, line, pubkeys, said},
    deliver_from::{bound, epoch_now, from, kept},
    fixture::{Folder, ledger},
    run::on,
};
use crate::cloud::validator_client::{Fault, TOKEN, ValidatorClient, interchange, record};

/// A file with what the keys signed until just now.
fn history(folder: &Folder) -> String {
    let records: Vec<_> = pubkeys().iter().map(|key| record(key, epoch_now())).collect();
    folder.file("history.json", interchange(&records).to_string())
}

/// A file beside the set in the copy `a`, by the end of its name.
fn beside(folder: &Folder, name: &str, content: &str) {
    let set = folder.sets("a").remove(0);
    folder.file(&format!("a/stockade/history/{set}/{name}"), content);
}

#[test]
fn what_one_client_gave_to_another_it_does_not_give_to_a_third() {
    let folder = ledger().copies();
    let old = ValidatorClient::running(&pubkeys(), epoch_now());
    let (new, third) = (ValidatorClient::new(), ValidatorClient::new());
    from(&folder, &old, &new, "").code(0);
    let refused = from(&folder, &old, &third, "").error(3, "input");
    assert!(refused.message().contains(&new.url), "{}", refused.message());
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert_eq!((new.keys().len(), third.keys().len()), (3, 0));
    from(&folder, &new, &third, "").code(0);
    assert_eq!((new.keys().len(), third.keys().len()), (0, 3));
}

#[test]
fn what_somebody_removed_by_hand_just_now_goes_on_from_where_it_went_last() {
    let folder = ledger().copies();
    let (first, second) = (ValidatorClient::new(), ValidatorClient::new());
    let more = format!("--not-running --history {}", history(&folder));
    // A slash more is no other client.
    let line = line(&folder, &first, &more).replace(&first.url, &format!("{}/", first.url));
    on("mock-ledger").run(&line).code(0);
    let keys = std::mem::take(&mut first.inside().keys);
    first.inside().gone.extend(keys);
    // Nobody but that person knows.
    from(&folder, &first, &second, "").error(3, "input");
    let moved = from(&folder, &first, &second, &format!("--off {}", first.url)).code(0);
    assert_eq!(moved.json["from"]["removed_before"], 3);
    assert_eq!(second.keys().len(), 3);
}

/// It was sent, and nobody knows what became of it: whoever asks the first client now is told.
#[test]
fn what_may_have_arrived_goes_to_nobody_else() {
    let folder = ledger().copies();
    let old = ValidatorClient::running(&pubkeys(), epoch_now());
    let new = ValidatorClient::new().failing(0, Fault::TakesAndDies);
    let failed = from(&folder, &old, &new, "").code(1);
    assert_eq!(said(&failed, "status"), ["unknown", "not_sent", "not_sent"]);
    assert_eq!(new.keys().len(), 1, "it has it");
    let third = ValidatorClient::new();
    let refused = from(&folder, &old, &third, "").error(3, "input");
    assert!(refused.message().contains(&new.url), "{}", refused.message());
    assert!(third.keys().is_empty());
    let finished = from(&folder, &old, &new.restarted(), "").code(0);
    assert_eq!(said(&finished, "status"), ["listed", "imported", "imported"]);
}

#[test]
fn a_history_that_was_given_elsewhere_is_no_sign_of_a_removal() {
    // To a client, and into a folder.
    for to_folder in [false, true] {
        let folder = ledger().copies();
        let (running, third) = (ValidatorClient::new(), ValidatorClient::new());
        let history = history(&folder);
        if to_folder {
            let (copies, to) = (folder.both(), folder.at("restored"));
            let options = format!("--to {to} --layout plain --history {history}");
            on("mock-ledger").run(&format!("backup restore {copies} {options}")).code(0);
        } else {
            let more = format!("--not-running --history {history}");
            deliver(&folder, &running, &more).code(0);
        }
        assert_eq!(kept(&folder, "a").len(), 1);
        // One that never had them.
        let refused = from(&folder, &ValidatorClient::new(), &third, "").error(3, "input");
        let said = if to_folder { "restored@" } else { running.url.as_str() };
        assert!(refused.message().contains(said), "{}", refused.message());
        assert!(third.keys().is_empty(), "{to_folder}");
    }
}

/// The client had them long ago, and says so; they run elsewhere, as the history beside the set tells.
#[test]
fn a_client_that_had_the_keys_long_ago_gives_nothing_up() {
    let folder = ledger().copies();
    let records: Vec<_> = pubkeys().iter().map(|key| record(key, epoch_now())).collect();
    beside(&folder, "20261101T000000Z.json", &interchange(&records).to_string());
    let wrong = ValidatorClient::new();
    let long_ago = pubkeys().into_iter().map(|key| (key.clone(), record(&key, 10)));
    wrong.inside().gone.extend(long_ago);
    let third = ValidatorClient::new();
    let refused = from(&folder, &wrong, &third, "").error(3, "input");
    assert!(
        refused.message().contains("nothing is known about where they run"),
        "{}",
        refused.message()
    );
    assert!(third.keys().is_empty());
}

#[test]
fn a_key_that_the_old_client_signs_with_another_s_help_stops_everything() {
    let folder = ledger().copies();
    let old = ValidatorClient::running(&pubkeys(), epoch_now());
    old.inside().remote.insert(pubkeys()[1].clone(), "http://10.0.0.9:9000".to_owned());
    let new = ValidatorClient::new();
    let refused = from(&folder, &old, &new, "").error(3, "input");
    assert!(refused.message().contains("10.0.0.9:9000"), "{}", refused.message());
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert_eq!((old.keys().len(), new.keys().len()), (3, 0));
}

#[test]
fn a_key_that_the_new_client_has_and_the_old_one_signs_with_another_s_help_stops_everything() {
    let folder = ledger().copies();
    let old = ValidatorClient::new();
    old.inside().remote.insert(pubkeys()[1].clone(), "http://10.0.0.9:9000".to_owned());
    let new = ValidatorClient::running(&pubkeys(), epoch_now());
    let refused = from(&folder, &old, &new, "").error(3, "input");
    assert!(refused.message().contains("TWO CLIENTS"), "{}", refused.message());
    assert!(!refused.prompted(), "{}", refused.stderr);
}

#[test]
fn one_client_by_two_names_gives_itself_nothing() {
    let folder = ledger().copies();
    let client = ValidatorClient::running(&pubkeys(), epoch_now());
    let token = folder.file("old-token", TOKEN);
    let named = |url: &str| {
        let more = format!("--from {url} --from-token-file {token}");
        on("mock-ledger").run(&line(&folder, &client, &more))
    };
    named(&format!("{}/", client.url)).error(2, "usage");
    let refused = named(&client.url.replace("127.0.0.1", "localhost")).error(3, "input");
    assert!(refused.message().contains("TWO CLIENTS"), "{}", refused.message());
    let hint = refused.json["error"]["hint"].as_str().unwrap();
    assert!(hint.contains("name the same client"), "{hint}");
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert_eq!(client.keys().len(), 3);
}

#[test]
fn a_history_without_a_key_that_signed_keeps_that_key_back() {
    let folder = ledger().copies();
    let keys = pubkeys();
    let old = ValidatorClient::new().failing(1, Fault::Silent);
    let more = format!("--not-running --history {}", history(&folder));
    deliver(&folder, &old, &more).code(0);
    let new = ValidatorClient::new();
    let held = from(&folder, &old, &new, "").code(1);
    // The first key alone shows it: the others run on.
    assert_eq!(said(&held, "status"), ["error", "not_sent", "not_sent"]);
    let why = held.list("keys")[0]["message"].as_str().unwrap();
    assert!(why.contains("returned no history"), "{why}");
    assert_eq!(held.json["from"]["removed"], 1);
    assert_eq!(held.json["from"]["not_removed"], 0);
    assert_eq!((old.keys().len(), new.keys().len()), (2, 0));
    // The next run asks that client once more, which has it to say.
    from(&folder, &old, &new, "").code(0);
    assert_eq!(bound(&new, &keys[0]), epoch_now().to_string());
}

#[test]
fn a_key_that_never_signed_is_said_to_be_one() {
    let folder = ledger().copies();
    let keys = pubkeys();
    let old = ValidatorClient::running(&keys[..2], epoch_now());
    old.inside().keys.insert(keys[2].clone(), Value::Null);
    let delivered = from(&folder, &old, &ValidatorClient::new(), "").code(1);
    assert_eq!(delivered.json["from"]["removed"], 3);
    assert_eq!(delivered.json["from"]["never_signed"], 1);
    assert_eq!(delivered.json["from"]["never_signed_keys"], json!([keys[2]]));
    assert_eq!(delivered.json["verdicts"]["proven"], 3);
}

#[test]
fn a_key_that_is_not_listed_is_not_known_to_be_off() {
    let folder = ledger().copies();
    let keys = pubkeys();
    let old = ValidatorClient::running(&keys, epoch_now());
    old.inside().unlisted = BTreeSet::from([keys[1].clone()]);
    let new = ValidatorClient::new();
    let refused = from(&folder, &old, &new, "").error(3, "input");
    assert!(refused.message().contains(&keys[1]), "{}", refused.message());
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert_eq!((old.keys().len(), new.keys().len()), (3, 0));
}

#[test]
fn a_client_that_dies_after_the_removal_and_is_not_listed_again_is_not_believed() {
    let folder = ledger().copies();
    let old = ValidatorClient::running(&pubkeys(), epoch_now()).failing(0, Fault::DiesAfter);
    let new = ValidatorClient::new();
    let failed = from(&folder, &old, &new, "").code(4);
    let said = "it is not known whether 1 key was removed there";
    assert!(failed.message().contains(said), "{}", failed.message());
    assert!(new.keys().is_empty());
    // It said `deleted`; whether it listed the key after that nobody saw.
    let old = old.restarted();
    from(&folder, &old, &new, "").error(3, "input");
    assert!(new.keys().is_empty());
}

#[test]
fn where_keys_went_last_is_kept_said_and_carried_to_other_copies() {
    let folder = ledger().copies();
    let (first, second) = (ValidatorClient::new(), ValidatorClient::new());
    deliver(&folder, &first, NEVER).code(0);
    let copies = folder.both();
    on("mock-ledger").run(&format!("backup repair {copies} --to {}", folder.at("c"))).code(0);
    for copy in ["a", "b", "c"] {
        // Sent, and listed.
        assert_eq!(folder.entries(copy).len(), 2, "{copy}");
    }
    // Every way on stops, and names the place; only a word for that place opens it.
    let named = format!("3 of the keys are at keymanager {}", first.url);
    let (url, copies, token) = (&second.url, folder.both(), folder.file("token", TOKEN));
    let ways = [
        line(&folder, &second, NEVER),
        format!(
            "deliver remote-keys {copies} --url {url} --token-file {token} --not-running \
             --signer-url https://signer"
        ),
        format!(
            "deliver web3signer {copies} --dir {} --type file-keystore --never-attested",
            folder.at("signer")
        ),
        format!("backup restore {copies} --to {} --layout plain --never-attested", folder.at("r")),
        format!(
            "validator split --copy {copies} --pubkey {} --shares 4 --to {} --whole-keys-are-off",
            pubkeys()[0],
            folder.at("split")
        ),
    ];
    for way in &ways {
        let there = folder.content();
        let stopped = on("mock-ledger").run(way).error(3, "input");
        let expected = if way.contains("split") { "1 of the keys is at" } else { named.as_str() };
        assert!(stopped.message().contains(expected), "{way}: {}", stopped.message());
        assert!(!stopped.prompted() && folder.content() == there, "{way}: {}", stopped.stderr);
        let hint = stopped.json["error"]["hint"].as_str().unwrap();
        assert!(hint.contains(&format!("--off {}", first.url)), "{way}: {hint}");
    }
    // The same place is no other.
    let again = deliver(&folder, &first, NEVER).code(0);
    assert_eq!(said(&again, "status"), ["listed"; 3]);
    let moved = on("mock-ledger").run(&format!("{} --off {}", ways[0], first.url)).code(0);
    assert_eq!(said(&moved, "status"), ["imported"; 3]);
    // What was said is written down, and the next one asks of the second client alone.
    let stopped = on("mock-ledger").run(&ways[3]).error(3, "input");
    assert!(stopped.message().contains(&second.url), "{}", stopped.message());
    assert!(!stopped.message().contains(&first.url), "{}", stopped.message());
}

/// Versions before the record left a note alone, of deliveries to stores for one.
#[test]
fn a_delivery_note_without_an_entry_says_where_keys_are() {
    let folder = ledger().copies();
    let client = ValidatorClient::new();
    deliver(&folder, &client, NEVER).code(0);
    for copy in ["a", "b"] {
        fs::remove_dir_all(folder.path(copy).join("stockade/whereabouts")).unwrap();
    }
    let (copies, to) = (folder.both(), folder.at("restored"));
    let restore = format!("backup restore {copies} --to {to} --layout plain --never-attested");
    let stopped = on("mock-ledger").run(&restore).error(3, "input");
    let expected = format!("3 of the keys are at keymanager {}", client.url);
    assert!(stopped.message().contains(&expected), "{}", stopped.message());
    on("mock-ledger").run(&format!("{restore} --off {}", client.url)).code(0);
}

#[test]
fn a_mark_that_cannot_be_read_may_name_any_key() {
    let folder = ledger().copies();
    beside(&folder, "20261120T101500Z-delivery.json", "rotten");
    // None of the keys runs at the old client, so that it matters where they went.
    let old = ValidatorClient::new();
    let refused = from(&folder, &old, &ValidatorClient::new(), "").error(3, "input");
    assert!(refused.message().contains("20261120T101500Z-delivery"), "{}", refused.message());
    let client = ValidatorClient::new();
    let refused = deliver(&folder, &client, NEVER).error(3, "input");
    assert!(
        refused.message().contains("any of the keys may be able to sign"),
        "{}",
        refused.message()
    );
    let file = "20261120T101500Z-delivery.json";
    deliver(&folder, &client, &format!("{NEVER} --off {file}")).code(0);
}

#[test]
fn keys_that_were_split_are_not_delivered_while_their_shares_may_run() {
    let folder = ledger().copies();
    let mark = json!({
        "format": "stockade-split", "version": 1, "time": "20261120T101500Z",
        "shares": 4, "threshold": 3, "keys": pubkeys()[..1],
    });
    beside(&folder, "20261120T101500Z-split.json", &mark.to_string());
    let (client, copies) = (ValidatorClient::new(), folder.both());
    let token = folder.file("token", TOKEN);
    let api = format!("--url {} --token-file {token}", client.url);
    for deliver in [
        format!("keymanager {copies} {api} {NEVER}"),
        format!("remote-keys {copies} {api} --not-running --signer-url http://10.0.0.9:9000"),
        format!(
            "web3signer {copies} --dir {} --type file-keystore --never-attested",
            folder.at("signer")
        ),
    ] {
        let there = folder.content();
        let refused = on("mock-ledger").run(&format!("deliver {deliver}")).error(2, "usage");
        assert!(refused.message().contains("4 shares"), "{}", refused.message());
        assert!(!refused.prompted(), "{}", refused.stderr);
        assert!(client.asked().is_empty() && folder.content() == there);
        on("mock-ledger").run(&format!("deliver {deliver} --shares-are-off")).code(0);
        client.inside().asked.clear();
        client.inside().keys.clear();
        folder.forget(&folder.sets("a")[0]);
    }
}
