//! `status`: what is here, what is due, and what to do next. Nothing that could not be read is fine.

use std::fs;

use serde_json::Value;

use super::{
    fixture::{Folder, ledger},
    profile::{ATTESTS, CHECKS, at_home, id, set_up},
    run::{OTHER_WORDS, Ran, Stockade, alone, on},
};

/// The copies of tests are on one file system.
const ONE_FILE_SYSTEM: &str = "risk";

fn kinds(status: &Ran) -> Vec<&str> {
    let mut kinds = status.each("tasks", "kind");
    kinds.retain(|kind| *kind != ONE_FILE_SYSTEM);
    kinds
}

/// Scrubbed, drilled and attested.
fn all_done() -> (Folder, Stockade) {
    let folder = set_up();
    at_home(on("mock-ledger"), &folder).run("attest create --check drill").code(0);
    let home = at_home(alone(), &folder);
    assert_eq!(kinds(&home.run("status")), [""; 0]);
    (folder, home)
}

/// The states of all checks of one kind.
fn states<'a>(status: &'a Ran, check: &str) -> Vec<&'a str> {
    let pairs = status.list("sets").iter().flat_map(|set| set["copies"].as_array().unwrap());
    let checks = pairs.flat_map(|pair| pair["checks"].as_array().unwrap());
    let of_kind = checks.filter(|one| one["check"] == check);
    of_kind.map(|one| one["state"].as_str().unwrap()).collect()
}

/// Changes every record of this computer.
fn change_records(folder: &Folder, change: impl Fn(&mut Value)) {
    let path = folder.path("state/stockade/records.json");
    let mut records: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    records["checks"].as_array_mut().unwrap().iter_mut().for_each(change);
    fs::write(path, records.to_string()).unwrap();
}

#[test]
fn each_check_is_asked_for_until_it_is_done() {
    let folder = set_up();
    let (home, wallet) = (at_home(alone(), &folder), at_home(on("mock-ledger"), &folder));
    let status = home.run("status").code(1);
    assert_eq!(kinds(&status), ["scrub_due", "drill_due", "attestation_due"]);
    assert!(status.each("tasks", "command").contains(&"stockade scrub"));
    home.run("scrub").code(0);
    assert_eq!(kinds(&home.run("status").code(1)), ["drill_due", "attestation_due"]);
    wallet.run("drill").code(0);
    assert_eq!(kinds(&home.run("status").code(1)), ["attestation_due"]);
    // Each command that is printed does what it is for.
    let command = home.run("status").each("tasks", "command").last().unwrap().to_string();
    wallet.run(command.strip_prefix("stockade ").unwrap()).code(0);
    let status = home.run("status");
    assert_eq!(kinds(&status), [""; 0]);
    assert_eq!(states(&status, "attestation"), ["fine", "fine"]);
}

#[test]
fn a_drill_counts_as_a_scrub_and_an_attestation_as_what_it_states() {
    let folder = set_up();
    at_home(on("mock-ledger"), &folder).run("drill").code(0);
    let home = at_home(alone(), &folder);
    assert_eq!(states(&home.run("status"), "scrub"), ["fine", "fine"]);
    let folder = set_up();
    at_home(on("mock-ledger"), &folder).run("attest create --check scrub").code(0);
    let status = at_home(alone(), &folder).run("status").code(1);
    assert_eq!(states(&status, "scrub"), ["fine", "fine"]);
    assert_eq!(states(&status, "drill"), ["never", "never"]);
}

#[test]
fn a_scrub_and_a_drill_record_themselves_if_asked() {
    let folder = set_up();
    let wallet = at_home(on("mock-ledger"), &folder);
    assert_eq!(wallet.run("scrub --attest").code(0).list("attestations").len(), 1);
    let status = at_home(alone(), &folder).run("status").code(1);
    assert_eq!(states(&status, "attestation"), ["fine", "fine"]);
    assert_eq!(states(&status, "drill"), ["never", "never"]);
    assert_eq!(wallet.run("drill --attest").code(0).list("attestations").len(), 1);
    assert_eq!(kinds(&at_home(alone(), &folder).run("status")), [""; 0]);
    wallet.run("drill --attest --accept-unknown-origin").error(2, "usage");
    let refused = at_home(on("mock-ledger").rejecting(), &folder).run("scrub --attest");
    assert_eq!(refused.code, 5);
    // Damage is attested as what it is, and is a failure.
    fs::remove_file(folder.keystore("b", 0)).unwrap();
    wallet.run("scrub --attest").code(1);
    let status = at_home(alone(), &folder).run("status").code(1);
    assert!(kinds(&status).contains(&"attestation_failed"));
}

#[test]
fn old_records_are_overdue_and_those_of_the_future_do_not_count() {
    let folder = set_up();
    let home = at_home(alone(), &folder);
    home.run("scrub").code(0);
    change_records(&folder, |check| check["at"] = "20200101T000000Z".into());
    let status = home.run("status").code(1);
    assert_eq!(states(&status, "scrub"), ["overdue", "overdue"]);
    assert!(kinds(&status).contains(&"scrub_due"));
    change_records(&folder, |check| check["at"] = "99990101T000000Z".into());
    let status = home.run("status").code(1);
    assert_eq!(states(&status, "scrub"), ["never", "never"]);
    assert!(kinds(&status).contains(&"clock"), "{:?}", kinds(&status));
    // What it found wrong stays wrong.
    change_records(&folder, |check| check["good"] = false.into());
    assert_eq!(states(&home.run("status").code(1), "scrub"), ["failed", "failed"]);
    change_records(&folder, |check| check["good"] = true.into());
    change_records(&folder, |check| check["manifest"] = "00".repeat(32).into());
    assert_eq!(states(&home.run("status").code(1), "scrub"), ["never", "never"]);
    home.run("config set max_age.scrub off").code(0);
    assert_eq!(states(&home.run("status"), "scrub"), ["off", "off"]);
}

#[test]
fn a_bad_check_hides_the_good_one_before_it() {
    let (folder, home) = all_done();
    let path = folder.keystore("b", 0);
    let good = fs::read(&path).unwrap();
    fs::write(&path, [&good[1..], b"x"].concat()).unwrap();
    home.run("scrub").code(1);
    let status = home.run("status").code(1);
    assert_eq!(states(&status, "scrub"), ["fine", "failed"]);
    assert!(kinds(&status).contains(&"scrub_failed"));
    // Even if nobody asks for scrubs.
    home.run("config set max_age.scrub off").code(0);
    assert!(kinds(&home.run("status").code(1)).contains(&"scrub_failed"));
    fs::write(&path, good).unwrap();
    home.run("scrub").code(0);
    assert_eq!(kinds(&home.run("status")), [""; 0]);
}

#[test]
fn what_could_not_be_read_is_never_fine() {
    let (folder, home) = all_done();
    // A stick that is not plugged in.
    fs::rename(folder.path("b"), folder.path("away")).unwrap();
    assert_eq!(kinds(&home.run("status").code(1)), ["not_here"]);
    let b = id(&folder, "away");
    home.run(&format!("config set copy.{b}.away true")).code(0);
    let (code, text) = home.said(&["status"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("kept elsewhere was not read"), "{text}");
    // Its checks are still asked for.
    home.run("config set max_age.drill 1h").code(0);
    let records = fs::read_to_string(folder.path("state/stockade/records.json")).unwrap();
    assert!(records.contains(&b));
    fs::rename(folder.path("away"), folder.path("b")).unwrap();
    // A copy that lost its id, a set that vanished from one, a manifest that cannot be read.
    let json = folder.path("b/stockade/copy.json");
    let good = fs::read(&json).unwrap();
    fs::write(&json, "{").unwrap();
    assert_eq!(kinds(&home.run("status").code(1))[0], "unreadable");
    fs::write(&json, good).unwrap();
    fs::rename(folder.set("b"), folder.path("hidden")).unwrap();
    let status = home.run("status").code(1);
    assert!(kinds(&status).contains(&"missing"), "{:?}", kinds(&status));
    assert_eq!(status.json["keys_in_one_copy"], 3);
    fs::rename(folder.path("hidden"), folder.path("b/stockade").join(&folder.sets("a")[0]))
        .unwrap();
    fs::write(folder.set("b").join("manifest.json"), "{}").unwrap();
    assert_eq!(kinds(&home.run("status").code(1))[0], "unreadable");
}

#[test]
fn records_that_cannot_be_read_count_for_nothing() {
    let folder = set_up();
    let home = at_home(alone(), &folder);
    home.run("scrub").code(0);
    fs::write(folder.path("state/stockade/records.json"), "[").unwrap();
    let status = home.run("status").code(1);
    assert!(status.stderr.contains("warning:"), "{}", status.stderr);
    assert_eq!(states(&status, "scrub"), ["never", "never"]);
}

#[test]
fn attestations_of_others_do_not_count() {
    let folder = set_up();
    let line = format!("attest create --copy {}", folder.both());
    on("mock-ledger").holding(OTHER_WORDS).run(&line);
    let status = at_home(alone(), &folder).run("status").code(1);
    assert_eq!(states(&status, "attestation"), ["never", "never"]);
    on("mock-ledger").run(&format!("attest create --copy {}", folder.both())).code(0);
    let home = at_home(alone(), &folder);
    home.run(&format!("config set signers {CHECKS}")).code(0);
    let status = home.run("status").code(1);
    assert_eq!(states(&status, "attestation"), ["never", "never"]);
    assert!(status.each("notes", "kind").contains(&"other_signer"));
    assert!(status.each("notes", "text").iter().any(|text| text.contains(ATTESTS)));
    let nobody = alone().run(&format!("status {}", folder.both())).code(1);
    assert!(kinds(&nobody).contains(&"no_signer"));
    let stranger = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";
    let other = alone().run(&format!("status {} --signer {stranger}", folder.both())).code(1);
    assert_eq!(kinds(&other)[0], "origin");
}

#[test]
fn keys_in_one_copy_only_are_something_to_do() {
    let folder = ledger().copies();
    let status = alone().run(&format!("status {}", folder.at("a"))).code(1);
    assert!(kinds(&status).contains(&"one_copy"));
    assert_eq!(status.json["keys_in_one_copy"], 3);
    assert!(status.each("tasks", "text").iter().any(|text| text.contains("in one copy only")));
    alone().run("status").error(2, "usage");
    alone().run(&format!("status {}", folder.at("nowhere"))).error(3, "file");
}

#[test]
fn status_fits_a_terminal_and_asks_no_wallet() {
    let (folder, home) = all_done();
    let (_, text) = home.said(&["status"]);
    for line in text.lines().filter(|line| !line.contains('/')) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let asked = at_home(on("mock-ledger").rejecting(), &folder).run("status");
    assert!(!asked.prompted());
    fs::rename(folder.path("b"), folder.path("away")).unwrap();
    home.run(&format!("config set copy.{}.away true", id(&folder, "away"))).code(0);
    assert_eq!(home.said(&["status", "--quiet"]), (0, String::new()));
    home.run("config set max_age.scrub 1h").code(0);
    fs::remove_dir_all(folder.path("a/stockade/attestations")).unwrap();
    let (code, text) = home.said(&["status", "--quiet"]);
    assert!(code == 1 && text.starts_with("To do"), "{text}");
}
