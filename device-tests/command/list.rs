//! `validator list`: what lies where, when it was drilled, and what a fleet's owner should see to.

use std::fs;

use serde_json::Value;

use super::{
    fixture::{Folder, imported, ledger},
    run::{OTHER_WORDS, Ran, WORDS, alone, on},
};
use crate::backup::rot::flip;

/// m/44'/60'/0'/0/0 of the mocks' words, which attests.
const ATTESTS: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";
/// Their check address, which signs origins.
const CHECKS: &str = "0x5C81Eade04A009301586bF5421F18F3EB5C52df4";
const STRANGER: &str = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";

fn list(copies: &str, options: &str) -> Ran {
    alone().run(&format!("validator list {copies} {options}"))
}

/// The words of the warnings.
fn warned(ran: &Ran) -> Vec<&str> {
    ran.each("warnings", "kind")
}

fn drilled() -> Folder {
    let copies = ledger().copies();
    let line = format!("attest create --check drill --copy {}", copies.both());
    on("mock-ledger").run(&line).code(0);
    copies
}

#[test]
fn every_key_is_listed_with_its_place_and_its_drill() {
    let copies = drilled();
    let listed = list(&copies.both(), &format!("--signer {CHECKS} --signer {ATTESTS}")).code(0);
    assert_eq!(listed.list("keys").len(), 3);
    let made = &ledger().json["keys"];
    for (index, key) in listed.list("keys").iter().enumerate() {
        let expected = made.as_array().unwrap().iter().find(|k| k["pubkey"] == key["pubkey"]);
        assert_eq!(key["path"], expected.unwrap()["path"]);
        assert_eq!((&key["index"], &key["batch"]), (&index.into(), &0.into()));
        assert_eq!((&key["network"], &key["source"]), (&"hoodi".into(), &"device".into()));
        assert_eq!(key["copies"].as_array().unwrap().len(), 2);
        assert_eq!((&key["attested_by"], &key["check_address"]), (&ATTESTS.into(), &CHECKS.into()));
        assert!(key["drilled"].as_str().unwrap().ends_with('Z'), "{key}");
        assert_eq!((&key["origin"], &key["claimed"]), (&"signer".into(), &Value::Null));
    }
    assert_eq!(warned(&listed), ["one_custodian", "one_file_system"]);
}

/// Anybody can sign that everything opened: without a pin that is somebody's word, and no drill.
#[test]
fn a_drill_counts_only_where_its_signer_is_known_to_be_ones_own() {
    let copies = drilled();
    for pin in ["".to_owned(), format!("--signer {CHECKS}"), format!("--signer {STRANGER}")] {
        let listed = list(&copies.both(), &pin);
        for key in listed.list("keys") {
            assert_eq!((&key["drilled"], &key["attested_by"]), (&Value::Null, &Value::Null));
            assert_eq!(key["claimed"]["attested_by"], ATTESTS);
            assert!(key["claimed"]["drilled"].as_str().unwrap().ends_with('Z'), "{key}");
        }
        let warnings = listed.list("warnings");
        let claimed = warnings.iter().find(|warning| warning["kind"] == "drill_not_known");
        let text = claimed.unwrap()["text"].as_str().unwrap();
        assert!(text.contains(ATTESTS) && text.contains("not known to be yours"), "{text}");
        assert!(!warned(&listed).contains(&"never_drilled"), "{warnings:?}");
    }
    // The wallet itself says which addresses are its own, and is asked for nothing.
    let listed = on("mock-ledger").run(&format!("validator list {}", copies.both())).code(0);
    assert!(!listed.prompted(), "{}", listed.stderr);
    assert_eq!(listed.each("keys", "attested_by"), [ATTESTS; 3]);
    assert_eq!(listed.each("keys", "origin"), ["this_wallet"; 3]);
    let other = on("mock-ledger").holding(OTHER_WORDS);
    let listed = other.run(&format!("validator list {}", copies.both())).code(1);
    assert!(listed.list("keys").iter().all(|key| key["drilled"].is_null()), "{:#}", listed.json);
}

/// A newer drill that failed stands before an older one that was good.
#[test]
fn the_last_drill_counts_and_not_the_last_good_one() {
    let copies = drilled();
    flip(&copies.keystore("b", 0), 900);
    let line = format!("attest create --check drill --copy {}", copies.both());
    on("mock-ledger").run(&line).code(1);
    let pins = format!("--signer {CHECKS} --signer {ATTESTS}");
    for options in [pins.as_str(), ""] {
        let listed = list(&copies.both(), options);
        assert_eq!(warned(&listed)[..2], ["drill_failed", "drill_failed"], "{:#}", listed.json);
        for key in listed.list("keys") {
            assert_eq!((&key["drilled"], &key["claimed"]), (&Value::Null, &Value::Null));
        }
    }
}

#[test]
fn what_was_never_drilled_or_lies_in_one_copy_alone_is_warned_of() {
    let copies = ledger().copies();
    let never = list(&copies.both(), "").code(0);
    assert_eq!(warned(&never), ["never_drilled", "one_custodian", "one_file_system"]);
    assert!(never.list("keys").iter().all(|key| key["drilled"].is_null()));
    assert_eq!(warned(&list(&copies.at("a"), "")), ["one_copy", "never_drilled", "one_custodian"]);

    // A scrub is no drill.
    let line = format!("attest create --check scrub --copy {}", copies.both());
    on("mock-ledger").run(&line).code(0);
    assert!(warned(&list(&copies.both(), "")).contains(&"never_drilled"));

    // A drill of one copy is none of the other; an attestation in one copy speaks of both.
    let line = format!("attest create --check drill --copy {}", copies.at("a"));
    on("mock-ledger").run(&line).code(0);
    let pins = format!("--signer {CHECKS} --signer {ATTESTS}");
    let one = list(&copies.both(), &pins).code(0);
    let warning = one.list("warnings")[0]["text"].as_str().unwrap().to_owned();
    assert_eq!(warned(&one)[0], "never_drilled");
    let id = |dir: &str| {
        let copies = one.list("copies").iter();
        let dir = copies.clone().find(|copy| copy["dir"].as_str().unwrap().ends_with(dir));
        dir.unwrap()["copy"].as_str().unwrap().to_owned()
    };
    assert!(warning.contains(&id("/b")) && !warning.contains(&id("/a")), "{warning}");
    let copies = drilled();
    fs::remove_dir_all(copies.path("b/stockade/attestations")).unwrap();
    assert!(!warned(&list(&copies.both(), &pins)).contains(&"never_drilled"));
}

#[test]
fn an_attestation_that_somebody_changed_is_no_drill() {
    let copies = drilled();
    for copy in ["a", "b"] {
        let folder = fs::read_dir(copies.path(copy).join("stockade/attestations")).unwrap();
        for set in folder {
            for file in fs::read_dir(set.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                let text = fs::read_to_string(&path).unwrap();
                fs::write(&path, text.replace("time 20261", "time 20251")).unwrap();
                let text = fs::read_to_string(&path).unwrap();
                fs::write(&path, text.replacen("keys 3 proven", "keys 4 proven", 1)).unwrap();
            }
        }
    }
    let listed = list(&copies.both(), "").code(0);
    assert!(listed.list("keys").iter().all(|key| key["claimed"].is_null()));
    assert!(warned(&listed).contains(&"never_drilled"));
}

#[test]
fn with_signers_only_their_word_counts() {
    let copies = drilled();
    let own = list(&copies.both(), &format!("--signer {CHECKS} --signer {ATTESTS}")).code(0);
    assert_eq!(own.each("keys", "origin"), ["signer"; 3]);
    assert!(!warned(&own).contains(&"never_drilled"));
    let foreign = list(&copies.both(), &format!("--signer {STRANGER}")).code(1);
    assert_eq!(foreign.each("keys", "origin"), ["unknown"; 3]);
    assert!(foreign.list("keys").iter().all(|key| key["drilled"].is_null()));
    assert!(warned(&foreign).contains(&"drill_not_known"));
}

#[test]
fn a_manifest_that_cannot_be_read_is_never_passed_over() {
    let copies = drilled();
    fs::write(copies.set("b").join("manifest.json"), "{").unwrap();
    let listed = list(&copies.both(), "").code(1);
    assert!(warned(&listed).contains(&"unreadable"), "{:?}", warned(&listed));
    assert_eq!(listed.list("keys").len(), 3);
    // The other copy has its keys alone now.
    assert!(warned(&listed).contains(&"one_copy"));
    assert!(warned(&listed).contains(&"manifest_disagreement"));
}

#[test]
fn the_same_key_in_two_sets_is_warned_of() {
    let (one, two) = (imported().copies(), imported().copies());
    let set = one.set("a");
    // The folder's name is no evidence: a set under another name is unreadable, not a second one.
    let other = set.with_file_name("20261121-hoodi-00000000");
    fs::rename(&set, &other).unwrap();
    let listed = list(&format!("{} {}", one.at("a"), two.at("b")), "").code(1);
    assert!(warned(&listed).contains(&"unreadable"));

    let recreate = "validator create --network hoodi --count 1 --batch 0 --start 0 --recreate";
    let copies = ledger().copies();
    on("mock-ledger").run(&format!("{recreate} --copy {}", copies.both())).code(0);
    let listed = list(&copies.both(), "").code(0);
    assert!(warned(&listed).contains(&"two_sets"), "{:?}", warned(&listed));
    assert_eq!(listed.list("keys").len(), 4);
}

#[test]
fn a_batch_of_more_than_200_keys_is_warned_of() {
    let folder = Folder::new();
    let line = |count| format!("validator create --network hoodi --count {count} --copy");
    on("mock-ledger").run(&format!("{} {}", line(200), folder.at("a"))).code(0);
    assert!(!warned(&list(&folder.at("a"), "")).contains(&"large_batch"));
    let more = format!("{} {} --batch 0 --start 200", line(1), folder.at("a"));
    on("mock-ledger").run(&more).code(0);
    let listed = list(&folder.at("a"), "").code(0);
    assert!(warned(&listed).contains(&"large_batch"));
    let indices: Vec<_> = listed.list("keys").iter().map(|key| key["index"].as_u64()).collect();
    assert_eq!(indices, (0..=200).map(Some).collect::<Vec<_>>());
}

/// What hangs on typed words hangs on one root as well, whichever network it is for.
#[test]
fn a_mnemonic_with_more_than_200_keys_is_warned_of() {
    let folder = Folder::new();
    let custodian = folder.at("own.json");
    on("mock-ledger").run(&format!("custodian enroll --name own --out {custodian}")).code(0);
    let create = |more: &str| {
        let line = format!(
            "validator create --from-mnemonic --mnemonic-fd 0 --custodian {custodian} \
             --withdrawal-address {ATTESTS} --copy {} {more}",
            folder.at("a")
        );
        alone().reading(WORDS).run(&line)
    };
    let warns = |ran: &Ran| ran.json["warnings"].to_string().contains("more than 200 keys");
    assert!(!warns(&create("--network hoodi --count 200").code(0)));
    assert!(!warned(&list(&folder.at("a"), "")).contains(&"large_batch"));
    assert!(warns(&create("--network sepolia --count 1").code(0)));
    let listed = list(&folder.at("a"), "").code(0);
    assert!(warned(&listed).contains(&"large_batch"));
    create("--network hoodi --count 800").error(3, "input");
    create("--network hoodi --count 1 --start 1000").error(3, "input");
}

#[test]
fn comma_separated_values_hold_a_line_for_each_key() {
    let copies = drilled();
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_stockade"))
        .args(["validator", "list", "--csv", &copies.at("a"), &copies.at("b")])
        .args(["--signer", CHECKS, "--signer", ATTESTS])
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 4, "{text}");
    assert_eq!(rows[0][6], "pubkey");
    for (index, row) in rows[1..].iter().enumerate() {
        assert_eq!(row.len(), rows[0].len(), "{row:?}");
        assert_eq!((row[0], row[4]), ("hoodi", index.to_string().as_str()));
        assert_eq!((row[6].len(), row[11]), (96, ATTESTS));
    }
    assert!(String::from_utf8(output.stderr).unwrap().contains("warning: "));
    let line = format!("validator list --csv {}", copies.at("a"));
    alone().run(&line).error(2, "usage");
}
