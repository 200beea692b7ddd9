//! A keystore: read, opened, made.

use super::{DecryptionKey, Kdf, KeystoreError, Password, cipher, json};
use crate::bls::{PublicKey, SecretKey};
use stockade_base::secret::SecretBytes;

/// The largest file that is read as a keystore. Real ones have some 800 bytes.
pub const MAX_KEYSTORE_BYTES: usize = 64 * 1024;

/// The longest path and description that are read or written, in bytes.
pub(super) const MAX_PATH: usize = 256;
pub(super) const MAX_DESCRIPTION: usize = 4096;

/// An EIP-2335 keystore. What is secret in it is encrypted, so it may be shown.
///
/// Path, description and uuid are what the file says, and `None` where it says nothing: nobody
/// vouches for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keystore {
    pub(super) kdf: Kdf,
    pub(super) checksum: [u8; 32],
    pub(super) iv: [u8; 16],
    pub(super) ciphertext: [u8; 32],
    pub(super) description: Option<String>,
    pub(super) pubkey: PublicKey,
    pub(super) path: Option<String>,
    pub(super) uuid: Option<String>,
}

impl Keystore {
    /// Reads a keystore file's content. Its key derivation is known to be bearable afterwards.
    pub fn parse(content: &[u8]) -> Result<Self, KeystoreError> {
        json::parse(content, None)
    }

    /// As [`Keystore::parse`], where the public key is probably `known`: that it is one need not
    /// be found out again then. Nothing else follows from it: it may name another.
    pub fn parse_known(content: &[u8], known: &PublicKey) -> Result<Self, KeystoreError> {
        json::parse(content, Some(known))
    }

    /// The file's content in the form that every client takes; fields that were absent stay so.
    pub fn to_json(&self) -> Result<String, KeystoreError> {
        json::write(self)
    }

    /// Opens the keystore, at the cost of one key derivation.
    pub fn open(&self, password: &Password) -> Result<SecretKey, KeystoreError> {
        self.open_with(&DecryptionKey::derive(password, &self.kdf)?)
    }

    /// Opens the keystore with a key that was derived for its [`Keystore::kdf`]. The secret key
    /// that comes out is always the one of [`Keystore::pubkey`].
    pub fn open_with(&self, key: &DecryptionKey) -> Result<SecretKey, KeystoreError> {
        self.require_own(self.decrypt(key)?)
    }

    /// Takes the secret key out, whosever it is.
    pub(super) fn decrypt(&self, key: &DecryptionKey) -> Result<SecretKey, KeystoreError> {
        if *key.kdf() != self.kdf {
            return Err(KeystoreError::OtherKdf);
        }
        if cipher::checksum(key.bytes(), &self.ciphertext) != self.checksum {
            return Err(KeystoreError::WrongPassword);
        }
        let bytes = SecretBytes::new(|out| {
            out.copy_from_slice(&self.ciphertext);
            cipher::apply(key.bytes(), &self.iv, out);
        });
        SecretKey::from_bytes(bytes.expose()).map_err(|_| KeystoreError::NotAKey)
    }

    /// The secret key, if it is the one of [`Keystore::pubkey`].
    pub(super) fn require_own(&self, secret: SecretKey) -> Result<SecretKey, KeystoreError> {
        let opened = secret.public_key();
        match opened == self.pubkey {
            true => Ok(secret),
            false => Err(KeystoreError::PubkeyMismatch { stated: self.pubkey, opened }),
        }
    }

    /// Encrypts `secret` under `key`, with an IV and a uuid of its own. `path` is written as it
    /// is, and may be empty where nobody knows it.
    pub fn seal(
        secret: &SecretKey,
        path: &str,
        description: &str,
        key: &DecryptionKey,
    ) -> Result<Self, KeystoreError> {
        json::check_length("path", path, MAX_PATH)?;
        json::check_length("description", description, MAX_DESCRIPTION)?;
        let iv = random()?;
        let mut ciphertext = *secret.to_bytes().expose();
        cipher::apply(key.bytes(), &iv, &mut ciphertext);
        Ok(Self {
            kdf: key.kdf().clone(),
            checksum: cipher::checksum(key.bytes(), &ciphertext),
            iv,
            ciphertext,
            description: Some(description.to_owned()),
            pubkey: secret.public_key(),
            path: Some(path.to_owned()),
            uuid: Some(uuid::Builder::from_random_bytes(random()?).into_uuid().to_string()),
        })
    }

    /// With `name` as its description, if it has none. A name that is too long is left out.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        let is_bare = self.description.as_deref().unwrap_or_default().is_empty();
        if is_bare && json::check_length("description", name, MAX_DESCRIPTION).is_ok() {
            self.description = Some(name.to_owned());
        }
        self
    }

    /// Whose key it is, as the file says: true only once it was opened.
    pub fn pubkey(&self) -> &PublicKey {
        &self.pubkey
    }

    /// How its decryption key is derived.
    pub fn kdf(&self) -> &Kdf {
        &self.kdf
    }

    /// The derivation path as the file writes it; may be empty, or no path at all.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// The description.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The uuid as the file writes it.
    pub fn uuid(&self) -> Option<&str> {
        self.uuid.as_deref()
    }
}

pub(super) fn random() -> Result<[u8; 16], KeystoreError> {
    let mut bytes = [0; 16];
    stockade_base::secret::fill_random(&mut bytes).map_err(KeystoreError::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eth2_keystore::KdfFunction;

    fn key(salt: u8) -> DecryptionKey {
        let kdf = Kdf::new(KdfFunction::Pbkdf2 { c: 2 }, vec![salt; 32]).unwrap();
        DecryptionKey::derive(&Password::new("password").unwrap(), &kdf).unwrap()
    }

    #[test]
    fn two_keystores_of_one_key_share_neither_iv_nor_uuid() {
        let (secret, key) = (SecretKey::derive_master(&[1; 32]).unwrap(), key(1));
        let seal = || Keystore::seal(&secret, "m/0", "", &key).unwrap();
        let (one, two) = (seal(), seal());
        assert_ne!(one.iv, two.iv);
        assert_ne!(one.ciphertext, two.ciphertext);
        assert_ne!(one.uuid, two.uuid);
    }

    #[test]
    fn a_key_derived_for_another_salt_is_not_called_a_wrong_password() {
        let secret = SecretKey::derive_master(&[1; 32]).unwrap();
        let keystore = Keystore::seal(&secret, "", "", &key(1)).unwrap();
        assert_eq!(keystore.open_with(&key(2)).unwrap_err(), KeystoreError::OtherKdf);
    }

    #[test]
    fn a_public_key_that_is_expected_is_not_taken_for_the_one_that_is_named() {
        let keys = [1, 2].map(|seed| SecretKey::derive_master(&[seed; 32]).unwrap());
        let [own, other] = keys.each_ref().map(SecretKey::public_key);
        let json = Keystore::seal(&keys[0], "", "", &key(1)).unwrap().to_json().unwrap();
        for known in [own, other] {
            let keystore = Keystore::parse_known(json.as_bytes(), &known).unwrap();
            assert_eq!(*keystore.pubkey(), own);
        }
        let no_key = json.replace(&own.to_string(), &"c0".repeat(48));
        assert!(Keystore::parse_known(no_key.as_bytes(), &own).is_err());
    }

    #[test]
    fn nothing_is_sealed_that_could_not_be_read_again() {
        let secret = SecretKey::derive_master(&[1; 32]).unwrap();
        let long = "x".repeat(MAX_DESCRIPTION + 1);
        assert!(Keystore::seal(&secret, &long, "", &key(1)).is_err());
        assert!(Keystore::seal(&secret, "", &long, &key(1)).is_err());
    }
}
