//! What is said of keystores is what the clients of the field did with them, and what is written
//! anew is taken by all.

use std::{collections::HashMap, fs};

use serde_json::Value;
use stockade::eth2_keystore::{
    Client, Diagnosis, Evidence, Examiner, Found, Kind, NewPassword, Part, PasswordForm, Profile,
    Repairer, all_measured_accept,
};

use super::{directory, read, read_json, signing_key};

/// The column of expected.json, and the client that it stands for: none where a library is in
/// several.
const COLUMNS: [(&str, Option<Client>); 8] = [
    ("ethstaker-deposit-cli 1.3.1", Some(Client::EthstakerDepositCli)),
    ("lodestar bls-keystore 3.1.0", Some(Client::Lodestar)),
    ("lighthouse 5.3", Some(Client::Lighthouse)),
    ("go keystorev4 1.4.1", None),
    ("teku 90ed09b", Some(Client::Teku)),
    ("prysm 7.1.1", Some(Client::Prysm)),
    ("ethdo 1.39.1", Some(Client::Ethdo)),
    ("web3signer 3522fc8", Some(Client::Web3signer)),
];

/// Variants with their passwords; those that share one share its derived keys.
#[derive(Default)]
struct Variants(HashMap<Vec<u8>, Examiner>);

impl Variants {
    fn look(&mut self, name: &str) -> (Profile, Option<Diagnosis>) {
        let profile = Profile::read(&read(&format!("keystore-variants/{name}.json")));
        let password = read(&format!("keystore-variants/{name}.password"));
        let examiner = self.0.entry(password).or_insert_with_key(|p| Examiner::new(p).unwrap());
        let keystore = profile.keystore.as_ref().ok();
        let diagnosis = keystore.map(|keystore| examiner.examine(keystore).unwrap());
        (profile, diagnosis)
    }
}

fn names() -> Vec<String> {
    read_json("keystore-variants/expected.json").as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_client_is_said_to_do_what_it_did() {
    let expected = read_json("keystore-variants/expected.json");
    let mut variants = Variants::default();
    let (mut matching, mut all) = (0, 0);
    for (name, row) in expected.as_object().unwrap() {
        assert_eq!(row.as_object().unwrap().len(), COLUMNS.len(), "{name}: a column is new");
        let (profile, diagnosis) = variants.look(name);
        let verdicts = profile.clients(diagnosis.as_ref());
        for (column, client) in COLUMNS {
            let Some(client) = client else { continue };
            let verdict = verdicts.iter().find(|verdict| verdict.client == client).unwrap();
            let Some(did) = row[column].as_str() else {
                let is_plain = profile.deviations.is_empty();
                assert!(is_plain || verdict.evidence == Evidence::Read, "{name}: {verdict:?}");
                continue;
            };
            let accepts = did.starts_with("accepts") || did.starts_with("decrypts");
            all += 1;
            let same = verdict.accepts == Some(accepts);
            matching += usize::from(same);
            assert!(same, "{name}: {column} {did}, and we say {verdict:?}");
            assert!(verdict.evidence > Evidence::Read, "{name}: {verdict:?}");
            assert!(verdict.evidence <= client.best_evidence(), "{name}: {verdict:?}");
            assert_eq!(verdict.why.is_none(), accepts, "{name}: {verdict:?}");
        }
    }
    println!("clients x variants as measured: {matching}/{all}");
    assert_eq!((matching, all), (254, 254));
}

/// Found by the comparison with @chainsafe/bls-keystore (`test_bls_keystore.py`), whose schema wants text.
#[test]
fn a_description_of_null_is_told_from_none() {
    let refusals = |name: &str, from: &str, to: &str| {
        let text = String::from_utf8(read(&format!("keystore-variants/{name}.json"))).unwrap();
        let profile = Profile::read(text.replacen(from, to, 1).as_bytes());
        assert!(profile.keystore.is_ok(), "{profile:?}");
        let refuse = profile.clients(None).into_iter().filter(|v| v.accepts == Some(false));
        refuse.map(|verdict| verdict.client).collect::<Vec<_>>()
    };
    let of_null = refusals("06-pbkdf2-c220", "\"description\": \"\"", "\"description\": null");
    assert_eq!(of_null, [Client::Lodestar]);
    assert_eq!(refusals("18-no-description", "", ""), []);
}

#[test]
fn each_rule_was_measured_with_the_variant_that_it_names() {
    let mut variants = Variants::default();
    for name in names() {
        let (profile, _) = variants.look(&name);
        for deviation in &profile.deviations {
            let measured = deviation.rule.variant().unwrap_or_default();
            let known = names().iter().any(|name| name == measured);
            assert!(known, "{name} has {deviation}, said to be measured with `{measured}`");
        }
    }
}

#[test]
fn each_variant_of_a_password_gets_its_diagnosis() {
    let mut variants = Variants::default();
    for (name, expected) in [
        ("32-pw-crlf", PasswordForm::Standard),
        ("33-pw-bom", PasswordForm::WithoutByteOrderMark),
        ("34-pw-trailing-space", PasswordForm::WithoutTrailingSpace),
        ("36-pw-u-umlaut-NFC", PasswordForm::Standard),
        ("37-pw-u-umlaut-NFD", PasswordForm::Standard),
        ("38-pw-emoji", PasswordForm::Standard),
        ("39-pw-umlaut-wealdtech-1.1.3", PasswordForm::MarksDropped),
        ("41-pw-empty", PasswordForm::Standard),
    ] {
        let diagnosis = variants.look(name).1.unwrap();
        assert_eq!(diagnosis.form, expected, "{name}");
        assert!(matches!(diagnosis.found, Found::Key(_)), "{name}: {diagnosis:?}");
    }
}

#[test]
fn a_damaged_file_a_wrong_key_and_a_wrong_password_are_told_apart() {
    let mut variants = Variants::default();
    let found = |variants: &mut Variants, name| variants.look(name).1.unwrap().found;
    let rotten = found(&mut variants, "44-cipher-bitflip");
    assert!(matches!(rotten, Found::Rotten { part: Part::CipherText, .. }), "{rotten:?}");
    let other = found(&mut variants, "25-wrong-pubkey");
    let inside = signing_key(0).public_key();
    assert!(matches!(other, Found::OtherKey(key) if key == inside), "{other:?}");

    let profile = Profile::read(&read("keystore-variants/02-pbkdf2-218.json"));
    let nothing = Examiner::new(b"another").unwrap().examine(&profile.keystore.unwrap()).unwrap();
    assert!(matches!(nothing.found, Found::Nothing), "{nothing:?}");
}

#[test]
fn a_flipped_bit_of_the_iv_is_found_although_no_checksum_covers_it() {
    let mut file = read_json("keystore-variants/02-pbkdf2-218.json");
    let iv = &mut file["crypto"]["cipher"]["params"]["iv"];
    let mut bytes = hex::decode(iv.as_str().unwrap()).unwrap();
    bytes[9] ^= 0x04;
    *iv = hex::encode(bytes).into();
    let keystore = Profile::read(file.to_string().as_bytes()).keystore.unwrap();
    let password = read("keystore-variants/02-pbkdf2-218.password");
    let diagnosis = Examiner::new(&password).unwrap().examine(&keystore).unwrap();
    let Found::Rotten { part: Part::Iv { .. }, secret } = diagnosis.found else {
        panic!("{diagnosis:?}");
    };
    assert_eq!(secret.public_key(), signing_key(0).public_key());
}

#[test]
fn what_is_written_anew_all_clients_take_and_it_is_the_same_key() {
    let mut variants = Variants::default();
    // Only to seal with: any password does.
    let repairer = Repairer::new(&NewPassword::random().unwrap()).unwrap();
    let mut repaired = 0;
    for name in names() {
        let (profile, Some(diagnosis)) = variants.look(&name) else { continue };
        let old = profile.keystore.unwrap();
        let Some(repair) = repairer.repair(&old, &diagnosis).unwrap() else {
            assert_eq!(name, "25-wrong-pubkey", "not repaired");
            continue;
        };
        let json = repair.keystore.to_json().unwrap();
        let written = Profile::read(json.as_bytes());
        assert_eq!(written.deviations, [], "{name}");
        let clients = written.clients(None);
        assert!(all_measured_accept(&clients), "{name}");
        assert!(clients.iter().all(|verdict| verdict.accepts == Some(true)), "{name}");
        let written = written.keystore.unwrap();
        assert!(repairer.opens(&written), "{name}");
        assert_eq!(written.pubkey(), &signing_key(0).public_key(), "{name}");
        assert_eq!(written.description().unwrap(), old.description().unwrap_or_default());
        let known = old.path() == Some("m/12381/3600/0/0/0");
        assert_eq!(repair.path_replaced, !known, "{name}");
        assert_eq!(written.path() == old.path(), known, "{name}");
        repaired += 1;
    }
    println!("variants repaired: {repaired} of {} that can be read", repaired + 1);
    assert_eq!(repaired, 35);
}

/// The libraries that the tests of other programs run are those that the table names.
#[test]
fn the_libraries_of_prysm_and_ethdo_are_those_that_are_run() {
    for (client, folder) in [(Client::Prysm, "v113"), (Client::Ethdo, "v141")] {
        let parties = directory("passwords").join("../../parties/keystorev4");
        let pinned = fs::read_to_string(parties.join(folder).join("go.mod")).unwrap();
        let library = "go-eth2-wallet-encryptor-keystorev4 v";
        let version = pinned.split(library).nth(1).unwrap().split_whitespace().next().unwrap();
        assert!(client.version().ends_with(&format!("keystorev4 {version}")), "{version}");
    }
}

#[test]
fn hostile_files_are_no_work() {
    let base = read_json("keystore-variants/01-scrypt-218.json");
    let changed = |change: fn(&mut Value)| {
        let mut file = base.clone();
        change(&mut file);
        Profile::read(file.to_string().as_bytes())
    };
    let huge = changed(|file| file["crypto"]["kdf"]["params"]["n"] = (1_u64 << 40).into());
    assert!(huge.keystore.is_err() && huge.kind == Kind::Keystore);
    assert!(huge.clients(None).iter().all(|verdict| verdict.accepts == Some(false)));
    let long = changed(|file| file["path"] = format!("m{}", "/0".repeat(10_000)).into());
    assert!(long.keystore.is_err() && long.kind == Kind::Keystore);
    assert!(!all_measured_accept(&long.clients(None)));
    for content in ["[".repeat(60_000), "{\"crypto\":".repeat(6_000), " ".repeat(1_000_000)] {
        assert_eq!(Profile::read(content.as_bytes()).kind, Kind::Other);
    }
}

/// Keystores that keystorev4 and Prysm made, and what their passwords became there.
#[test]
fn what_go_makes_of_a_password_is_known_by_name_and_by_who_takes_it() {
    use Client::{Ethdo, Prysm};
    for (keystore, password, form, taken_by) in [
        ("keystorev4-1.1.3-umlaut", "umlaut", PasswordForm::MarksDropped, [Prysm, Ethdo]),
        ("prysm-backup-umlaut", "prysm-backup-umlaut", PasswordForm::MarksDropped, [Prysm, Ethdo]),
        ("keystorev4-1.1.3-hangul", "hangul", PasswordForm::MarksDropped, [Prysm, Ethdo]),
        ("keystorev4-1.4.1-c1", "c1", PasswordForm::C1Kept, [Prysm, Ethdo]),
    ] {
        let profile = Profile::read(&read(&format!("passwords/{keystore}.json")));
        let password = read(&format!("passwords/{password}.password"));
        let mut examiner = Examiner::new(&password).unwrap();
        let diagnosis = examiner.examine(profile.keystore.as_ref().unwrap()).unwrap();
        assert_eq!(diagnosis.form, form, "{keystore}");
        assert!(matches!(diagnosis.found, Found::Key(_)), "{keystore}: {diagnosis:?}");
        let clients = profile.clients(Some(&diagnosis));
        let taking = clients.iter().filter(|one| one.accepts == Some(true)).map(|one| one.client);
        assert_eq!(taking.collect::<Vec<_>>(), taken_by, "{keystore}");
    }
}
