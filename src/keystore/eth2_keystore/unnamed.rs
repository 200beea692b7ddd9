//! Keystores that name no public key. They hold one key (Web3signer accepts such a file) or all the
//! keys that Prysm's wallet imported.

use zeroize::Zeroizing;

use super::{
    DecryptionKey, Kdf, KeystoreError, account_store::read_accounts, cipher,
    crypto_json::Encrypted, json::UnnamedFile,
};
use crate::bls::SecretKey;

/// A keystore whose public keys are known only once it is opened. Its secrets are encrypted, so it may
/// be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnnamedKeystore {
    kdf: Kdf,
    checksum: [u8; 32],
    iv: [u8; 16],
    ciphertext: Vec<u8>,
    description: Option<String>,
    path: Option<String>,
}

impl UnnamedKeystore {
    /// Reads the content of a file, and checks that the cost of its key derivation is affordable.
    pub fn parse(content: &[u8]) -> Result<Self, KeystoreError> {
        let file = UnnamedFile::parse(content)?;
        let Encrypted { kdf, checksum, iv, ciphertext } = file.crypto.read()?;
        let UnnamedFile { description, path, .. } = file;
        Ok(Self { kdf, checksum, iv, ciphertext, description, path })
    }

    /// Opens the keystore with a key that was derived for its [`UnnamedKeystore::kdf`].
    pub fn open_with(&self, key: &DecryptionKey) -> Result<Vec<SecretKey>, KeystoreError> {
        if *key.kdf() != self.kdf {
            return Err(KeystoreError::OtherKdf);
        }
        if cipher::checksum(key.bytes(), &self.ciphertext) != self.checksum {
            return Err(KeystoreError::WrongPassword);
        }
        let mut content = Zeroizing::new(self.ciphertext.clone());
        cipher::apply(key.bytes(), &self.iv, &mut content);
        match <&[u8; 32]>::try_from(content.as_slice()) {
            Ok(bytes) => {
                let secret = SecretKey::from_bytes(bytes).map_err(|_| KeystoreError::NotAKey)?;
                Ok(vec![secret])
            }
            Err(_) => read_accounts(&content),
        }
    }

    /// Whether it holds a list of keys rather than one.
    pub fn holds_list(&self) -> bool {
        self.ciphertext.len() != 32
    }

    /// How its decryption key is derived.
    pub fn kdf(&self) -> &Kdf {
        &self.kdf
    }

    /// The derivation path as in the file.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// The description.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eth2_keystore::{KdfFunction, Keystore, Password, account_store};

    fn key() -> DecryptionKey {
        let kdf = Kdf::new(KdfFunction::Pbkdf2 { c: 2 }, vec![7; 32]).unwrap();
        DecryptionKey::derive(&Password::new("password").unwrap(), &kdf).unwrap()
    }

    #[test]
    fn a_file_written_for_prysm_is_read_back() {
        let keys = [1, 2, 3].map(|seed| SecretKey::derive_master(&[seed; 32]).unwrap());
        let file = account_store(&keys.each_ref(), &key()).unwrap();
        let read = UnnamedKeystore::parse(file.as_bytes()).unwrap().open_with(&key()).unwrap();
        let public =
            |keys: &[SecretKey]| keys.iter().map(SecretKey::public_key).collect::<Vec<_>>();
        assert_eq!(public(&read), public(&keys));
    }

    #[test]
    fn a_key_with_the_public_key_of_another_is_refused() {
        let keys = [1, 2].map(|seed| SecretKey::derive_master(&[seed; 32]).unwrap());
        let file = account_store(&keys.each_ref(), &key()).unwrap();
        let mut store = UnnamedKeystore::parse(file.as_bytes()).unwrap();
        cipher::apply(key().bytes(), &store.iv, &mut store.ciphertext);
        let text = String::from_utf8(store.ciphertext.clone()).unwrap();
        let (secret, public) = text.split_once("],").unwrap();
        let (first, second) =
            public.trim_end_matches("]}").split_once('[').unwrap().1.split_once(',').unwrap();
        let swapped = format!("{secret}],\"public_keys\":[{second},{first}]}}");
        assert!(read_accounts(text.as_bytes()).is_ok());
        assert!(read_accounts(swapped.as_bytes()).is_err());
        assert!(read_accounts(b"{\"private_keys\":[]}").unwrap().is_empty());
        assert!(read_accounts(b"[1]").is_err());
    }

    #[test]
    fn a_keystore_without_its_public_key_opens_only_with_the_right_password() {
        let secret = SecretKey::derive_master(&[1; 32]).unwrap();
        let keystore = Keystore::seal(&secret, "m/0/0", "", &key()).unwrap();
        let mut file: serde_json::Value =
            serde_json::from_str(&keystore.to_json().unwrap()).unwrap();
        file.as_object_mut().unwrap().remove("pubkey");
        let unnamed = UnnamedKeystore::parse(file.to_string().as_bytes()).unwrap();
        assert_eq!(unnamed.path(), Some("m/0/0"));
        let opened = unnamed.open_with(&key()).unwrap();
        assert_eq!(opened[0].public_key(), secret.public_key());
        let other = DecryptionKey::derive(&Password::new("other").unwrap(), unnamed.kdf()).unwrap();
        assert!(matches!(unnamed.open_with(&other), Err(KeystoreError::WrongPassword)));
    }
}
