//! What is shown, and what is refused: by content alone.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

use crate::{
    Payload, PayloadFile,
    content::{Consent, Kind, Why, recognise, recognise_file},
    lines,
    set_files::ReadSet,
    sheet::{Holding, Sheet, Size},
};
use stockade::backup::Copy;

const SET: &str = "device-tests/golden/v1/copy/stockade/20261121-hoodi-c89274fa";

fn at(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path)
}

fn read(path: &str) -> Vec<u8> {
    fs::read(at(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Under a name that says nothing.
fn kind(bytes: &[u8]) -> Result<Kind, Why> {
    let file = PayloadFile { path: "x".parse().unwrap(), bytes: bytes.to_vec() };
    recognise_file(&file, Consent { signed_exits: true }).map_err(|refused| refused.why)
}

fn first_in(folder: &str, ending: &str) -> Vec<u8> {
    let mut found: Vec<_> = fs::read_dir(at(folder)).unwrap().map(|e| e.unwrap().path()).collect();
    found.sort();
    let is_it = |path: &&PathBuf| path.to_string_lossy().ends_with(ending);
    fs::read(found.iter().find(is_it).unwrap()).unwrap()
}

fn attestation() -> Vec<u8> {
    first_in(&SET.replace("stockade/2026", "stockade/attestations/2026"), ".json")
}

fn golden() -> ReadSet {
    let copy = Copy::open_all(&[at("device-tests/golden/v1/copy")]).unwrap();
    ReadSet::read(&copy, None).unwrap()
}

fn known() -> Vec<(Kind, Vec<u8>)> {
    let manifest: Value = serde_json::from_slice(&read(&format!("{SET}/manifest.json"))).unwrap();
    let custodian = manifest["custodians"][0].to_string().into_bytes();
    vec![
        (Kind::Sealed, read(&format!("{SET}/seal/secret.age"))),
        (Kind::Keystore, first_in(&format!("{SET}/keystores"), ".json")),
        (Kind::Manifest, read(&format!("{SET}/manifest.json"))),
        (Kind::Origin, read(&format!("{SET}/origin.json"))),
        (Kind::DepositData, read(&format!("{SET}/deposit_data-1795248066.json"))),
        (Kind::Custodian, custodian),
        (Kind::Attestation, attestation()),
        (Kind::History, read("device-tests/vectors/histories/lighthouse-export.json")),
        (
            Kind::CredentialChange,
            read("device-tests/vectors/deposits/bls_to_execution_change-hoodi.json"),
        ),
        (Kind::SignedExit, read("device-tests/vectors/deposits/signed_exit-hoodi.json")),
        (
            Kind::ClusterLock,
            read("device-tests/vectors/distributed/charon-cluster/node0/cluster-lock.json"),
        ),
        (Kind::KeyShares, read("device-tests/vectors/distributed/ssv/keyshares-1.json")),
    ]
}

#[test]
fn every_sealed_and_public_file_is_recognised_under_any_name() {
    for (expected, bytes) in known() {
        assert_eq!(kind(&bytes), Ok(expected));
    }
}

#[test]
fn nothing_unsealed_is_shown() {
    let hex = "ab".repeat(32);
    let mnemonic = "abandon ".repeat(11) + "about";
    let keystore = String::from_utf8(first_in(&format!("{SET}/keystores"), ".json")).unwrap();
    let armor = "-----BEGIN AGE ENCRYPTED FILE-----\nc2VjcmV0\n-----END AGE ENCRYPTED FILE-----\n";
    let sealed = read(&format!("{SET}/seal/secret.age"));
    for secret in [
        "".to_owned(),
        hex.clone(),
        format!("0x{hex}"),
        mnemonic,
        "MyPasswordIs12+".to_owned(),
        format!("AGE-SECRET-KEY-1{}", hex.to_uppercase()),
        json!({"private_key": hex}).to_string(),
        json!(hex).to_string(),
        json!({"statement": hex}).to_string(),
        json!({"format": "stockade-trezor-pairing", "key": hex}).to_string(),
        json!({"format": "stockade-share", "version": 1, "share": hex}).to_string(),
        json!([{"pubkey": hex, "private_key": hex}]).to_string(),
        format!("network = \"hoodi\"\npassword = \"{hex}\""),
        "age-encryption.org/v1\nthe password".to_owned(),
        format!("age-encryption.org/v1\n{hex}"),
        armor.to_owned(),
        format!("the password\n{armor}"),
        format!("{keystore}{hex}"),
        // The encrypted key is missing, and the plain one is there.
        json!({"version": 4, "pubkey": hex, "privkey": hex}).to_string(),
    ] {
        assert_eq!(kind(secret.as_bytes()), Err(Why::NotRecognised), "{secret:.60}");
    }
    assert_eq!(kind(&sealed[..60]), Err(Why::NotRecognised));
}

/// A file of a known form could carry a secret in a field of its own, at any level.
#[test]
fn a_field_that_such_a_file_does_not_have_is_refused() {
    for (expected, bytes) in known().into_iter().filter(|(kind, _)| *kind != Kind::Sealed) {
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        let mut spoiled = 0;
        for pointer in objects(&value, String::new()) {
            let mut other = value.clone();
            let object = other.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
            object.insert("private_key".to_owned(), json!("secret"));
            assert!(kind(other.to_string().as_bytes()).is_err(), "{expected}: at {pointer:?}");
            spoiled += 1;
        }
        assert!(spoiled > 0, "{expected}");
    }
}

/// The places of all objects.
fn objects(value: &Value, at: String) -> Vec<String> {
    let inner = |name: &str, value: &Value| objects(value, format!("{at}/{name}"));
    match value {
        Value::Object(fields) => {
            let mut all: Vec<_> =
                fields.iter().flat_map(|(name, value)| inner(name, value)).collect();
            all.push(at.clone());
            all
        }
        Value::Array(list) => list
            .iter()
            .take(2)
            .enumerate()
            .flat_map(|(i, value)| inner(&i.to_string(), value))
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_signed_exit_needs_a_word() {
    let bytes = read("device-tests/vectors/deposits/signed_exit-hoodi.json");
    let payload = Payload::file("exit.json", bytes).unwrap();
    let refused = recognise(&payload, Consent::default()).unwrap_err();
    assert_eq!(refused.why, Why::SignedExit);
    assert_eq!(recognise(&payload, Consent { signed_exits: true }), Ok(Kind::SignedExit));
}

#[test]
fn a_set_is_shown_whole_only_as_its_manifest_lists_it() {
    let whole = golden().whole().unwrap();
    let kind = |payload: &Payload| recognise(payload, Consent::default());
    assert_eq!(kind(&whole), Ok(Kind::Set));
    assert_eq!(kind(&golden().seal().unwrap()), Ok(Kind::SealOfSet));
    for i in 0..whole.files.len() {
        let mut other = whole.clone();
        other.files[i].bytes = b"MyPasswordIs12+".to_vec();
        let is_text = other.files[i].path.as_str().ends_with("SHA256SUMS");
        assert_eq!(kind(&other).is_err(), !is_text, "{}", other.files[i].path);
    }
    let mut more = whole.clone();
    let path = whole.files[0].path.as_str().replace("SHA256SUMS", "password.txt");
    more.files.push(PayloadFile { path: path.parse().unwrap(), bytes: b"x".to_vec() });
    assert_eq!(kind(&more).unwrap_err().why, Why::NotOfASet);
}

/// What `<pre class="lines">` of a page holds.
fn lines_of(page: &str) -> &str {
    let start = page.split_once("<pre class=\"lines\">").unwrap().1;
    start.split_once("</pre>").unwrap().0
}

#[test]
fn a_sheet_says_what_it_can_and_cannot_recover() {
    let set = golden();
    for (holding, says, not) in [
        (Holding::WhatFits, "holds a whole backup", "NOT its"),
        (Holding::Seal, "and NOT its keystores", "holds a whole backup"),
    ] {
        let sheet = Sheet::of_set(&set, holding).unwrap();
        let (page, printed) = sheet.html(Size::Letter).unwrap();
        assert!(page.contains(says) && !page.contains(not), "{holding:?}");
        assert!(
            page.contains("size: letter;")
                && !page.replace("http://www.w3.org/2000/svg", "").contains("http:")
                && !page.contains("src=\"")
        );
        assert!(page.contains("--batch 0 --start 0 --count 2 --recreate"));
        assert!(page.contains("Stockade: open backups of custodian 59fb8254. A secret!"));
        assert_eq!(page.matches("<figure>").count(), printed.codes);
        let packed = lines::read(lines_of(&page)).unwrap();
        assert_eq!(Payload::unpack(&packed).unwrap(), sheet.payload);
    }
}

#[test]
fn a_page_shows_text_from_outside_as_text() {
    let manifest: Value = serde_json::from_slice(&read(&format!("{SET}/manifest.json"))).unwrap();
    let mut custodian = manifest["custodians"][0].clone();
    custodian["name"] = json!("<script>alert(1)</script>");
    let sheet = Sheet::of_custodian("<b>.json", custodian.to_string().into_bytes()).unwrap();
    let (page, _) = sheet.html(Size::A4).unwrap();
    assert!(!page.contains("<script>") && !page.contains("<b>"));
    let sheet = Sheet::of_attestation("a.json", attestation()).unwrap();
    let (page, _) = sheet.html(Size::A4).unwrap();
    assert!(page.contains("The signature matches the address."));
    assert!(Sheet::of_attestation("a.json", b"{}".to_vec()).is_err());
    assert!(Sheet::of_custodian("a.json", attestation()).is_err());
}
