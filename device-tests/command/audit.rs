//! Audits: attestations of several wallets, held against a policy, by somebody who has no wallet.

use std::{fs, path::PathBuf, thread::sleep, time::Duration};

use serde_json::{Value, json};

use super::{
    create::deposit_data,
    fixture::{Folder, ledger},
    run::{OTHER_WORDS, Ran, alone, on},
};

/// m/44'/60'/0'/0/0 of the mocks' words.
pub(super) const FIRST: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";

/// The address of the other wallet.
pub(super) fn second() -> String {
    on("mock-trezor").holding(OTHER_WORDS).run("address").code(0).text("address").to_owned()
}

/// The check address that made the set: the other wallet signs for its sets only by that.
pub(super) fn maker() -> &'static str {
    ledger().json["custodians"][0]["check_address"].as_str().unwrap()
}

/// Has the first wallet attest.
pub(super) fn attest(copies: &Folder, check: &str) -> Ran {
    let line = format!("attest create --check {check} --copy {}", copies.both());
    on("mock-ledger").run(&line)
}

/// Has the other wallet join in the newest attestation of the first.
pub(super) fn join(copies: &Folder, file: &str) -> Ran {
    let line = format!(
        "attest create --join {file} --signer {} --signer {FIRST} --copy {}",
        maker(),
        copies.both()
    );
    on("mock-trezor").holding(OTHER_WORDS).run(&line)
}

/// Has the other wallet attest.
pub(super) fn attest_by_other(copies: &Folder) -> Ran {
    let line = format!("attest create --signer {} --copy {}", maker(), copies.both());
    on("mock-trezor").holding(OTHER_WORDS).run(&line)
}

/// Has the first wallet attest that a key is lost, which it is not.
pub(super) fn attest_a_loss(copies: &Folder) {
    let manifest = copies.set("b").join("manifest.json");
    let whole = fs::read(&manifest).unwrap();
    fs::write(&manifest, &whole[1..]).unwrap();
    attest(copies, "scrub").code(1);
    fs::write(&manifest, &whole).unwrap();
}

/// The attestations in the copy `copy`, oldest first.
pub(super) fn attestations(copies: &Folder, copy: &str) -> Vec<PathBuf> {
    let folder = copies
        .path(copy)
        .join("stockade/attestations")
        .join(ledger().json["set_id"].as_str().unwrap());
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

pub(super) fn newest(copies: &Folder) -> String {
    attestations(copies, "a").pop().unwrap().to_str().unwrap().to_owned()
}

/// A policy with these fields beside what every policy has.
pub(super) fn policy(copies: &Folder, fields: &Value) -> String {
    let mut policy = json!({
        "format": "stockade-policy", "version": 1,
        "signers": [FIRST, second()], "threshold": 1, "level": "bytes",
    });
    for (name, value) in fields.as_object().unwrap() {
        policy[name] = value.clone();
    }
    copies.file("policy.json", policy.to_string())
}

pub(super) fn audit(copies: &Folder, fields: Value, more: &str) -> Ran {
    let policy = policy(copies, &fields);
    alone().run(&format!("attest verify {} --policy {policy} {more}", copies.both()))
}

/// The verdict on a clause, of the only set.
pub(super) fn clause<'a>(ran: &'a Ran, name: &str) -> (&'a str, &'a str) {
    let clauses = ran.list("sets")[0]["clauses"].as_array().unwrap();
    let clause = clauses.iter().find(|clause| clause["name"] == name);
    let clause = clause.unwrap_or_else(|| panic!("no clause {name} in {:#}", ran.json));
    (clause["verdict"].as_str().unwrap(), clause["detail"].as_str().unwrap())
}

#[test]
fn two_wallets_sign_one_statement_and_a_policy_asks_for_both() {
    let copies = ledger().copies();
    attest(&copies, "scrub").code(0);
    let both = json!({"threshold": 2, "min_copies": 2, "max_age": "1h", "chain": true});
    let refused = audit(&copies, both.clone(), "").code(1);
    assert_eq!(clause(&refused, "signers").0, "not_met");
    assert_eq!(clause(&refused, "set").0, "met");

    let joined = join(&copies, &newest(&copies)).code(0);
    let first = fs::read_to_string(&attestations(&copies, "a")[0]).unwrap();
    let statement = joined.list("attestations")[0]["statement"].as_str().unwrap();
    assert!(first.contains(statement), "another statement: {statement}");
    assert_eq!(joined.list("attestations")[0]["address"], second());

    let met = audit(&copies, both, "").code(0);
    for name in ["signers", "verdicts", "age", "min_copies", "level", "set", "chain"] {
        assert_eq!(clause(&met, name).0, "met", "{name}: {:#}", met.json);
    }
}

#[test]
fn a_wallet_joins_in_nothing_that_it_did_not_find_itself() {
    let copies = ledger().copies();
    attest(&copies, "scrub").code(0);
    let file = newest(&copies);
    let whole = fs::read_to_string(&file).unwrap();

    let own = format!("attest create --join {file} --copy {}", copies.both());
    let refused = on("mock-ledger").run(&own).error(3, "input");
    assert!(refused.message().contains("already"), "{}", refused.message());

    let forged = copies.file("forged.json", whole.replace("3 proven", "9 proven"));
    join(&copies, &forged).error(3, "input");

    let drilled = format!("attest create --check drill --join {file} --copy {}", copies.both());
    let refused = on("mock-ledger").run(&drilled).error(3, "input");
    assert!(refused.message().contains("level opened"), "{}", refused.message());

    let one = format!("attest create --join {file} --signer {} --copy {}", maker(), copies.at("a"));
    on("mock-trezor").holding(OTHER_WORDS).run(&one).error(3, "input");

    let keystore =
        fs::read_dir(copies.set("b").join("keystores")).unwrap().next().unwrap().unwrap();
    let bytes = fs::read(keystore.path()).unwrap();
    fs::write(keystore.path(), &bytes[1..]).unwrap();
    let refused = join(&copies, &file).error(3, "input");
    assert!(!refused.prompted(), "{}", refused.stderr);
    assert_eq!(attestations(&copies, "a").len(), 1, "something was attested");
}

#[test]
fn every_clause_can_say_no() {
    let copies = ledger().copies();
    let line = format!("attest create --challenge 2026-Q4 --copy {}", copies.both());
    on("mock-ledger").run(&line).code(0);
    audit(&copies, json!({}), "--challenge 2026-Q4").code(0);
    for (fields, more, name) in [
        (json!({"min_copies": 3}), "", "min_copies"),
        (json!({"level": "opened"}), "", "level"),
        (json!({}), "--challenge another", "challenge"),
        (json!({"signers": [second()]}), "", "signers"),
        (
            json!({}),
            "--after aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "after",
        ),
    ] {
        let refused = audit(&copies, fields, more).code(1);
        assert_eq!(clause(&refused, name).0, "not_met", "{name}");
    }
    let expired = {
        sleep(Duration::from_millis(1100));
        audit(&copies, json!({"max_age": "0h"}), "").code(1)
    };
    assert_eq!(clause(&expired, "age").0, "not_met");
}

#[test]
fn keys_are_asked_for_in_the_policy_in_a_file_beside_it_and_on_the_command_line() {
    let copies = ledger().copies();
    attest(&copies, "scrub").code(0);
    let deposits = deposit_data(&copies.set("a"));
    fs::copy(&deposits, copies.path("validators.json")).unwrap();
    let own = ledger().json["keys"][0]["pubkey"].clone();
    audit(
        &copies,
        json!({"keys": [own], "keys_file": "validators.json"}),
        &format!("--expect {deposits}"),
    )
    .code(0);

    let refused = audit(&copies, json!({"keys": [ABSENT]}), "").code(1);
    assert_eq!(refused.list("missing"), [ABSENT]);
    copies.file("validators.json", ABSENT);
    audit(&copies, json!({"keys_file": "validators.json"}), "").code(1);
    fs::remove_file(copies.path("validators.json")).unwrap();
    audit(&copies, json!({"keys_file": "validators.json"}), "").error(3, "file");
    // A set that fails a clause attests no key.
    let refused = audit(&copies, json!({"keys": [own], "level": "opened"}), "").code(1);
    assert_eq!(refused.list("missing"), [own]);
}

/// The first key of `vectors/deposits/hoodi-0x01`.
const ABSENT: &str = "b3e445d43871965d890a398f719348a1405ac72e35b92727cc570026f54471af7ea7b2040622a8fd0b5bfb2a209b5911";

#[test]
fn what_was_taken_out_of_the_middle_is_a_gap_and_what_was_put_back_a_rollback() {
    let copies = ledger().copies();
    let mut digests = Vec::new();
    for _ in 0..3 {
        attest(&copies, "scrub").code(0);
        let met = audit(&copies, json!({"chain": true}), "").code(0);
        digests.push(met.list("sets")[0]["digest"].as_str().unwrap().to_owned());
    }
    for digest in &digests {
        audit(&copies, json!({"chain": true}), &format!("--after {digest}")).code(0);
    }
    let remove = |place: usize| {
        for copy in ["a", "b"] {
            fs::remove_file(&attestations(&copies, copy)[place]).unwrap();
        }
    };
    let whole = copies.content();
    remove(1);
    let gap = audit(&copies, json!({"chain": true}), "").code(1);
    let (verdict, detail) = clause(&gap, "chain");
    assert_eq!(verdict, "not_met");
    assert!(detail.contains("gap") && detail.contains(&digests[1]), "{detail}");

    for (path, bytes) in whole {
        if let Some(bytes) = bytes {
            fs::write(copies.path(path.to_str().unwrap()), bytes).unwrap();
        }
    }
    remove(2);
    // Without a memory of it, nothing tells that there was a third.
    audit(&copies, json!({"chain": true}), "").code(0);
    let back = audit(&copies, json!({"chain": true}), &format!("--after {}", digests[2])).code(1);
    assert!(clause(&back, "after").1.contains("rollback"));
    // Of several that somebody remembers each must be here.
    let both = |one: usize, other: usize| {
        let after = format!("--after {} --after {}", digests[one], digests[other]);
        audit(&copies, json!({}), &after)
    };
    both(0, 1).code(0);
    for back in [both(0, 2).code(1), both(2, 0).code(1)] {
        let clauses = back.list("sets")[0]["clauses"].as_array().unwrap();
        let broken = clauses.iter().filter(|clause| clause["verdict"] == "not_met");
        let broken: Vec<_> = broken.map(|clause| clause["detail"].as_str().unwrap()).collect();
        assert!(matches!(broken[..], [one] if one.contains(&digests[2])), "{broken:?}");
    }
}

#[test]
fn two_statements_of_one_wallet_never_share_a_second() {
    let copies = ledger().copies();
    for _ in 0..3 {
        attest(&copies, "scrub").code(0);
    }
    assert_eq!(attestations(&copies, "a").len(), 3);
    let met = audit(&copies, json!({"chain": true}), "").code(0);
    assert_eq!(clause(&met, "age").0, "met", "one of them is from the future");
}

/// A copy as it was some time ago: whole in itself, and its newest statement is not the newest.
#[test]
fn a_copy_that_was_set_back_is_named() {
    let copies = ledger().copies();
    attest(&copies, "scrub").code(0);
    let before = copies.content();
    attest(&copies, "drill").code(0);
    verify(&copies).code(0);
    audit(&copies, json!({"chain": true}), "").code(0);
    fs::remove_file(&attestations(&copies, "b")[1]).unwrap();
    let set_back: Vec<_> =
        copies.content().into_iter().filter(|(p, _)| p.starts_with("b")).collect();
    assert!(set_back.iter().all(|(path, bytes)| before.get(path) == Some(bytes)));

    let id = ledger().json["copies"][1]["copy"].as_str().unwrap();
    let problems = |ran: &Ran| {
        let judged = ran.list("attestations").iter();
        let all = judged.flat_map(|judged| judged["problems"].as_array().unwrap().clone());
        all.map(|problem| problem.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let stale = verify(&copies).code(1);
    assert!(matches!(&problems(&stale)[..], [one] if one.contains(id)), "{:?}", problems(&stale));
    let audited = audit(&copies, json!({"chain": true}), "").code(1);
    let (verdict, detail) = clause(&audited, "set");
    assert!(verdict == "not_met" && detail.contains(id), "{detail}");
    // Set back to before it held the set at all.
    let (set, aside) = (copies.set("b"), copies.path("aside"));
    fs::rename(&set, &aside).unwrap();
    let gone = verify(&copies).code(1);
    assert!(problems(&gone).iter().any(|one| one.contains(id)), "{:?}", problems(&gone));
    let audited = audit(&copies, json!({}), "").code(1);
    assert_eq!(clause(&audited, "set").0, "not_met");
    fs::rename(&aside, &set).unwrap();

    // Somebody else's statement says nothing of it, nor does one that is not of this copy.
    let line = format!("attest create --copy {}", copies.at("a"));
    alone().run(&format!("backup repair {}", copies.both())).code(0);
    verify(&copies).code(0);
    on("mock-ledger").run(&line).code(0);
    fs::remove_file(&attestations(&copies, "a")[0]).unwrap();
    let problems = problems(&verify(&copies));
    assert!(problems.iter().all(|one| !one.contains("set back")), "{problems:?}");
    let line = format!("attest create --signer {} --copy {}", maker(), copies.both());
    on("mock-trezor").holding(OTHER_WORDS).run(&line).code(0);
    fs::remove_dir_all(attestations(&copies, "b")[0].parent().unwrap()).unwrap();
    let line = format!(
        "attest verify {} --signer {}",
        copies.both(),
        "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"
    );
    let strange = alone().run(&line).code(1);
    assert!(!strange.stdout.contains("set back"), "{}", strange.stdout);
}

#[test]
fn an_older_and_better_statement_never_stands_in_front_of_the_newest() {
    let copies = ledger().copies();
    attest(&copies, "scrub").code(0);
    join(&copies, &newest(&copies)).code(0);
    audit(&copies, json!({"threshold": 2}), "").code(0);
    attest_a_loss(&copies);
    let refused = audit(&copies, json!({"threshold": 2}), "").code(1);
    assert_eq!(clause(&refused, "verdicts").0, "not_met");
    assert_eq!(clause(&refused, "signers").0, "not_met");
}

#[test]
fn an_attestation_without_its_set_is_neither_met_nor_broken() {
    let copies = ledger().copies();
    attest(&copies, "scrub").code(0);
    let policy = policy(&copies, &json!({}));
    let file = newest(&copies);
    let refused = alone().run(&format!("attest verify {file} --policy {policy}")).code(1);
    assert_eq!(clause(&refused, "set").0, "unknown");
    // The copies say it.
    let both = format!("attest verify {file} {} --policy {policy}", copies.at("a"));
    alone().run(&both).code(0);
}

#[test]
fn a_policy_that_is_not_understood_is_not_applied() {
    let copies = ledger().copies();
    attest(&copies, "scrub").code(0);
    for fields in [json!({"min-copies": 2}), json!({"threshold": 3}), json!({"version": 2})] {
        audit(&copies, fields, "").error(3, "input");
    }
    let policy = policy(&copies, &json!({}));
    let line = format!("attest verify {} --policy {policy} --signer {FIRST}", copies.both());
    alone().run(&line).error(2, "usage");
}

#[test]
fn without_a_policy_a_challenge_and_a_level_are_rules_too() {
    let copies = ledger().copies();
    let line = format!("attest create --challenge 2026-Q4 --copy {}", copies.both());
    on("mock-ledger").run(&line).code(0);
    let verify = |rules: &str| {
        alone().run(&format!("attest verify {} --signer {FIRST} {rules}", copies.both()))
    };
    verify("--challenge 2026-Q4 --level bytes").code(0);
    verify("--challenge 2026-Q3").code(1);
    verify("--level opened").code(1);
    verify("--challenge a;b").error(2, "usage");
}

/// The commands of the example workflow, in such a repository as its guide describes.
#[test]
fn the_example_workflow_passes_on_what_is_attested_and_fails_on_what_is_not() {
    let copies = ledger().copies();
    attest(&copies, "drill").code(0);
    let fields = json!({"level": "opened", "max_age": "90d", "min_copies": 2, "chain": true});
    let met = audit(&copies, fields, "").code(0);
    let custodian = ledger().json["custodians"][0].to_string();
    copies.file("custodian.json", custodian);
    copies.file("last-known", met.list("sets")[0]["digest"].as_str().unwrap());
    fs::rename(copies.path("a"), copies.path("copy")).unwrap();

    assert!(workflow(&copies).success());
    fs::remove_dir_all(copies.path("copy/stockade/attestations")).unwrap();
    assert!(!workflow(&copies).success());
}

/// Runs every step of docs/examples/attest.yml but the installation.
fn workflow(repository: &Folder) -> std::process::ExitStatus {
    let file = concat!(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."), "/docs/examples/attest.yml");
    let text = fs::read_to_string(file).unwrap();
    let script: String = text
        .split("run: |\n")
        .skip(1)
        .flat_map(|step| step.lines().take_while(|line| line.starts_with("          ")))
        .map(|line| format!("{}\n", line.trim()))
        .collect();
    assert_eq!(script.matches("stockade ").count(), 2, "{script}");
    let command = std::path::Path::new(env!("CARGO_BIN_EXE_stockade")).parent().unwrap();
    std::process::Command::new("bash")
        .args(["-euc", &script])
        .current_dir(repository.path(""))
        .env("PATH", format!("{}:{}", command.display(), std::env::var("PATH").unwrap()))
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap()
}

/// A good attestation, and a later one that says that a key is lost.
fn good_then_bad() -> Folder {
    let copies = ledger().copies();
    attest(&copies, "scrub").code(0);
    attest_a_loss(&copies);
    verify(&copies).code(1);
    copies
}

pub(super) fn verify(copies: &Folder) -> Ran {
    alone().run(&format!("attest verify {} --signer {FIRST}", copies.both()))
}

#[test]
fn which_is_the_newest_the_signed_time_says_and_no_file_name() {
    let copies = good_then_bad();
    for copy in ["a", "b"] {
        let good = attestations(&copies, copy).remove(0);
        let later = good.with_file_name(format!("20991231T235959Z-{FIRST}.json"));
        fs::rename(&good, later).unwrap();
    }
    verify(&copies).code(1);
}

#[test]
fn a_damaged_attestation_may_have_been_the_newest() {
    let copies = good_then_bad();
    for copy in ["a", "b"] {
        let bad = attestations(&copies, copy).remove(1);
        let whole = fs::read(&bad).unwrap();
        fs::write(&bad, &whole[..whole.len() / 2]).unwrap();
    }
    verify(&copies).code(1);
    let audited = audit(&copies, json!({}), "").code(1);
    assert_eq!(clause(&audited, "readable").0, "unknown");
}

#[test]
fn a_set_that_is_attested_and_gone_is_named_in_every_copy() {
    let copies = ledger().copies();
    attest(&copies, "scrub").code(0);
    let line = format!("validator create --network hoodi --count 1 --copy {}", copies.both());
    let more = on("mock-ledger").run(&line).code(0);
    attest(&copies, "scrub").code(0);
    verify(&copies).code(0);
    let set = ledger().json["set_id"].as_str().unwrap();
    let gone = |copy: &str| {
        fs::remove_dir_all(copies.path(copy).join("stockade").join(set)).unwrap();
        let refused = verify(&copies).code(1);
        let bad = refused.list("attestations").iter().filter(|one| one["good"] == false);
        assert!(bad.clone().count() > 0, "{:#}", refused.json);
        assert!(bad.clone().all(|one| one["file"].as_str().unwrap().contains(set)));
        let audited = audit(&copies, json!({"min_copies": 2, "chain": true}), "").code(1);
        let of_set = audited.list("sets").iter().find(|one| one["set_id"] == set).unwrap();
        let clauses = of_set["clauses"].as_array().unwrap();
        let place = clauses.iter().find(|clause| clause["name"] == "set").unwrap();
        assert_eq!(place["verdict"], "not_met", "{place}");
    };
    gone("b");
    gone("a");
    // It was retired, as a note says that anybody could have written: its keys decide.
    for copy in ["a", "b"] {
        let note = json!({
            "format": "stockade-retired", "version": 1, "set": set,
            "manifest": ledger().json["manifest"], "by": more.text("set_id"),
            "time": "20261120T101500Z",
        });
        copies.file(&format!("{copy}/stockade/retired/{set}.json"), note.to_string());
    }
    verify(&copies).code(1);
    audit(&copies, json!({}), "").code(1);
    let held = more.list("keys")[0]["pubkey"].clone();
    let lost = ledger().json["keys"][0]["pubkey"].clone();
    audit(&copies, json!({"keys": [held]}), "").code(0);
    let missing = audit(&copies, json!({"keys": [held, lost]}), "").code(1);
    assert_eq!(missing.list("missing"), [lost]);
}
