//! A custodian whose recipient is not what its wallet signed, inside a set that the wallet itself
//! was brought to sign.

use serde_json::Value;
use stockade::{bls::SecretKey, custodian::Custodian};

use crate::command::{
    fixture::{Folder, ledger, wallet},
    run::{WORDS, on},
    sets::{imported_key, plan, publish},
};

/// A set of the owner's wallet, sealed to the recipient of somebody else under the owner's name.
fn set_with_swapped_recipient() -> Folder {
    let folder = Folder::new();
    let mut custodian: Value = ledger().json["custodians"][0].clone();
    custodian["recipient"] =
        "age1zv6hh3k7aht53w9q5cpy7lvthay3exurkc5k8pxaxt4rlyccu5mscycts0".into();
    let custodian: Custodian = serde_json::from_value(custodian).unwrap();
    assert!(custodian.verify().is_err());
    let secret = SecretKey::derive_master(&[7; 32]).unwrap();
    let plan = plan(vec![custodian.into()], 1, vec![imported_key(secret)]);
    let mut owner = wallet("mock-ledger", WORDS);
    publish(plan, &mut *owner, &[folder.path("a"), folder.path("b")]);
    folder
}

#[test]
fn it_is_neither_opened_nor_sealed_to_again() {
    let folder = set_with_swapped_recipient();
    let drilled = on("mock-ledger").run(&format!("backup drill {}", folder.both())).code(1);
    assert_eq!(drilled.verdicts(), (0, 2, 0));
    assert!(!drilled.prompted(), "{}", drilled.stderr);

    let before = folder.content();
    let line = format!("validator create --network hoodi --count 1 --copy {}", folder.both());
    let refused = on("mock-ledger").run(&line).error(3, "input");
    assert!(refused.message().contains("tampered with"), "{}", refused.message());
    assert!(!refused.prompted(), "{}", refused.stderr);
    let line = format!(
        "backup restore {} --layout plain --never-attested --to {}",
        folder.both(),
        folder.at("restored")
    );
    on("mock-ledger").run(&format!("{line} --accept-unknown-origin")).error(3, "input");
    assert!(folder.content() == before, "something was written");
}
