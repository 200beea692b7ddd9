//! `store check --attest`: what lies in a store, signed by the wallet.

use crate::cloud::vault_server::vault;

use super::{
    fixture::{Folder, ledger},
    run::{alone, on},
};

/// A Vault with the keys of a set in two copies, and the line that checks it.
fn stored() -> (Folder, String, crate::cloud::vault_server::Secrets) {
    let (url, secrets) = vault();
    let folder = ledger().copies();
    folder.file("token", "hvs.token");
    let at = format!("--vault-addr {url} --token-file {} --kv 2", folder.at("token"));
    let deliver = format!("deliver vault {} {at} --mount kv2 --path v --no-note", folder.at("a"));
    on("mock-ledger").run(&deliver).code(0);
    let check = format!("store check vault:kv2/v {} {at} --attest", folder.both());
    (folder, check, secrets)
}

#[test]
fn a_store_is_attested_and_the_note_verifies_in_every_copy() {
    let (folder, check, _) = stored();
    let checked = on("mock-ledger").run(&check).code(0);
    let note = &checked.json["note"];
    let statement = note["statement"].as_str().unwrap();
    assert!(statement.starts_with("Stockade delivery v2; keys 3; to vault http"), "{statement}");
    assert!(statement.contains("/v1/kv2/data/v; from none; set "), "{statement}");
    assert_eq!(note["copies"].as_array().unwrap().len(), 2);
    let signer = note["address"].as_str().unwrap();
    for copy in ["a", "b"] {
        let line = format!("deliver verify {} --signer {signer}", folder.at(copy));
        alone().run(&line).code(0);
    }
}

#[test]
fn a_store_that_lacks_a_key_is_not_attested_and_nobody_is_asked() {
    let (_folder, check, secrets) = stored();
    let first = secrets.lock().unwrap().keys().next().unwrap().clone();
    secrets.lock().unwrap().remove(&first);
    let checked = on("mock-ledger").run(&check).code(1);
    assert!(checked.json["note"].is_null() && !checked.prompted(), "{}", checked.stderr);
}

#[test]
fn an_attestation_needs_a_wallet_and_copies() {
    let (folder, check, _) = stored();
    let nobody = alone().run(&check).error(2, "usage");
    assert!(nobody.message().contains("--device"), "{}", nobody.message());
    on("mock-ledger").run(&check.replace(&folder.both(), "")).error(2, "usage");
}
