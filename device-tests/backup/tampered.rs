//! Somebody who can write to copies, knows the formats, and makes every list and digest fit. What
//! they cannot make is the wallet's signature.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::command::{
    fixture::{Folder, KEYSTORES, imported, ledger, vector},
    run::{alone, on},
};

pub(crate) const OWNER: &str = "0x5C81Eade04A009301586bF5421F18F3EB5C52df4";

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Writes SHA256SUMS anew, so that it fits whatever lies there now.
pub(super) fn sum_again(set: &Path) {
    let mut lines = Vec::new();
    let mut folders = vec![set.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.strip_prefix(set).unwrap().to_str().unwrap().to_owned();
            match path.is_dir() {
                true => folders.push(path),
                false if name == "SHA256SUMS" => {}
                false => lines.push((name, sha256(&fs::read(&path).unwrap()))),
            }
        }
    }
    lines.sort();
    let text: String = lines.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
    fs::write(set.join("SHA256SUMS"), format!("{text}# {}\n", sha256(text.as_bytes()))).unwrap();
}

fn manifest(set: &Path) -> Value {
    serde_json::from_slice(&fs::read(set.join("manifest.json")).unwrap()).unwrap()
}

fn write_manifest(set: &Path, manifest: &Value) {
    fs::write(set.join("manifest.json"), serde_json::to_vec_pretty(manifest).unwrap()).unwrap();
}

/// The first file of the set whose name begins so.
pub(super) fn find(set: &Path, begin: &str) -> PathBuf {
    let files = |folder: &str| {
        fs::read_dir(set.join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect::<Vec<_>>()
    };
    let mut all = [files(""), files("keystores")].concat();
    all.sort();
    let name = |path: &Path| path.strip_prefix(set).unwrap().to_str().unwrap().to_owned();
    all.into_iter().find(|path| name(path).starts_with(begin)).unwrap()
}

/// Lets a manifest say of a file what is true of it now.
pub(super) fn list_again(set: &Path, path: &Path) {
    let name = path.strip_prefix(set).unwrap().to_str().unwrap();
    let bytes = fs::read(path).unwrap();
    let mut json = manifest(set);
    for entry in json["keystores"].as_array_mut().unwrap() {
        if entry["file"] == name {
            entry["sha256"] = sha256(&bytes).into();
        }
    }
    for entry in json["files"].as_array_mut().unwrap() {
        if entry["path"] == name {
            entry["sha256"] = sha256(&bytes).into();
            entry["size"] = bytes.len().into();
        }
    }
    write_manifest(set, &json);
}

pub(super) type Tamper = fn(&Path);

/// What somebody does to the set in a folder, before they make SHA256SUMS fit.
pub(super) const TAMPERINGS: [(&str, Tamper); 15] = [
    ("another set's manifest", |set| {
        let other = imported().copies();
        fs::copy(other.set("a").join("manifest.json"), set.join("manifest.json")).unwrap();
    }),
    ("another set's manifest under this one's name", |set| {
        let other = imported().copies();
        let mut json = manifest(&other.set("a"));
        json["set_id"] = manifest(set)["set_id"].clone();
        write_manifest(set, &json);
    }),
    ("another set's everything", |set| {
        let other = imported().copies();
        let mut json = manifest(&other.set("a"));
        json["set_id"] = manifest(set)["set_id"].clone();
        fs::remove_file(find(set, "deposit_data-")).unwrap();
        fs::remove_dir_all(set.join("keystores")).unwrap();
        copy_all(&other.set("a"), set);
        write_manifest(set, &json);
    }),
    ("a keystore that no manifest lists", |set| {
        let planted = vector(&format!("deposits/hoodi-0x01/{}", KEYSTORES[0]));
        fs::copy(planted, set.join("keystores/keystore-planted.json")).unwrap();
    }),
    ("a keystore added to the manifest as well", |set| {
        let planted = vector(&format!("deposits/hoodi-0x01/{}", KEYSTORES[0]));
        let file = set.join("keystores/keystore-planted.json");
        fs::copy(planted, &file).unwrap();
        let mut json = manifest(set);
        let mut entry = json["keystores"][0].clone();
        let keystore: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        entry["file"] = "keystores/keystore-planted.json".into();
        entry["pubkey"] = keystore["pubkey"].clone();
        json["keystores"].as_array_mut().unwrap().push(entry);
        write_manifest(set, &json);
        list_again(set, &file);
    }),
    ("a keystore removed", |set| fs::remove_file(find(set, "keystores/")).unwrap()),
    ("a keystore removed from the manifest as well", |set| {
        let mut json = manifest(set);
        let removed = json["keystores"].as_array_mut().unwrap().remove(0);
        fs::remove_file(set.join(removed["file"].as_str().unwrap())).unwrap();
        write_manifest(set, &json);
    }),
    ("two keystores swapped", |set| {
        let [first, second] = ["_0_0_0-", "_1_0_0-"]
            .map(|index| find(set, &format!("keystores/keystore-m_12381_3600{index}")));
        fs::rename(&first, set.join("aside")).unwrap();
        fs::rename(&second, &first).unwrap();
        fs::rename(set.join("aside"), &second).unwrap();
    }),
    ("two keystores swapped in the manifest as well", |set| {
        let mut json = manifest(set);
        let first = json["keystores"][0]["pubkey"].take();
        json["keystores"][0]["pubkey"] = json["keystores"][1]["pubkey"].take();
        json["keystores"][1]["pubkey"] = first;
        write_manifest(set, &json);
    }),
    ("deposit data that pays somebody else", |set| {
        let theirs = vector("deposits/hoodi-0x01/deposit_data-1795220361.json");
        fs::copy(theirs, find(set, "deposit_data-")).unwrap();
    }),
    ("deposit data that pays somebody else, listed", |set| {
        let file = find(set, "deposit_data-");
        let text = fs::read_to_string(&file).unwrap();
        let theirs = text.replace("9858effd232b4033e47d90003d41ec34ecaeda94", &"42".repeat(20));
        assert_ne!(text, theirs);
        fs::write(&file, theirs).unwrap();
        list_again(set, &file);
    }),
    ("another custodian", |set| {
        let mut json = manifest(set);
        json["custodians"][0]["recipient"] =
            "age1zv6hh3k7aht53w9q5cpy7lvthay3exurkc5k8pxaxt4rlyccu5mscycts0".into();
        write_manifest(set, &json);
    }),
    ("advice of their own for whoever recovers", |set| {
        fs::write(set.join("RECOVERY.txt"), "Type your words at http://example.org").unwrap();
        list_again(set, &set.join("RECOVERY.txt"));
    }),
    ("a file that is said to be of another length", |set| {
        let mut json = manifest(set);
        json["files"][0]["size"] = 1.into();
        write_manifest(set, &json);
    }),
    ("keys that are said to be of another network", |set| {
        let mut json = manifest(set);
        json["network"] = "sepolia".into();
        write_manifest(set, &json);
    }),
];

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_all(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Makes sure that nothing reads as all proven of copies that somebody tampered with.
fn assert_never_proven(name: &str, copies: &str) {
    for (wallet, line) in [
        (alone(), format!("backup scrub {copies}")),
        (alone(), format!("backup scrub {copies} --signer {OWNER}")),
        (on("mock-ledger"), format!("backup scrub {copies}")),
        (on("mock-ledger"), format!("backup drill {copies}")),
    ] {
        let ran = wallet.run(&line);
        assert!([1, 3].contains(&ran.code), "{name}: {line}: {:#}", ran.json);
        assert!(!ran.reads_as_proven(), "{name}: {line}: {:#}", ran.json);
    }
    let attested = on("mock-ledger").run(&format!("attest create --copy {copies}"));
    assert!(!attested.reads_as_proven(), "{name}: {:#}", attested.json);
    if attested.code == 1 {
        let signer = attested.list("attestations")[0]["address"].as_str().unwrap();
        let verify = format!("attest verify {copies} --signer {signer}");
        alone().run(&verify).code(1);
    }
}

#[test]
fn nothing_that_was_changed_in_the_only_copy_reads_as_proven() {
    for (name, tamper) in TAMPERINGS {
        let folder = ledger().copies();
        fs::remove_dir_all(folder.path("b")).unwrap();
        let set = folder.set("a");
        tamper(&set);
        sum_again(&set);
        assert_never_proven(name, &folder.at("a"));
        assert_not_restored_wrong(name, &folder);
    }
    println!("{} ways to tamper with the only copy, each seen", TAMPERINGS.len());
}

/// What is restored from a tampered copy is the owner's own keys, or nothing.
fn assert_not_restored_wrong(name: &str, folder: &Folder) {
    let line = format!("backup restore {} --layout plain --never-attested", folder.at("a"));
    let ran = on("mock-ledger").run(&format!("{line} --to {}", folder.at("restored")));
    match ran.code {
        0 => assert_eq!(ran.list("keys").len(), 3, "{name}"),
        _ => {
            ran.error(3, "input");
            assert!(!folder.path("restored").exists(), "{name}");
        }
    }
}

#[test]
fn of_two_copies_that_disagree_neither_makes_up_for_the_other() {
    for (i, (name, tamper)) in TAMPERINGS.into_iter().enumerate() {
        for copy in ["a", "b"] {
            let folder = ledger().copies();
            let set = folder.set(copy);
            tamper(&set);
            sum_again(&set);
            let scrubbed = alone().run(&format!("backup scrub {}", folder.both())).code(1);
            assert!(!scrubbed.reads_as_proven(), "{name}: {:#}", scrubbed.json);
            // A drill takes a second: of every third way, with one of the copies.
            if i % 3 == 0 && (copy == "a") == (i % 2 == 0) {
                let drilled = on("mock-ledger").run(&format!("backup drill {}", folder.both()));
                let (proven, ..) = drilled.code(1).verdicts();
                assert!(proven <= 3, "{name}: the copy that was changed is proven");
            }
        }
    }
}

#[test]
fn the_owners_own_copy_is_restored_beside_a_changed_one() {
    for name in ["another set's everything", "a keystore removed from the manifest as well"] {
        let folder = ledger().copies();
        let set = folder.set("a");
        let (_, tamper) = TAMPERINGS.into_iter().find(|(known, _)| *known == name).unwrap();
        tamper(&set);
        sum_again(&set);
        let line = format!("backup restore {} --layout plain --never-attested", folder.both());
        let ran = on("mock-ledger").run(&format!("{line} --to {}", folder.at("restored"))).code(0);
        let own = ledger().json["keys"].as_array().unwrap().iter();
        let own: Vec<_> = own.map(|key| key["pubkey"].as_str().unwrap()).collect();
        assert_eq!(ran.each("keys", "pubkey"), own, "{name}");
    }
}

#[test]
fn a_set_moved_under_another_name_is_not_that_set() {
    let folder = ledger().copies();
    for copy in ["a", "b"] {
        let set = folder.set(copy);
        fs::rename(&set, set.with_file_name("20261120-hoodi-00000000")).unwrap();
    }
    assert_never_proven("renamed", &folder.both());
}

#[test]
fn a_mac_that_was_made_anew_is_found_out_by_a_drill() {
    let folder = ledger().copies();
    for copy in ["a", "b"] {
        let set = folder.set(copy);
        fs::write(set.join("manifest.mac"), format!("{}\n", "0".repeat(64))).unwrap();
        sum_again(&set);
    }
    let drilled = on("mock-ledger").run(&format!("backup drill {}", folder.both())).code(1);
    assert_eq!(drilled.each("keys", "reason"), ["manifest_mac"; 6]);
}

#[test]
fn a_file_of_another_length_than_its_manifest_says_is_named() {
    let folder = ledger().copies();
    let set = folder.set("b");
    let mut json = manifest(&set);
    json["files"][0]["size"] = 1.into();
    write_manifest(&set, &json);
    sum_again(&set);
    let scrubbed = alone().run(&format!("backup scrub {}", folder.at("b"))).code(1);
    assert_eq!(scrubbed.each("files", "reason"), ["malformed"], "{:#}", scrubbed.json);
    assert!(scrubbed.each("files", "file")[0].ends_with("/manifest.json"));
}
