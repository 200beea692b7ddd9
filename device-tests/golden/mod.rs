//! Sets that released versions of the format left behind, kept beside this file: `v1/` for version 1
//! and so on. Whatever changes, each is read, scrubbed, drilled, verified and restored. `json/` holds
//! examples of documents (see [`crate::json`]).
//!
//! A version's folder holds `custodian.json`, `copy/` (one set of two keys on hoodi, made by the
//! mocks' words, with a slashing history) and the attestation of a drill beside it. A set of a
//! version is made once, and never again. That of version 2 is of two nodes of charon, whose shares it
//! holds.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::command::{
    fixture::Folder,
    run::{alone, on},
};

/// m/44'/60'/0'/0/0 of the mocks' words: who attested.
const SIGNER: &str = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94";
/// Every version that a set was ever written in. A folder that is not named here fails the test.
const VERSIONS: [&str; 2] = ["v1", "v2"];

fn golden() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("device-tests/golden")
}

/// The golden copy of a version, where it may be locked.
fn copy_of(version: &str) -> (Folder, String) {
    let folder = Folder::new();
    add(&folder, &golden().join(version), "");
    let copy = folder.at("copy");
    (folder, copy)
}

fn add(folder: &Folder, from: &Path, below: &str) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            add(folder, &entry.path(), &format!("{name}/"))
        } else {
            drop(folder.file(&name, fs::read(entry.path()).unwrap()))
        }
    }
}

fn pubkeys(version: &str) -> Vec<String> {
    let sets = golden().join(version).join("copy/stockade");
    let mut sets = fs::read_dir(sets).unwrap().map(|entry| entry.unwrap().path());
    let manifest = sets.find(|set| set.join("manifest.json").exists()).unwrap();
    let manifest = fs::read(manifest.join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let keystores = manifest["keystores"].as_array().unwrap().iter();
    keystores.map(|entry| entry["pubkey"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn there_is_a_golden_set_of_every_version() {
    let folders = fs::read_dir(golden()).unwrap().map(Result::unwrap);
    let folders = folders.filter(|entry| entry.path().is_dir() && entry.file_name() != "json");
    let mut names: Vec<_> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, VERSIONS);
    for version in VERSIONS {
        assert_eq!(pubkeys(version).len(), 2, "{version}");
    }
}

#[test]
fn every_golden_set_is_intact_and_opens() {
    for version in VERSIONS {
        let (_folder, copy) = copy_of(version);
        for device in ["mock-ledger", "mock-trezor:one"] {
            let line = format!("backup scrub {copy}");
            let scrubbed = on(device).run(&line).code(0);
            assert_eq!(scrubbed.verdicts(), (2, 0, 0), "{version} {device}");
            let drilled = on(device).run(&format!("backup drill {copy}")).code(0);
            assert_eq!(drilled.verdicts(), (2, 0, 0), "{version} {device}");
            assert_eq!(drilled.text("level"), "opened");
            assert_eq!(drilled.text("origin"), "this_wallet");
            assert_eq!(drilled.each("keys", "pubkey"), pubkeys(version));
        }
    }
}

#[test]
fn every_golden_custodian_and_attestation_verifies() {
    for version in VERSIONS {
        let (folder, copy) = copy_of(version);
        let custodian = folder.at("custodian.json");
        alone().run(&format!("custodian show {custodian}")).code(0);
        let scrubbed = alone().run(&format!("backup scrub {copy} --signer {custodian}")).code(0);
        assert_eq!(scrubbed.text("origin"), "signer", "{version}");
        let line = format!("attest verify {copy} --signer {SIGNER} --challenge golden");
        let verified = alone().run(&line).code(0);
        let fields = &verified.list("attestations")[0]["fields"];
        assert_eq!((&fields["level"], &fields["proven"]), (&"opened".into(), &2.into()));
    }
}

#[test]
fn every_golden_set_is_restored() {
    for version in VERSIONS {
        let (folder, copy) = copy_of(version);
        let history = golden().join(version).join("copy/stockade/history");
        let history = fs::read_dir(history).unwrap().next().unwrap().unwrap().path();
        let history = fs::read_dir(history).unwrap().next().unwrap().unwrap().path();
        let (to, history) = (folder.at("restored"), history.display().to_string());
        let line = format!("backup restore {copy} --to {to} --layout plain --history {history}");
        on("mock-ledger").run(&line).code(0);
        let mut found = Vec::new();
        let mut folders = vec![PathBuf::from(to)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    folders.push(entry)
                } else {
                    found.push(fs::read_to_string(entry).unwrap())
                }
            }
        }
        for pubkey in pubkeys(version) {
            let keystore = |text: &&String| text.contains("\"crypto\"") && text.contains(&pubkey);
            assert_eq!(found.iter().filter(keystore).count(), 1, "{version}");
        }
    }
}
