//! Attestations: made on every kind of wallet, and judged without any.

use std::fs;

use serde_json::Value;
use stockade::{
    attest::{Attestation, AttestedLevel, Statement, StatementVersion},
    backup::verdict::Counts,
    path::DerivationPath,
    timestamp::Timestamp,
};

use super::{
    create::deposit_data,
    fixture::{Folder, Nobody, ledger, safe5, trezor, vector, wallet},
    run::{OTHER_WORDS, WORDS, alone, on},
};

/// m/44'/60'/0'/0/0 of the mocks' words.
const SIGNER: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";
const STRANGER: &str = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";

#[test]
fn what_a_drill_found_is_signed_and_verifies_without_a_wallet() {
    for (device, made) in
        [("mock-ledger", ledger()), ("mock-trezor", trezor()), ("mock-trezor:safe5", safe5())]
    {
        let copies = made.copies();
        let line =
            format!("attest create --check drill --challenge 2026-Q4 --copy {}", copies.both());
        let attested = on(device).run(&line).code(0);
        assert_eq!(attested.verdicts(), (6, 0, 0), "{device}");
        let attestation = &attested.list("attestations")[0];
        assert_eq!(attestation["address"], SIGNER, "{device}");

        let verified = verify(&copies, "--max-age 1h --min-copies 2").code(0);
        assert_eq!(verified.list("attestations").len(), 2, "one in each copy");
        for found in verified.list("attestations") {
            assert_eq!(found["statement"], attestation["statement"], "{device}");
            let fields = &found["fields"];
            assert_eq!((&fields["level"], &fields["proven"]), (&"opened".into(), &3.into()));
            assert_eq!(fields["challenge"], "2026-Q4");
            assert_eq!(fields["manifest"], made.json["manifest"]);
        }
    }
}

fn verify(copies: &Folder, rules: &str) -> super::run::Ran {
    alone().run(&format!("attest verify {} --signer {SIGNER} {rules}", copies.both()))
}

fn attested(check: &str) -> Folder {
    let copies = ledger().copies();
    let line = format!("attest create --check {check} --copy {}", copies.both());
    on("mock-ledger").run(&line).code(0);
    copies
}

#[test]
fn every_rule_can_say_no() {
    let copies = attested("scrub");
    let deposits = deposit_data(&copies.set("a"));
    verify(&copies, &format!("--expect {deposits}")).code(0);
    let refused = verify(&copies, "--min-copies 3").code(1);
    assert_eq!(refused.list("attestations")[0]["good"], false);
    let other = vector("deposits/hoodi-0x01/deposit_data-1795220361.json");
    let refused = verify(&copies, &format!("--expect {other}")).code(1);
    assert_eq!(refused.list("missing").len(), 3);
    // A file alone does not say which keys its set holds.
    let file = refused.list("attestations")[0]["file"].as_str().unwrap();
    verify_file(file, 0, "");
    verify_file(file, 1, &format!("--expect {deposits}"));
    alone().run(&format!("attest verify {} --signer {STRANGER}", copies.both())).code(1);
    verify(&copies, "--max-age 90").error(2, "usage");
}

#[test]
fn the_next_attestation_names_the_last_and_counts_alone() {
    let copies = attested("scrub");
    let first = verify(&copies, "").code(0);
    let manifest = copies.set("b").join("manifest.json");
    let whole = fs::read(&manifest).unwrap();
    fs::write(&manifest, &whole[1..]).unwrap();
    // Names go by the second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let line = format!("attest create --copy {}", copies.both());
    let second = on("mock-ledger").run(&line).code(1);
    assert_eq!(second.verdicts(), (3, 3, 0));
    let statement = second.list("attestations")[0]["statement"].as_str().unwrap();
    assert!(statement.contains("; keys 0 proven 3 contradicted 0 inconclusive; "), "{statement}");
    assert!(!statement.contains("; previous none; "), "{statement}");

    fs::write(&manifest, &whole).unwrap();
    let verified = verify(&copies, "").code(1);
    assert_eq!(verified.list("attestations").len(), first.list("attestations").len());
    assert!(verified.list("attestations").iter().all(|found| found["good"] == false));
}

#[test]
fn the_manifest_beside_an_attestation_must_be_the_one_it_speaks_of() {
    let copies = attested("scrub");
    let manifest = copies.set("a").join("manifest.json");
    let whole = fs::read_to_string(&manifest).unwrap();
    for changed in [whole.replace("3600/2/0/0", "3600/9/0/0"), whole[1..].to_owned()] {
        fs::write(&manifest, changed).unwrap();
        let refused = verify(&copies, "").code(1);
        assert_eq!(refused.list("attestations")[0]["good"], false);
        assert_eq!(refused.list("attestations")[1]["good"], true, "the other copy is in order");
    }
    fs::remove_file(&manifest).unwrap();
    verify(&copies, "").code(1);
}

#[test]
fn a_statement_that_was_changed_or_is_another_signers_is_bad() {
    let copies = attested("scrub");
    let verified = verify(&copies, "").code(0);
    let file = verified.list("attestations")[0]["file"].as_str().unwrap();
    let whole = fs::read_to_string(file).unwrap();
    verify_file(file, 0, "");
    for (from, to) in [
        ("3 proven", "4 proven"),
        ("level bytes", "level opened"),
        (SIGNER, STRANGER),
        ("history none; ", ""),
    ] {
        let changed = whole.replace(from, to);
        assert_ne!(changed, whole, "{from}");
        let file = copies.file("changed.json", changed);
        verify_file(&file, 1, "");
    }
    let file = copies.file("changed.json", &whole[..whole.len() / 2]);
    alone().run(&format!("attest verify {file} --signer {SIGNER}")).error(3, "input");
}

#[track_caller]
fn verify_file(file: &str, code: i32, rules: &str) {
    alone().run(&format!("attest verify {file} --signer {SIGNER} {rules}")).code(code);
}

/// An attestation of three proven keys, signed by a mock, of another time.
fn signed_at(time: Timestamp) -> Vec<u8> {
    let mut wallet = wallet("mock-ledger", WORDS);
    let statement = Statement {
        version: StatementVersion::V2,
        set: "20261120-hoodi-7f3a19c2".parse().unwrap(),
        manifest: "a".repeat(64).parse().unwrap(),
        level: AttestedLevel::Opened,
        keys: Counts { proven: 3, ..Counts::default() },
        copies: vec!["0a1b2c3d".to_owned()],
        shares: 0,
        history: None,
        previous: None,
        challenge: None,
        time,
    };
    let path = DerivationPath::ethereum(0, 0).unwrap();
    let text = statement.to_string();
    let signature = wallet.sign_personal(&path, &text, &mut Nobody).unwrap();
    Attestation::new(text, SIGNER.parse().unwrap(), signature).to_json().unwrap()
}

#[test]
fn an_attestation_ages_and_none_comes_from_the_future() {
    let folder = Folder::new();
    let day = 86_400;
    let file = |days: i64| {
        let time = Timestamp::from_unix(Timestamp::now().unix() - days * day).unwrap();
        folder.file(&format!("{days}.json"), signed_at(time))
    };
    verify_file(&file(89), 0, "--max-age 90d");
    verify_file(&file(91), 1, "--max-age 90d");
    verify_file(&file(91), 0, "");
    verify_file(&file(-1), 1, "");
}

#[test]
fn keys_of_two_sets_are_expected_of_both_together() {
    let copies = ledger().copies();
    let line = format!("validator create --network hoodi --count 1 --copy {}", copies.both());
    let second = on("mock-ledger").run(&line).code(0);
    let line = format!("attest create --copy {}", copies.both());
    on("mock-ledger").run(&line).code(0);
    let mut keys: Vec<_> = ledger().json["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|k| k["pubkey"].as_str().unwrap())
        .collect();
    keys.extend(second.each("keys", "pubkey"));
    let expected = copies.file("expected", keys.join("\n"));
    verify(&copies, &format!("--expect {expected}")).code(0);
    keys.push(ABSENT);
    let expected = copies.file("expected", keys.join("\n"));
    let refused = verify(&copies, &format!("--expect {expected}")).code(1);
    assert_eq!(refused.list("missing"), [ABSENT]);
}

/// The first key of `vectors/deposits/hoodi-0x01`.
const ABSENT: &str = "b3e445d43871965d890a398f719348a1405ac72e35b92727cc570026f54471af7ea7b2040622a8fd0b5bfb2a209b5911";

#[test]
fn a_set_that_nobody_attested_does_not_hide_behind_one_that_was() {
    let copies = attested("scrub");
    let line = format!("validator create --network hoodi --count 1 --copy {}", copies.both());
    let second = on("mock-ledger").run(&line).code(0);
    let refused = verify(&copies, "").code(1);
    let bad: Vec<_> =
        refused.list("attestations").iter().filter(|found| found["good"] == false).collect();
    assert_eq!(bad.len(), 2, "in both copies");
    for found in bad {
        assert!(found["file"].as_str().unwrap().ends_with(second.text("set_id")), "{found}");
        assert_eq!(found["statement"], Value::Null);
    }
}

#[test]
fn a_wallet_signs_nothing_about_a_set_that_nobody_vouches_for() {
    let copies = ledger().copies();
    let before = copies.content();
    for check in ["scrub", "drill"] {
        let line = format!("attest create --check {check} --copy {}", copies.both());
        let refused = on("mock-ledger").holding(OTHER_WORDS).run(&line).error(3, "input");
        assert!(!refused.prompted(), "{}", refused.stderr);
    }
    assert!(copies.content() == before, "something was written");
    let owner = ledger().json["custodians"][0]["check_address"].as_str().unwrap();
    let line = format!("attest create --signer {owner} --copy {}", copies.both());
    let attested = on("mock-ledger").holding(OTHER_WORDS).run(&line).code(0);
    assert_eq!((attested.verdicts(), attested.text("origin")), ((6, 0, 0), "signer"));
}

#[test]
fn without_any_attestation_nothing_is_good() {
    let copies = ledger().copies();
    assert!(
        verify(&copies, "").code(1).list("attestations").iter().all(|one| one["good"] == false)
    );
    let folder = Folder::new();
    folder.file("a/stockade/copy.json", r#"{"copy_id": "00000000", "label": ""}"#);
    let line = format!("attest verify {} --signer {SIGNER}", folder.at("a"));
    alone().run(&line).error(3, "input");
}

#[test]
fn a_file_of_zeros_is_not_signed_for_as_a_history() {
    let copies = ledger().copies();
    let set = copies.set("a").file_name().unwrap().to_str().unwrap().to_owned();
    copies.file(&format!("a/stockade/history/{set}/20261115T101500Z.json"), [0; 4096]);
    let attest = format!("attest create --copy {}", copies.both());
    let attested = on("mock-ledger").run(&attest).code(0);
    let statement = attested.list("attestations")[0]["statement"].as_str().unwrap();
    assert!(statement.contains("; history none;"), "{statement}");
    assert!(attested.stderr.contains("20261115T101500Z.json"), "{}", attested.stderr);
}
