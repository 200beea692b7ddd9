//! Files made to hurt: each is an error at once, and never an abort.

use stockade::{
    eth2_keystore::{KdfError, Keystore, KeystoreError, MAX_KEYSTORE_BYTES},
    json::JsonError,
    staking::{
        DepositFileError, Interchange, InterchangeError, MAX_DEPOSIT_FILE_BYTES, parse_deposit_file,
    },
};

use super::{read, read_json};

/// A keystore that opens, changed by `change`.
fn changed(change: impl FnOnce(&mut serde_json::Value)) -> KeystoreError {
    let mut keystore = read_json("keystore-variants/01-scrypt-218.json");
    change(&mut keystore);
    Keystore::parse(keystore.to_string().as_bytes()).unwrap_err()
}

#[test]
fn a_key_derivation_beyond_all_memory_is_refused_before_it_begins() {
    for (field, value) in [("n", 1_u64 << 40), ("n", 1 << 63), ("r", 1 << 31), ("p", 1 << 30)] {
        let error = changed(|keystore| keystore["crypto"]["kdf"]["params"][field] = value.into());
        assert!(matches!(error, KeystoreError::Kdf(KdfError::TooCostly(_))), "{field}: {error}");
    }
}

#[test]
fn long_fields_are_refused() {
    let long = "0".repeat(5_000);
    for field in ["path", "description", "uuid"] {
        let error = changed(|keystore| keystore[field] = long.clone().into());
        assert!(matches!(error, KeystoreError::Field { .. }), "{field}: {error}");
    }
    let error = changed(|keystore| keystore["crypto"]["kdf"]["params"]["salt"] = long.into());
    assert_eq!(error, KeystoreError::Kdf(KdfError::Salt(2_500)));
}

#[test]
fn functions_that_eip_2335_does_not_have_are_named() {
    for module in ["kdf", "checksum", "cipher"] {
        let error = changed(|keystore| keystore["crypto"][module]["function"] = "rot13".into());
        let KeystoreError::Unsupported { field, value } = error else { panic!("{error}") };
        assert_eq!((field, value.as_str()), (&*format!("crypto.{module}.function"), "rot13"));
    }
}

#[test]
fn an_accounts_keystore_is_named_for_what_it_is() {
    let content = br#"{"version": 3, "id": "x", "address": "9858", "crypto": {"kdf": "scrypt"}}"#;
    let error = Keystore::parse(content).unwrap_err();
    assert_eq!(error, KeystoreError::Version("3".to_owned()));
}

#[test]
fn size_and_depth_are_capped() {
    let mut padded = read("keystore-variants/01-scrypt-218.json");
    padded.resize(MAX_KEYSTORE_BYTES, b' ');
    Keystore::parse(&padded).unwrap();
    padded.push(b' ');
    assert!(matches!(
        Keystore::parse(&padded),
        Err(KeystoreError::Json(JsonError::TooLarge { .. }))
    ));

    let deep = "[".repeat(30_000);
    assert_eq!(
        changed(|keystore| keystore["x"] = serde_json::json!([[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]])),
        KeystoreError::Json(JsonError::TooDeep)
    );
    for open in [&deep, &format!("{{\"x\":{deep}"), &format!("[{{\"pubkey\":{deep}")] {
        let content = open.as_bytes();
        assert_eq!(Keystore::parse(content), Err(KeystoreError::Json(JsonError::TooDeep)));
        assert_eq!(parse_deposit_file(content), Err(DepositFileError::Json(JsonError::TooDeep)));
        assert_eq!(Interchange::parse(content), Err(InterchangeError::Json(JsonError::TooDeep)));
    }
}

#[test]
fn a_deposit_file_too_large_or_empty_is_refused() {
    let large = vec![b' '; MAX_DEPOSIT_FILE_BYTES + 1];
    assert!(matches!(
        parse_deposit_file(&large),
        Err(DepositFileError::Json(JsonError::TooLarge { .. }))
    ));
    assert_eq!(parse_deposit_file(b"[]"), Err(DepositFileError::Empty));
}
