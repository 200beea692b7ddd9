//! What holds for every keystore: it opens with its password, to its own key, or not at all.

use proptest::prelude::*;
use stockade::{
    bls::SecretKey,
    eth2_keystore::{DecryptionKey, Kdf, KdfFunction, Keystore, KeystoreError, Password},
};

use super::signing_key;

fn cheap_kdf() -> impl Strategy<Value = Kdf> {
    let scrypt = (1..6_u32, 1..9_u32, 1..4_u32)
        .prop_map(|(log, r, p)| (1_u64 << log, r, p))
        .prop_map(|(n, r, p)| KdfFunction::Scrypt { n, r, p });
    let pbkdf2 = (1..9_u32).prop_map(|c| KdfFunction::Pbkdf2 { c });
    let salt = prop::collection::vec(any::<u8>(), 0..=64);
    (prop_oneof![scrypt, pbkdf2], salt)
        .prop_map(|(function, salt)| Kdf::new(function, salt).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_key_under_any_password_comes_back(
        seed in any::<[u8; 32]>(),
        password in ".{0,40}",
        kdf in cheap_kdf(),
        description in ".{0,40}",
    ) {
        let secret = SecretKey::derive_master(&seed).unwrap();
        let password = Password::new(&password).unwrap();
        let key = DecryptionKey::derive(&password, &kdf).unwrap();
        let sealed = Keystore::seal(&secret, "m/12381/3600/7/0/0", &description, &key).unwrap();

        let read = Keystore::parse(sealed.to_json().unwrap().as_bytes()).unwrap();
        prop_assert_eq!(&read, &sealed);
        prop_assert_eq!(read.description(), Some(description.as_str()));
        let opened = read.open(&password).unwrap();
        prop_assert!(opened.to_bytes().expose() == secret.to_bytes().expose());
    }

    /// Any byte of any keystore, changed to any other.
    #[test]
    fn a_changed_byte_never_leads_to_another_key(
        seed in any::<[u8; 32]>(),
        kdf in cheap_kdf(),
        at in any::<prop::sample::Index>(),
        change in 1..=255_u8,
    ) {
        let secret = SecretKey::derive_master(&seed).unwrap();
        let password = Password::new("password").unwrap();
        let key = DecryptionKey::derive(&password, &kdf).unwrap();
        let sealed = Keystore::seal(&secret, "m/12381/3600/7/0/0", "", &key).unwrap();
        let mut bytes = sealed.to_json().unwrap().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        if let Ok(read) = Keystore::parse(&bytes)
            && let Ok(opened) = read.open(&password)
        {
            prop_assert!(opened.to_bytes().expose() == secret.to_bytes().expose());
            prop_assert_eq!(*read.pubkey(), secret.public_key());
        }
    }

    #[test]
    fn another_password_is_a_wrong_password(kdf in cheap_kdf(), extra in "[!-~]") {
        let password = Password::new("password").unwrap();
        let key = DecryptionKey::derive(&password, &kdf).unwrap();
        let sealed = Keystore::seal(&signing_key(0), "", "", &key).unwrap();
        let other = Password::new(&format!("password{extra}")).unwrap();
        prop_assert_eq!(sealed.open(&other).unwrap_err(), KeystoreError::WrongPassword);
    }
}

fn sealed() -> (Keystore, Password) {
    let password = Password::new("password").unwrap();
    let kdf = Kdf::new(KdfFunction::Pbkdf2 { c: 1 }, vec![7; 32]).unwrap();
    let key = DecryptionKey::derive(&password, &kdf).unwrap();
    (Keystore::seal(&signing_key(0), "m/12381/3600/0/0/0", "", &key).unwrap(), password)
}

/// Every bit of a keystore is flipped in turn. What still opens holds the right key and says so.
#[test]
fn a_changed_keystore_never_opens_to_a_key_that_it_does_not_name() {
    let (keystore, password) = sealed();
    let json = keystore.to_json().unwrap().into_bytes();
    let secret = signing_key(0);
    let mut refused = 0;
    for at in 0..json.len() {
        for bit in 0..8 {
            let mut changed = json.clone();
            changed[at] ^= 1 << bit;
            let Ok(changed) = Keystore::parse(&changed) else {
                refused += 1;
                continue;
            };
            match changed.open(&password) {
                Ok(opened) => {
                    assert_eq!(opened.to_bytes().expose(), secret.to_bytes().expose());
                    assert_eq!(*changed.pubkey(), secret.public_key());
                }
                Err(_) => refused += 1,
            }
        }
    }
    // The rest changes the case of a hex digit, a space, the path or the uuid.
    let flips = json.len() * 8;
    assert!(refused * 10 > flips * 8, "{refused} of {flips} refused");
}

/// EIP-2335's checksum does not cover the IV: only the public key shows that it changed.
#[test]
fn a_changed_iv_is_told_from_a_wrong_password() {
    let (keystore, password) = sealed();
    let json: serde_json::Value = serde_json::from_str(&keystore.to_json().unwrap()).unwrap();
    let iv = json["crypto"]["cipher"]["params"]["iv"].as_str().unwrap();
    let other = if iv.starts_with('0') { "1" } else { "0" };
    let text = keystore.to_json().unwrap().replace(iv, &format!("{other}{}", &iv[1..]));
    let error = Keystore::parse(text.as_bytes()).unwrap().open(&password).unwrap_err();
    assert!(
        matches!(error, KeystoreError::PubkeyMismatch { .. } | KeystoreError::NotAKey),
        "{error}"
    );
}
