//! `backup list`, and what it checks when it is asked to.

use super::{
    fixture::{imported, ledger, vector},
    run::alone,
};

const OWNER: &str = "0x5C81Eade04A009301586bF5421F18F3EB5C52df4";
const STRANGER: &str = "0x0000000000000000000000000000000000000001";

#[test]
fn it_lists_one_set_or_all() {
    let folder = ledger().copies();
    let listed = alone().run(&format!("backup list {}", folder.both())).code(0);
    let id = listed.each("sets", "set_id")[0].to_owned();
    assert_eq!(listed.list("sets").len(), 2);
    assert_eq!(listed.each("sets", "signer"), [OWNER; 2]);
    let a = folder.at("a");
    let one = alone().run(&format!("backup list {a} --set {id}")).code(0);
    assert_eq!(one.each("sets", "set_id"), [id]);
    alone().run(&format!("backup list {a} --set 20261120-hoodi-00000000")).error(3, "input");
}

#[test]
fn a_set_of_somebody_else_and_a_key_that_is_not_listed_are_not_all_right() {
    let folder = ledger().copies();
    let list = |options: &str| alone().run(&format!("backup list {} {options}", folder.both()));
    list(&format!("--signer {OWNER}")).code(0);
    list(&format!("--signer {STRANGER}")).code(1);
    list(&format!("--signer {STRANGER} --signer {OWNER}")).code(0);
    let keys: Vec<_> = ledger().json["keys"].as_array().unwrap().iter().collect();
    let keys: Vec<_> = keys.iter().map(|key| key["pubkey"].as_str().unwrap()).collect();
    let there = folder.file("there", keys.join("\n"));
    assert!(list(&format!("--expect {there}")).code(0).list("missing").is_empty());
    // What a stranger's manifest lists is not there.
    let by_stranger = list(&format!("--expect {there} --signer {STRANGER}")).code(1);
    assert_eq!(by_stranger.list("missing").len(), 3);
    let elsewhere = vector("deposits/hoodi-0x01/deposit_data-1795220361.json");
    assert_eq!(list(&format!("--expect {elsewhere}")).code(1).list("missing").len(), 3);
    let own = imported().copies();
    alone().run(&format!("backup list {} --expect {elsewhere}", own.both())).code(0);
}
