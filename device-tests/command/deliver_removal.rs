//! What is said, and what is spared, where a removal does not go as it should.

use std::collections::BTreeSet;

use super::{
    deliver::{pubkeys, said},
    deliver_from::{epoch_now, from},
    fixture::ledger,
};
use crate::cloud::validator_client::{Fault, ValidatorClient, record};

#[test]
fn a_client_that_takes_no_keys_is_found_out_while_the_keys_still_run() {
    let folder = ledger().copies();
    let old = ValidatorClient::running(&pubkeys(), epoch_now());
    let new = ValidatorClient::new();
    new.inside().closed = true;
    let refused = from(&folder, &old, &new, "").error(4, "permission");
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert_eq!(old.keys().len(), 3);
}

#[test]
fn a_history_of_epochs_to_come_stops_it_at_the_first_batch() {
    let folder = ledger().copies();
    let old = ValidatorClient::running(&pubkeys(), epoch_now() + 1000);
    let new = ValidatorClient::new();
    let failed = from(&folder, &old, &new, "--batch-size 1").error(4, "protocol");
    assert!(failed.message().contains("in the future"), "{}", failed.message());
    assert!(failed.message().contains("1 key was removed"), "{}", failed.message());
    assert_eq!((old.keys().len(), new.keys().len()), (2, 0));
}

#[test]
fn no_more_keys_are_removed_while_a_removed_one_runs_nowhere() {
    let folder = ledger().copies();
    let old = ValidatorClient::running(&pubkeys(), epoch_now());
    let new = ValidatorClient::new();
    // The second key is refused, as if the disk had become full.
    new.inside().faults.extend((1..9).map(|request| (request, Fault::RefusesFirst)));
    let stopped = from(&folder, &old, &new, "--batch-size 1").code(1);
    assert_eq!((old.keys().len(), new.keys().len()), (1, 1), "{}", stopped.json);
    // The same command again, now that it takes keys.
    new.inside().faults.clear();
    from(&folder, &old, &new, "--batch-size 1").code(0);
    assert_eq!((old.keys().len(), new.keys().len()), (0, 3));
}

#[test]
fn a_key_that_somebody_else_removed_is_none_that_was_removed_for_this() {
    let folder = ledger().copies();
    let keys = pubkeys();
    let old = ValidatorClient::running(&keys, epoch_now());
    old.inside().fleeting = BTreeSet::from([keys[1].clone()]);
    let new = ValidatorClient::new();
    let held = from(&folder, &old, &new, "").code(1);
    assert_eq!(said(&held, "status"), ["imported", "error", "imported"]);
    assert_eq!((&held.json["from"]["removed"], new.keys().len()), (&2.into(), 2));
    let why = held.list("keys")[1]["message"].as_str().unwrap();
    assert!(why.contains("`not_active`") && why.contains("restart it"), "{why}");
    // Nor is it in the next run.
    from(&folder, &old, &new, "").error(3, "input");
    assert_eq!(new.keys().len(), 2);
}

#[test]
fn nothing_is_removed_where_a_key_runs_nobody_knows_where() {
    let folder = ledger().copies();
    let keys = pubkeys();
    let old = ValidatorClient::running(&keys[..1], epoch_now());
    old.inside().unlisted = BTreeSet::from([keys[0].clone()]);
    old.inside().gone.insert(keys[2].clone(), record(&keys[2], epoch_now() - 500));
    let new = ValidatorClient::new();
    let refused = from(&folder, &old, &new, "").error(3, "input");
    assert!(refused.json["error"]["hint"].as_str().unwrap().contains("nothing was removed"));
    assert_eq!((old.keys().len(), new.keys().len()), (1, 0));
}
