//! The file in which Prysm's wallet keeps all of its imported keys: a list of keys, encrypted like a
//! keystore of version 4 (by Go's keystorev4).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{DecryptionKey, KeystoreError, cipher, crypto_json::Crypto, random};
use crate::bls::SecretKey;
use stockade_base::{
    json::{from_secret_slice, to_string_indented},
    secret::SecretText,
};

/// The space for one key: 44 characters of base64 for the secret key, 64 for the public key, and the
/// quotes and commas around them.
const PER_KEY: usize = 44 + 64 + 2 * 3;

/// The content of Prysm's `all-accounts.keystore.json` with `keys`, encrypted under `key`.
pub fn account_store(keys: &[&SecretKey], key: &DecryptionKey) -> Result<String, KeystoreError> {
    let mut text = accounts(keys);
    let iv = random::iv()?;
    cipher::apply(key.bytes(), &iv, &mut text);
    let checksum = cipher::checksum(key.bytes(), &text);
    let file = File {
        crypto: Crypto::write(key.kdf(), &checksum, &iv, &text),
        uuid: random::uuid()?,
        version: 4,
        name: "keystore",
    };
    Ok(to_string_indented(&file)?)
}

/// Reads the decrypted content of such a file. Each key must match its public key in the file.
pub(super) fn read_accounts(text: &[u8]) -> Result<Vec<SecretKey>, KeystoreError> {
    let bad = |problem| KeystoreError::Field { field: "crypto.cipher.message", problem };
    let no_list = bad("holds neither one key nor a list of keys in the format of Prysm's wallet");
    let Ok(list) = from_secret_slice::<Accounts>(text, text.len()) else { return Err(no_list) };
    let secret = list.private_keys.unwrap_or_default();
    let public = list.public_keys.unwrap_or_default();
    if secret.len() != public.len() {
        return Err(bad("does not list one public key for each key"));
    }
    let mut keys = Vec::with_capacity(secret.len());
    for (secret, public) in secret.iter().zip(&public) {
        let mut bytes = Zeroizing::new([0; 48]);
        let key = match STANDARD.decode_slice(secret.expose(), bytes.as_mut_slice()) {
            Ok(32) => bytes.first_chunk::<32>().and_then(|bytes| SecretKey::from_bytes(bytes).ok()),
            _ => None,
        };
        let key = key.ok_or_else(|| bad("lists a key that is not a BLS key"))?;
        if STANDARD.decode(public).ok().as_deref() != Some(key.public_key().as_bytes().as_slice()) {
            return Err(bad("lists a key with the public key of another"));
        }
        keys.push(key);
    }
    Ok(keys)
}

#[derive(Deserialize)]
struct Accounts {
    private_keys: Option<Vec<SecretText>>,
    public_keys: Option<Vec<String>>,
}

#[derive(Serialize)]
struct File {
    crypto: Crypto,
    uuid: String,
    version: u32,
    name: &'static str,
}

/// `{"private_keys":[..],"public_keys":[..]}`, each key in base64, as Go writes bytes. Allocated at
/// full size: a buffer that grows leaves copies of keys behind.
fn accounts(keys: &[&SecretKey]) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::with_capacity(64 + keys.len() * PER_KEY));
    text.extend_from_slice(b"{\"private_keys\":[");
    for (i, key) in keys.iter().enumerate() {
        push(&mut text, i, key.to_bytes().expose());
    }
    text.extend_from_slice(b"],\"public_keys\":[");
    for (i, key) in keys.iter().enumerate() {
        push(&mut text, i, key.public_key().as_bytes());
    }
    text.extend_from_slice(b"]}");
    text
}

fn push(text: &mut Vec<u8>, place: usize, bytes: &[u8]) {
    let mut base64 = Zeroizing::new([0; 64]);
    // 32 bytes become 44 characters and 48 bytes become 64, so both fit.
    let written = STANDARD.encode_slice(bytes, base64.as_mut_slice()).unwrap_or_default();
    text.extend_from_slice(if place == 0 { b"\"" } else { b",\"" });
    text.extend(base64.iter().take(written));
    text.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eth2_keystore::{Kdf, KdfFunction, Password};

    #[test]
    fn the_written_file_holds_the_list_that_prysm_reads() {
        let keys = [1, 2, 3].map(|seed| SecretKey::derive_master(&[seed; 32]).unwrap());
        let kdf = Kdf::new(KdfFunction::Pbkdf2 { c: 2 }, vec![7; 32]).unwrap();
        let key = DecryptionKey::derive(&Password::new("password").unwrap(), &kdf).unwrap();
        let file = account_store(&keys.each_ref(), &key).unwrap();
        let file: serde_json::Value = serde_json::from_str(&file).unwrap();
        let bytes = |text: &serde_json::Value| hex::decode(text.as_str().unwrap()).unwrap();
        let mut text = bytes(&file["crypto"]["cipher"]["message"]);
        assert_eq!(
            bytes(&file["crypto"]["checksum"]["message"]),
            cipher::checksum(key.bytes(), &text)
        );
        let iv = bytes(&file["crypto"]["cipher"]["params"]["iv"]).try_into().unwrap();
        cipher::apply(key.bytes(), &iv, &mut text);
        let accounts: serde_json::Value = serde_json::from_slice(&text).unwrap();
        for (i, key) in keys.iter().enumerate() {
            let read = |list: &str| STANDARD.decode(accounts[list][i].as_str().unwrap()).unwrap();
            assert_eq!(read("private_keys"), key.to_bytes().expose());
            assert_eq!(read("public_keys"), key.public_key().as_bytes());
        }
        assert_eq!(accounts["private_keys"].as_array().unwrap().len(), 3);
        assert_eq!((file["version"].as_u64(), file["name"].as_str()), (Some(4), Some("keystore")));
    }

    #[test]
    fn the_list_never_outgrows_its_allocation() {
        let key = SecretKey::derive_master(&[1; 32]).unwrap();
        for count in [0, 1, 2, 500] {
            assert!(accounts(&vec![&key; count]).len() <= 64 + count * PER_KEY);
        }
    }
}
