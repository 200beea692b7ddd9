//! Exits that are sealed beside a set: who can take them out, what rots, and what goes along.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::{
    fixture::{Folder, imported, ledger, vector},
    m_of_n::{custodians, two_of_three},
    run::{OTHER_WORDS, Ran, alone, on},
};
use crate::backup::rot::flip;

/// What a deposit tool writes for the first key of [`imported`].
const EXIT: &str = "deposits/signed_exit-hoodi.json";

/// Seals that exit beside the set of [`imported`], in both copies.
fn sealed() -> Folder {
    let folder = imported().copies();
    seal(&folder, "--index 0 --validator-index 123456 --epoch 1000").code(0);
    folder
}

fn seal(folder: &Folder, more: &str) -> Ran {
    on("mock-ledger").run(&format!("exit create --seal --copy {} {more}", folder.both()))
}

fn verify(folder: &Folder) -> String {
    format!("exit verify {}", folder.both())
}

fn open(folder: &Folder, out: &str) -> String {
    format!("exit open {} --out {}", folder.both(), folder.at(out))
}

/// The sealed exits in a copy.
fn files(folder: &Folder, copy: &str) -> Vec<PathBuf> {
    let rooms = fs::read_dir(folder.path(copy).join("stockade/exits")).unwrap();
    let mut files: Vec<_> = rooms
        .flat_map(|room| fs::read_dir(room.unwrap().path()).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_exit_lies_sealed_in_every_copy_and_comes_out_as_it_was_signed() {
    let folder = sealed();
    let (a, b) = (files(&folder, "a"), files(&folder, "b"));
    assert_eq!((a.len(), b.len()), (1, 1));
    let bytes = fs::read(&a[0]).unwrap();
    assert!(bytes == fs::read(&b[0]).unwrap());
    assert!(bytes.starts_with(b"age-encryption.org/v1\n"));
    assert_eq!(fs::metadata(&a[0]).unwrap().permissions().mode() & 0o777, 0o600);

    let unopened = alone().run(&verify(&folder)).code(0);
    assert_eq!(unopened.text("level"), "bytes");
    assert_eq!(unopened.json["verdicts"]["proven"], 2);
    assert!(unopened.list("exits").iter().all(|exit| exit["pubkey"].is_null()));
    let opened = on("mock-trezor").run(&verify(&folder)).code(0);
    assert_eq!(opened.text("level"), "opened");
    for exit in opened.list("exits") {
        assert_eq!((&exit["validator_index"], &exit["epoch"]), (&123_456.into(), &1000.into()));
        assert_eq!(exit["pubkey"], imported().json["keys"][0]["pubkey"]);
        assert_eq!((&exit["verdict"], &exit["network"]), (&"proven".into(), &"hoodi".into()));
    }

    let out = on("mock-ledger").run(&open(&folder, "out")).code(0);
    let file = folder.path("out").join(out.list("exits")[0]["file"].as_str().unwrap());
    assert!(fs::read(&file).unwrap() == fs::read(vector(EXIT)).unwrap());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(&folder.path("out")).len(), 1);
    on("mock-ledger").run(&open(&folder, "out")).error(3, "file");
    // It is a part of the copies like any other.
    let scrubbed = alone().run(&format!("backup scrub {}", folder.both())).code(0);
    assert!(!scrubbed.json["warnings"].to_string().contains("exits"), "{}", scrubbed.json);
    let restore = format!("backup restore {} --to {}", folder.both(), folder.at("restored"));
    let restored = on("mock-ledger").run(&format!("{restore} --layout plain --never-attested"));
    assert_eq!(restored.code(0).json["sealed_exits"], 1);
}

#[test]
fn nobody_else_takes_an_exit_out() {
    let folder = sealed();
    let other = on("mock-ledger").holding(OTHER_WORDS);
    let refused = other.run(&open(&folder, "out")).error(3, "input");
    assert!(!refused.prompted(), "{}", refused.stderr);
    let verified = other.run(&verify(&folder)).code(1);
    assert_eq!(verified.each("exits", "reason"), ["not_this_wallet"; 2]);
    assert_eq!(verified.json["verdicts"]["inconclusive"], 2);
    on("mock-ledger").rejecting().run(&open(&folder, "out")).error(5, "rejected");
    assert!(!folder.path("out").exists());
    // One of two custodians is too few, to seal as to open.
    let folder = two_of_three().copies();
    let line = "--index 0 --validator-index 7";
    seal(&folder, line).error(3, "input");
    assert!(!folder.path("a/stockade/exits").exists());
    let both = on("mock-ledger").and("mock-trezor:safe5", OTHER_WORDS);
    let line = format!("exit create --seal --copy {} {line}", folder.both());
    both.run(&line).code(0);
    on("mock-ledger").run(&open(&folder, "out")).error(3, "input");
    both.run(&open(&folder, "out")).code(0);
}

#[test]
fn an_exit_that_rotted_is_seen_by_anybody_and_healed_from_another_copy() {
    let folder = sealed();
    let (a, b) = (files(&folder, "a").remove(0), files(&folder, "b").remove(0));
    let whole = fs::read(&a).unwrap();
    flip(&a, 8 * 300);
    let seen = alone().run(&verify(&folder)).code(1);
    assert_eq!(seen.each("exits", "reason"), ["bit_rot", "ok"]);
    let scrubbed = alone().run(&format!("backup scrub {}", folder.both())).code(1);
    assert_eq!(scrubbed.each("files", "reason"), ["bit_rot"]);
    assert!(scrubbed.each("files", "file")[0].starts_with("exits/"));
    // The other copy has it; this one alone has not.
    on("mock-ledger").run(&open(&folder, "out")).code(0);
    let alone_line = format!("exit open {} --out {}", folder.at("a"), folder.at("none"));
    let none = on("mock-ledger").run(&alone_line).error(3, "input");
    assert!(!none.prompted() && !folder.path("none").exists(), "{}", none.stderr);

    let repair = format!("backup repair {}", folder.both());
    assert_eq!(alone().run(&repair).code(0).json["added"], 1);
    assert!(fs::read(&a).unwrap() == whole);
    // Where no copy has it whole, nothing is put in its place.
    flip(&a, 8 * 300);
    flip(&b, 8 * 301);
    let before = folder.content();
    let lost = alone().run(&repair).code(1);
    assert_eq!(lost.each("files", "reason"), ["bit_rot"; 2]);
    assert!(folder.content() == before);
}

#[test]
fn copies_complete_each_others_exits_and_spread_nothing_else() {
    let folder = sealed();
    let b = files(&folder, "b").remove(0);
    fs::remove_file(&b).unwrap();
    let absent = alone().run(&verify(&folder)).code(1);
    assert_eq!(absent.each("exits", "reason"), ["ok", "missing"]);
    let strange = b.with_file_name("exit.json");
    fs::write(&strange, "{}").unwrap();
    let repair = format!("backup repair {}", folder.both());
    let repaired = alone().run(&repair).code(1);
    assert_eq!(repaired.json["added"], 1);
    assert_eq!(repaired.each("files", "reason"), ["malformed"]);
    assert_eq!((files(&folder, "a").len(), files(&folder, "b").len()), (1, 2));
    fs::remove_file(&strange).unwrap();
    alone().run(&verify(&folder)).code(0);
    alone().run(&repair).code(0);
}

/// The name says whose it is, and anybody can write names.
#[test]
fn an_exit_under_another_keys_name_is_not_that_keys() {
    let folder = sealed();
    let other = imported().json["keys"][1]["pubkey"].as_str().unwrap();
    for copy in ["a", "b"] {
        let file = files(&folder, copy).remove(0);
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let parts: Vec<_> = name.split('-').collect();
        let renamed = format!("{}-{}-{}", parts[0], &other[..12], parts[2]);
        fs::rename(&file, file.with_file_name(renamed)).unwrap();
    }
    alone().run(&verify(&folder)).code(0);
    let verified = on("mock-ledger").run(&verify(&folder)).code(1);
    assert_eq!(verified.each("exits", "reason"), ["pubkey_mismatch"; 2]);
    on("mock-ledger").run(&open(&folder, "out")).error(3, "input");
    assert!(!folder.path("out").exists());
}

#[test]
fn the_exits_of_many_are_sealed_at_once() {
    let folder = imported().copies();
    let made = seal(&folder, "--index 0 --validator-index 5 9 7").code(0);
    let numbers: Vec<_> = made.list("exits").iter().map(|e| e["validator_index"].clone()).collect();
    assert_eq!(numbers, [5, 9, 7]);
    for (index, exit) in made.list("exits").iter().enumerate() {
        assert_eq!(exit["pubkey"], imported().json["keys"][index]["pubkey"]);
    }
    let key = imported().json["keys"][1]["pubkey"].as_str().unwrap();
    let one = on("mock-ledger").run(&format!("{} --pubkey {key}", open(&folder, "one"))).code(0);
    assert_eq!(one.list("exits").len(), 1);
    assert_eq!(one.list("exits")[0]["validator_index"], 9);
    on("mock-ledger").run(&open(&folder, "all")).code(0);
    assert_eq!(names(&folder.path("all")).len(), 3);
    // Each is what the others take.
    for name in names(&folder.path("all")) {
        let file = folder.at(&format!("all/{name}"));
        alone().run(&format!("exit verify {file} --copy {}", folder.at("a"))).code(0);
    }
}

#[test]
fn what_cannot_be_sealed_asks_nobody_and_leaves_nothing() {
    let folder = imported().copies();
    let before = folder.content();
    let out = folder.at("out.json");
    let key = imported().json["keys"][1]["pubkey"].as_str().unwrap();
    for (more, code, kind) in [
        (format!("--index 0 --validator-index 1 2 --out {out}"), 2, "usage"),
        (format!("--pubkey {key} --validator-index 1 2"), 2, "usage"),
        ("--index 0 --validator-index 1 1".to_owned(), 2, "usage"),
        ("--index 2 --validator-index 1 2".to_owned(), 3, "input"),
        ("--index 4294967295 --validator-index 1 2".to_owned(), 2, "usage"),
    ] {
        let refused = seal(&folder, &more).error(code, kind);
        assert!(!refused.prompted(), "{more}: {}", refused.stderr);
    }
    // A copy without that set, and words without any.
    let other = ledger().copies();
    let line = "exit create --seal --index 0 --validator-index 1";
    let set = imported().json["set_id"].as_str().unwrap();
    let (own, others) = (folder.at("a"), other.at("b"));
    let elsewhere = on("mock-ledger").run(&format!("{line} --set {set} --copy {own} {others}"));
    assert!(!elsewhere.error(3, "input").prompted());
    alone().run(&format!("{line} --from-mnemonic --network hoodi")).error(2, "usage");
    let nowhere = format!("exit create --index 0 --validator-index 1 --copy {own}");
    on("mock-ledger").run(&nowhere).error(2, "usage");
    assert!(folder.content() == before);
    let none = on("mock-ledger").run(&open(&folder, "out")).error(3, "input");
    assert!(!none.prompted() && none.message().contains("no sealed exit"), "{}", none.message());
    let verified = alone().run(&verify(&folder)).code(1);
    assert!(verified.list("exits").is_empty());
}

#[test]
fn exits_go_with_their_keys_when_a_set_is_sealed_anew() {
    let folder = sealed();
    let (own, hers, file) = custodians(&folder);
    let old = folder.sets("a").remove(0);
    let reseal =
        format!("backup reseal {} --custodian {own} {hers} {file} --threshold 2", folder.both());
    let new = on("mock-ledger").run(&reseal).code(0).text("set_id").to_owned();
    let only = format!("{} --set {new}", open(&folder, "out"));
    on("mock-ledger").run(&only).error(3, "input");
    let both = on("mock-ledger").and("mock-trezor:safe5", OTHER_WORDS);
    let out = both.run(&only).code(0);
    let out = folder.path("out").join(out.list("exits")[0]["file"].as_str().unwrap());
    assert!(fs::read(out).unwrap() == fs::read(vector(EXIT)).unwrap());
    // The old set takes nothing along that the new one lacks.
    let retire = format!("backup retire {} --set {old} --by {new}", folder.both());
    assert!(!both.run(&retire).code(0).stderr.contains("are removed with set"));
    both.run(&verify(&folder)).code(0);
}

#[test]
fn what_would_go_with_a_set_is_said() {
    let folder = sealed();
    let (own, hers, file) = custodians(&folder);
    let old = folder.sets("a").remove(0);
    let reseal =
        format!("backup reseal {} --custodian {own} {hers} {file} --threshold 1", folder.both());
    let new = on("mock-ledger").run(&reseal).code(0).text("set_id").to_owned();
    for copy in ["a", "b"] {
        fs::remove_dir_all(folder.path(copy).join("stockade/exits").join(&new)).unwrap();
    }
    let retire = format!("backup retire {} --set {old} --by {new}", folder.both());
    let said = on("mock-ledger").run(&retire).code(0).stderr;
    assert!(
        said.contains("are removed with set") && said.contains(&format!("exits/{old}/")),
        "{said}"
    );
}
