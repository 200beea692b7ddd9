//! Every client of the table gives keys up and gets them, with everything that was seen to go wrong in
//! it; twice each; and then it is started again. A key never signs in two places, and of one that
//! signs nowhere that is said.

use serde_json::Value;

use super::{
    deliver::{NEVER, pubkeys, said},
    deliver_from::epoch_now,
    fixture::{Folder, ledger},
    run::{Ran, on},
};
use crate::cloud::{
    manners::{CLIENTS, Client, ErrorMeans, Manners, Oddity},
    validator_client::{TOKEN, record},
};

fn running(manners: Manners, oddity: Oddity) -> Client {
    let keys = pubkeys().into_iter().map(|key| (key.clone(), record(&key, epoch_now() - 1000)));
    Client::new(manners, oddity, &keys.collect::<Vec<_>>())
}

fn empty(manners: Manners, oddity: Oddity) -> Client {
    Client::new(manners, oddity, &[])
}

fn deliver(folder: &Folder, to: &Client, more: &str) -> Ran {
    let (copies, url, token) = (folder.both(), &to.url, folder.file("token", TOKEN));
    on("mock-ledger").run(&format!(
        "deliver keymanager {copies} --url {url} --token-file {token} --timeout 20 --no-note {more}"
    ))
}

fn move_between(folder: &Folder, from: &Client, to: &Client, more: &str) -> Ran {
    let token = folder.file("token", TOKEN);
    deliver(folder, to, &format!("--from {} --from-token-file {token} {more}", from.url))
}

/// After every start, each key at one client at most.
fn require_one_place(from: &Client, to: &Client, what: &str) {
    for key in pubkeys() {
        let places = [from, to].map(|client| client.runs().contains(&key) as usize);
        assert!(places[0] + places[1] <= 1, "{what}: {key} runs at both");
    }
}

fn name(ran: &Ran) -> String {
    format!("{}{}", ran.stdout, ran.stderr)
}

/// Each is asked to give, and to take, and twice: the second run changes nothing. All pairs of them are
/// in `device-tests/cells`.
#[test]
fn every_client_gives_its_keys_to_another() {
    for (at, from) in CLIENTS.iter().enumerate() {
        let to = &CLIENTS[(at + 1) % CLIENTS.len()];
        let folder = ledger().copies();
        let (old, new) = (running(*from, Oddity::Nothing), empty(*to, Oddity::Nothing));
        let what = format!("{} to {}", from.name, to.name);
        let moved = move_between(&folder, &old, &new, "");
        assert_eq!(moved.code, 0, "{what}: {}", name(&moved));
        assert_eq!(said(&moved, "status"), ["imported"; 3], "{what}");
        require_moved(&old, &new, &what);
        let again = move_between(&folder, &old, &new, "");
        assert_eq!(again.code, 0, "{what}: {}", name(&again));
        require_moved(&old, &new, &what);
    }
}

/// After every start: at the new client alone, with the history.
fn require_moved(old: &Client, new: &Client, what: &str) {
    old.restart();
    new.restart();
    assert_eq!((old.runs().len(), new.runs().len()), (0, 3), "{what}");
    let bound = |record: &Value| record["signed_attestations"][0]["target_epoch"].clone();
    let expected = (epoch_now() - 1000).to_string();
    assert!(new.inside().memory.values().all(|record| bound(record) == expected.as_str()));
}

/// The first of all faults: a key whose removal failed is not delivered by the second run.
#[test]
fn a_removal_that_failed_is_never_taken_for_one() {
    for manners in CLIENTS {
        let folder = ledger().copies();
        let (old, new) = (running(manners, Oddity::FilesStay), empty(CLIENTS[2], Oddity::Nothing));
        let what = manners.name;
        let first = move_between(&folder, &old, &new, "");
        assert_eq!(first.code, 1, "{what}: {}", name(&first));
        assert_eq!(said(&first, "status"), ["error", "not_sent", "not_sent"], "{what}");
        let why = first.list("keys")[0]["message"].as_str().unwrap().to_owned();
        let runs = manners.error_means == ErrorMeans::StillThere;
        assert_eq!(why.contains("runs there"), runs, "{what}: {why}");
        for _ in 0..2 {
            let again = move_between(&folder, &old, &new, "");
            assert_ne!(again.code, 0, "{what}: {}", name(&again));
            assert!(!again.stdout.contains("--not-running"), "{what}: {}", again.stdout);
            assert!(new.runs().is_empty(), "{what}");
        }
        // Nor does it go anywhere by another way.
        let (copies, to) = (folder.both(), folder.at("restored"));
        let restore = format!("backup restore {copies} --to {to} --layout plain --never-attested");
        on("mock-ledger").run(&restore).code(3);
        old.restart();
        require_one_place(&old, &new, what);
    }
}

#[test]
fn what_cannot_be_removed_by_this_api_stops_before_anybody_presses() {
    for manners in CLIENTS {
        let folder = ledger().copies();
        let (old, new) = (running(manners, Oddity::ReadOnly), empty(CLIENTS[1], Oddity::Nothing));
        let refused = move_between(&folder, &old, &new, "").error(3, "input");
        assert!(refused.message().contains("read-only"), "{}: {}", manners.name, refused.message());
        assert!(!refused.prompted() && old.runs().len() == 3, "{}", manners.name);
    }
}

/// Prysm, of keys that came over this API; any client whose history comes to nothing.
#[test]
fn a_history_of_nothing_is_not_kept_and_costs_one_key() {
    for (manners, oddity) in [(CLIENTS[5], Oddity::NullHistory), (CLIENTS[0], Oddity::NullHistory)]
    {
        let folder = ledger().copies();
        let (old, new) = (running(manners, oddity), empty(CLIENTS[3], Oddity::Nothing));
        let held = move_between(&folder, &old, &new, "").code(1);
        assert_eq!(said(&held, "status"), ["error", "not_sent", "not_sent"]);
        assert_eq!((old.runs().len(), new.runs().len()), (2, 0), "{}", manners.name);
        assert!(super::deliver_from::kept(&folder, "a").is_empty(), "{}", manners.name);
        // The way that is named is a way: the one key that runs nowhere.
        let why = held.list("keys")[0]["message"].as_str().unwrap().to_owned();
        assert!(why.contains("now runs nowhere") && why.contains("--never-attested"), "{why}");
    }
}

/// Teku never names the chain for keys that never signed.
#[test]
fn new_keys_leave_a_client_that_says_nothing_of_them_by_a_person_s_word() {
    let folder = ledger().copies();
    let keys: Vec<_> = pubkeys().into_iter().map(|key| (key, Value::Null)).collect();
    let old = Client::new(CLIENTS[1], Oddity::Nothing, &keys);
    let new = empty(CLIENTS[3], Oddity::Nothing);
    move_between(&folder, &old, &new, "").code(1);
    assert_eq!((old.runs().len(), new.runs().len()), (2, 0));
    // Remove the others by hand, and say so of all.
    old.inside().memory.clear();
    old.inside().disk.clear();
    let said_so = format!("{NEVER} --off {}", old.url);
    let delivered = deliver(&folder, &new, &said_so);
    assert_eq!(delivered.code, 0, "{}", name(&delivered));
    assert_eq!(new.runs().len(), 3);
}

#[test]
fn what_is_taken_and_not_listed_is_on_its_way_and_goes_nowhere_else() {
    for oddity in [Oddity::Later, Oddity::Drops, Oddity::LeftOver] {
        let teku = CLIENTS[1];
        let folder = ledger().copies();
        let (old, third) =
            (running(CLIENTS[3], Oddity::Nothing), empty(CLIENTS[2], Oddity::Nothing));
        let new = empty(teku, oddity).with_files_of(&pubkeys());
        let moved = move_between(&folder, &old, &new, "").code(1);
        let statuses = said(&moved, "status");
        assert_eq!(statuses, ["accepted", "not_sent", "not_sent"], "{oddity:?}");
        assert_eq!(moved.json["verdicts"]["inconclusive"], 1, "{oddity:?}");
        assert!(moved.json["note"].is_null(), "{oddity:?}");
        // Two keys run where they ran: the first alone was risked.
        assert_eq!(old.runs().len(), 2, "{oddity:?}");
        let refused = move_between(&folder, &old, &third, "").error(3, "input");
        assert!(refused.message().contains(&new.url), "{}", refused.message());
        assert!(third.runs().is_empty());
        // A quarter of an hour later.
        new.restart();
        old.restart();
        require_one_place(&old, &new, "later");
        let again = move_between(&folder, &old, &new, "");
        match oddity {
            Oddity::Later => assert_eq!(said(&again, "status")[0], "listed"),
            _ => assert_ne!(again.code, 0, "{oddity:?}"),
        }
    }
}

#[test]
fn what_is_too_long_is_refused_with_one_key_at_most() {
    let folder = ledger().copies();
    let old = running(CLIENTS[3], Oddity::Nothing);
    let new = empty(CLIENTS[0], Oddity::Limit(100));
    let refused = move_between(&folder, &old, &new, "").code(1);
    assert_eq!(said(&refused, "status"), ["error", "not_sent", "not_sent"]);
    assert!(refused.stdout.contains("413"), "{}", refused.stdout);
    assert_eq!((old.runs().len(), new.runs().len()), (2, 0));
    // It goes back: nothing holds it at the client that refused it.
    let kept = super::deliver_from::kept(&folder, "a").remove(0);
    let back = deliver(&folder, &old, &format!("--not-running --history {}", kept.display()));
    assert_eq!(said(&back, "status"), ["imported", "listed", "listed"], "{}", name(&back));
    assert_eq!(old.runs().len(), 3);
}

#[test]
fn a_token_is_not_shown_by_way_of_an_answer() {
    let folder = ledger().copies();
    let client = empty(CLIENTS[3], Oddity::Nothing);
    let wrong = folder.file("other-token", "api-token-of-another-client");
    let (copies, url) = (folder.both(), &client.url);
    let line = format!("deliver keymanager {copies} --url {url} --token-file {wrong} {NEVER}");
    let refused = on("mock-ledger").run(&line).error(4, "permission");
    assert!(!name(&refused).contains("of-another-client"), "{}", name(&refused));
    assert!(refused.message().contains("Invalid auth token: .."), "{}", refused.message());
}
