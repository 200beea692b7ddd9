//! Keystores with one deviation each, and what the clients of the field do with them.

use std::{collections::BTreeMap, fs};

use stockade::eth2_keystore::{KeyCache, Keystore, KeystoreError, Password};

use super::{directory, read, read_json, signing_key};

/// Where Stockade differs from "opens if at least two clients open it, and otherwise does not".
const DEVIATIONS: [(&str, Outcome, &str); 3] = [
    (
        "39-pw-umlaut-wealdtech-1.1.3",
        Outcome::WrongPassword,
        "Prysm and ethdo take it by one library; `keystore doctor` opens and repairs it",
    ),
    (
        "25-wrong-pubkey",
        Outcome::PubkeyMismatch,
        "three clients load it, as another validator than its name says; it must never pass a drill",
    ),
    (
        "29-kdf-msg-missing",
        Outcome::Opens,
        "keystorev4 alone takes it, but the message is always empty: nothing is missing",
    ),
];

/// Why those do not open that no two clients open.
const REFUSED: [(&str, Outcome); 7] = [
    ("15-no-pubkey", Outcome::Malformed("missing field `pubkey`")),
    ("30-iv12", Outcome::Malformed("`crypto.cipher.params.iv` is not 16 bytes long")),
    ("33-pw-bom", Outcome::WrongPassword),
    ("34-pw-trailing-space", Outcome::WrongPassword),
    ("53-prf-sha512", Outcome::Malformed("`crypto.kdf.params.prf` is `hmac-sha512`")),
    ("43-truncated", Outcome::Malformed("EOF while parsing an object")),
    // No client, and nobody, can tell it from a wrong password.
    ("44-cipher-bitflip", Outcome::WrongPassword),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    Opens,
    WrongPassword,
    PubkeyMismatch,
    /// With an error that says this.
    Malformed(&'static str),
}

#[test]
fn what_two_clients_open_opens_and_the_rest_says_why_not() {
    let measured = read_json("keystore-variants/expected.json");
    let measured = measured.as_object().unwrap();
    let special: BTreeMap<&str, Outcome> =
        DEVIATIONS.iter().map(|(name, outcome, _)| (*name, *outcome)).chain(REFUSED).collect();
    for name in special.keys() {
        assert!(measured.contains_key(*name), "{name} is no variant");
    }

    let mut keys = KeyCache::new();
    for (name, clients) in measured {
        let opens = |client: &serde_json::Value| {
            let said = client.as_str().unwrap_or_default();
            said.starts_with("accepts") || said.starts_with("decrypts")
        };
        // Web3signer opens keystores by Teku's own code, so it is no further witness.
        let clients = clients.as_object().unwrap().iter();
        let apart = clients.filter(|(name, _)| !name.starts_with("web3signer"));
        let count = apart.filter(|(_, client)| opens(client)).count();
        let expected = special.get(name.as_str()).copied();
        match expected {
            // The library in Prysm and ethdo, and one more; 50 and 51 only it was given.
            None => {
                let few = name.starts_with('5');
                assert!(count >= 2 - usize::from(few), "{name}: {count} clients open it");
            }
            Some(_) if DEVIATIONS.iter().any(|(deviation, ..)| deviation == name) => {}
            Some(_) => assert!(count < 2, "{name}: {count} clients open it, so Stockade must"),
        }
        check(name, expected.unwrap_or(Outcome::Opens), &mut keys);
    }
}

#[test]
fn every_variant_was_measured() {
    let measured = read_json("keystore-variants/expected.json");
    for entry in fs::read_dir(directory("keystore-variants")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_variant = name.starts_with(|c: char| c.is_ascii_digit());
        assert!(!is_variant || measured.get(name).is_some(), "{name}");
    }
}

#[test]
fn absent_fields_stay_absent_and_odd_spellings_become_the_common_one() {
    let written = |name: &str| {
        let content = read(&format!("keystore-variants/{name}.json"));
        let json = Keystore::parse(&content).unwrap().to_json().unwrap();
        serde_json::from_str::<serde_json::Value>(&json).unwrap()
    };
    let common = read_json("keystore-variants/02-pbkdf2-218.json");
    for name in ["13-pubkey-0x", "14-pubkey-UPPER", "16-extra-top", "26-hex-UPPER"] {
        assert_eq!(written(name), common, "{name}");
    }
    for name in ["27-version-str", "29-kdf-msg-missing", "46-salt-0x"] {
        assert_eq!(written(name), common, "{name}");
    }
    for (name, field) in
        [("10-no-path", "path"), ("12-no-uuid", "uuid"), ("18-no-description", "description")]
    {
        let mut expected = common.clone();
        expected.as_object_mut().unwrap().remove(field).unwrap();
        assert_eq!(written(name), expected, "{name}");
    }
}

fn check(name: &str, expected: Outcome, keys: &mut KeyCache) {
    let content = read(&format!("keystore-variants/{name}.json"));
    let password = read(&format!("keystore-variants/{name}.password"));
    let password = Password::from_file(&password).unwrap();
    let opened = Keystore::parse(&content).and_then(|keystore| {
        let key = keys.key(&password, keystore.kdf())?;
        keystore.open_with(&key)
    });
    match (opened, expected) {
        (Ok(secret), Outcome::Opens) => {
            assert_eq!(secret.to_bytes().expose(), signing_key(0).to_bytes().expose(), "{name}");
        }
        (Err(KeystoreError::WrongPassword), Outcome::WrongPassword) => {}
        (Err(KeystoreError::PubkeyMismatch { stated, opened }), Outcome::PubkeyMismatch) => {
            assert_eq!(stated, signing_key(1).public_key(), "{name}");
            assert_eq!(opened, signing_key(0).public_key(), "{name}");
        }
        (
            Err(
                error @ (KeystoreError::Json(_)
                | KeystoreError::Field { .. }
                | KeystoreError::Unsupported { .. }),
            ),
            Outcome::Malformed(words),
        ) => {
            assert!(error.to_string().contains(words), "{name}: {error}");
        }
        (outcome, expected) => panic!("{name}: {outcome:?}, not {expected:?}"),
    }
}
