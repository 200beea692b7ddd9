//! Making keys, drilling and checking them, on every kind of wallet.

use std::{fs, path::Path};

use serde_json::Value;

use super::{
    fixture::{Folder, Made, ledger, safe5, trezor, vector, vector_json},
    run::{Ran, alone, on},
};

/// The withdrawal address of the mocks' words: m/44'/60'/0'/0/0.
const WITHDRAWAL_ADDRESS: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";

fn made_by_all() -> [(&'static str, &'static Made); 3] {
    [("mock-ledger", ledger()), ("mock-trezor", trezor()), ("mock-trezor:safe5", safe5())]
}

fn pubkeys(json: &Value) -> Vec<&str> {
    let keys = json["keys"].as_array().unwrap();
    keys.iter().map(|key| key["pubkey"].as_str().unwrap()).collect()
}

#[test]
fn create_says_what_it_made_and_where() {
    for (device, made) in made_by_all() {
        let json = &made.json;
        let keys = json["keys"].as_array().unwrap();
        let paths: Vec<_> = keys.iter().map(|key| key["path"].as_str().unwrap()).collect();
        let expected = [0, 1, 2].map(|index| format!("m/12381/3600/{index}/0/0"));
        assert_eq!(paths, expected, "{device}");
        assert_eq!(json["batch"], 0, "{device}");
        assert_eq!(json["withdrawal_address"], WITHDRAWAL_ADDRESS, "{device}");
        assert_eq!(json["copies"].as_array().unwrap().len(), 2, "{device}");
        for copy in json["copies"].as_array().unwrap() {
            let how = copy["read_back"].as_str().unwrap();
            assert!(["device", "cache_possible"].contains(&how), "{device}: {how}");
        }
        let warning = json["warnings"][0].as_str().unwrap();
        assert!(warning.contains("other copies"), "{device}: fresh copies warn: {warning}");
    }
}

#[test]
fn every_wallet_with_the_same_words_makes_the_same_keys() {
    let vectors = vector_json("device-secrets.json");
    let batch = vectors.as_array().unwrap().iter().find(|vector| {
        vector["scheme"] == "eip191-v1"
            && vector["prompt"] == "Stockade: derive hoodi batch 0. A secret!"
    });
    let recorded = batch.unwrap()["signing_public_keys"].as_array().unwrap();
    for (device, made) in made_by_all() {
        let keys = pubkeys(&made.json);
        assert_eq!(keys, pubkeys(&ledger().json), "{device}");
        assert_eq!(keys[..2], [&recorded[0], &recorded[1]].map(|key| key.as_str().unwrap()));
    }
}

#[track_caller]
fn assert_all_opened(drilled: Ran) {
    let drilled = drilled.code(0);
    assert_eq!(drilled.verdicts(), (6, 0, 0));
    assert_eq!((drilled.text("level"), drilled.text("origin")), ("opened", "this_wallet"));
    assert!(drilled.each("keys", "reason").iter().all(|reason| *reason == "ok"));
    assert!(drilled.list("files").is_empty());
}

#[test]
fn a_set_opens_with_every_wallet_that_has_the_words() {
    for (maker, opener) in
        [(ledger(), "mock-trezor:safe5"), (trezor(), "mock-trezor"), (safe5(), "mock-ledger")]
    {
        let copies = maker.copies();
        assert_all_opened(on(opener).run(&format!("backup drill {}", copies.both())));
    }
}

#[test]
fn a_check_proves_the_keys_without_opening_any() {
    let copies = ledger().copies();
    for device in ["mock-ledger", "mock-trezor"] {
        let checked = on(device).run(&format!("validator check {}", copies.both())).code(0);
        assert_eq!(checked.verdicts(), (6, 0, 0), "{device}");
        assert_eq!(checked.text("level"), "public_key");
        assert_eq!(checked.list("keys")[1]["path"], "m/12381/3600/1/0/0");
    }
}

#[test]
fn scrub_needs_no_wallet_and_says_so_of_the_origin() {
    let copies = ledger().copies();
    let scrubbed = alone().run(&format!("backup scrub {}", copies.both())).code(0);
    assert_eq!(scrubbed.verdicts(), (6, 0, 0));
    assert_eq!((scrubbed.text("level"), scrubbed.text("origin")), ("bytes", "unknown"));
    let signer = ledger().json["custodians"][0]["check_address"].as_str().unwrap();
    let line = format!("backup scrub {} --signer {signer}", copies.both());
    assert_eq!(alone().run(&line).code(0).text("origin"), "signer");
    let asked = on("mock-ledger").rejecting().run(&format!("backup scrub {}", copies.both()));
    assert_eq!(asked.code(0).text("origin"), "this_wallet");
}

#[test]
fn a_key_that_is_expected_and_in_no_set_is_missing() {
    let copies = ledger().copies();
    let keys = pubkeys(&ledger().json);
    let listed =
        keys.iter().map(|key| serde_json::json!({"validating_pubkey": format!("0x{key}")}));
    let listing = serde_json::json!({"data": listed.collect::<Vec<_>>()});
    let all = [
        copies.file("lines", keys.join("\n")),
        copies.file("listing", listing.to_string()),
        deposit_data(&copies.set("a")),
    ];
    let absent = vector("deposits/hoodi-0x01/deposit_data-1795220361.json");
    for check in ["backup scrub", "backup drill", "validator check"] {
        let run = |expect: &str| {
            on("mock-ledger").run(&format!("{check} {} --expect {expect}", copies.both()))
        };
        // A drill takes a second: its answer does not depend on how the keys are listed.
        for file in all.iter().filter(|_| check != "backup drill") {
            run(file).code(0);
        }
        let missing = run(&absent).code(1);
        assert_eq!(missing.verdicts(), (6, 3, 0), "{check}");
        let last = missing.list("keys").last().unwrap();
        assert_eq!((&last["reason"], &last["copy"]), (&"missing".into(), &Value::Null));
    }
    let empty = copies.file("empty", "");
    let line = format!("backup scrub {} --expect {empty}", copies.both());
    alone().run(&line).error(3, "input");
}

#[test]
fn a_trezors_own_scheme_makes_other_keys_and_opens_on_trezors() {
    let folder = Folder::new();
    let line = format!(
        "validator create --network hoodi --count 2 --scheme slip11-v1 --copy {}",
        folder.both()
    );
    let refused = on("mock-ledger").run(&line).error(4, "unsupported");
    assert!(!folder.path("a").exists(), "{}", refused.message());
    let made = on("mock-trezor:safe3").run(&line).code(0);
    let vectors = vector_json("device-secrets.json");
    let batch = vectors.as_array().unwrap().iter().find(|vector| {
        vector["scheme"] == "slip11-v1"
            && vector["prompt"] == "Stockade: derive hoodi batch 0. A secret!"
    });
    assert_eq!(Value::from(pubkeys(&made.json)), batch.unwrap()["signing_public_keys"]);
    let drill = format!("backup drill {}", folder.both());
    assert_eq!(on("mock-trezor:t").run(&drill).code(0).verdicts(), (4, 0, 0));
}

#[test]
fn the_deposits_say_what_was_asked_for() {
    let folder = Folder::new();
    let other = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";
    let line = format!(
        "validator create --network hoodi --count 1 --credentials 0x02 --amount 64.5 \
         --withdrawal-address {other} --copy {}",
        folder.at("a")
    );
    let made = on("mock-ledger").run(&line).code(0);
    assert_eq!(made.text("withdrawal_address"), other);
    let deposits = deposit_data(&folder.set("a"));
    let verify = format!("deposit verify {deposits} --copy {}", folder.at("a"));
    let verified = on("mock-ledger").run(&format!("{verify} --withdrawal-address {other}")).code(0);
    let deposit = &verified.list("deposits")[0];
    assert_eq!(deposit["amount"], 64_500_000_000_u64);
    assert_eq!(
        (&deposit["network"], &deposit["withdrawal_address"]),
        (&"hoodi".into(), &other.into())
    );
    // The wallet's own address is another one.
    on("mock-ledger").run(&format!("{verify} --withdrawal-address device")).code(1);
}

/// The deposit data in a set's folder.
pub(super) fn deposit_data(set: &Path) -> String {
    let mut names = fs::read_dir(set).unwrap().map(|entry| entry.unwrap().path());
    let found = names.find(|path| path.to_str().unwrap().contains("/deposit_data-"));
    found.unwrap().to_str().unwrap().to_owned()
}
