//! Reads, opens and writes keystores.

use super::{
    DecryptionKey, Kdf, KeystoreError, Password, cipher,
    crypto_json::{Crypto, Encrypted},
    json::{File, Version, check_lengths},
    random,
};
use crate::bls::{PublicKey, SecretKey};
use stockade_base::{json::to_string_indented, secret::SecretBytes};

/// An EIP-2335 keystore. Its secret is encrypted, so it may be shown.
///
/// Path, description and uuid are as in the file, and `None` if it lacks them. They are not
/// authenticated.
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
    /// Reads the content of a keystore file, and checks that the cost of its key derivation is affordable.
    pub fn parse(content: &[u8]) -> Result<Self, KeystoreError> {
        Self::read(content, None)
    }

    /// Like [`Keystore::parse`], but faster if the keystore's public key equals `known`: then it need not
    /// be checked to be a valid key. The keystore may name any other key.
    pub fn parse_known(content: &[u8], known: &PublicKey) -> Result<Self, KeystoreError> {
        Self::read(content, Some(known))
    }

    fn read(content: &[u8], known: Option<&PublicKey>) -> Result<Self, KeystoreError> {
        let file = File::parse(content)?;
        let pubkey = file.public_key(known);
        let Encrypted { kdf, checksum, iv, ciphertext } = file.crypto.read_key()?;
        Ok(Self {
            kdf,
            checksum,
            iv,
            ciphertext,
            description: file.description,
            pubkey: pubkey?,
            path: file.path,
            uuid: file.uuid,
        })
    }

    /// The content of a file in the form that every client accepts, with the same fields as
    /// ethstaker-deposit-cli. Absent fields stay absent.
    pub fn to_json(&self) -> Result<String, KeystoreError> {
        let file = File {
            crypto: Crypto::write(&self.kdf, &self.checksum, &self.iv, &self.ciphertext),
            description: self.description.clone(),
            pubkey: self.pubkey.to_string(),
            path: self.path.clone(),
            uuid: self.uuid.clone(),
            version: Version::Number(4),
        };
        Ok(to_string_indented(&file)?)
    }

    /// Opens the keystore. This costs one key derivation.
    pub fn open(&self, password: &Password) -> Result<SecretKey, KeystoreError> {
        self.open_with(&DecryptionKey::derive(password, &self.kdf)?)
    }

    /// Opens the keystore with a key that was derived for its [`Keystore::kdf`]. The returned key always
    /// belongs to [`Keystore::pubkey`].
    pub fn open_with(&self, key: &DecryptionKey) -> Result<SecretKey, KeystoreError> {
        self.require_own(self.decrypt(key)?)
    }

    /// Decrypts the secret key, without checking that it belongs to [`Keystore::pubkey`].
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

    /// Checks that the secret key belongs to [`Keystore::pubkey`].
    pub(super) fn require_own(&self, secret: SecretKey) -> Result<SecretKey, KeystoreError> {
        let opened = secret.public_key();
        if opened != self.pubkey {
            return Err(KeystoreError::PubkeyMismatch { stated: self.pubkey, opened });
        }
        Ok(secret)
    }

    /// Encrypts `secret` under `key`, with a new IV and uuid. `path` is written as it is, and may be empty
    /// if it is not known.
    pub fn seal(
        secret: &SecretKey,
        path: &str,
        description: &str,
        key: &DecryptionKey,
    ) -> Result<Self, KeystoreError> {
        check_lengths(Some(path), Some(description))?;
        let iv = random::iv()?;
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
            uuid: Some(random::uuid()?),
        })
    }

    /// Sets `name` as the description, unless there is one or `name` is too long.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        let is_bare = self.description.as_deref().unwrap_or_default().is_empty();
        if is_bare && check_lengths(None, Some(name)).is_ok() {
            self.description = Some(name.to_owned());
        }
        self
    }

    /// Puts the name of its wallet before the description, unless that gets too long.
    #[must_use]
    pub fn in_wallet(mut self, wallet: &str) -> Self {
        let name = format!("{wallet}/{}", self.description.as_deref().unwrap_or_default());
        if check_lengths(None, Some(&name)).is_ok() {
            self.description = Some(name);
        }
        self
    }

    /// The public key that the file names. It is proven only once the keystore was opened.
    pub fn pubkey(&self) -> &PublicKey {
        &self.pubkey
    }

    /// How its decryption key is derived.
    pub fn kdf(&self) -> &Kdf {
        &self.kdf
    }

    /// The derivation path as in the file. It may be empty or not even a path.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// The description.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The uuid as in the file.
    pub fn uuid(&self) -> Option<&str> {
        self.uuid.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eth2_keystore::{KdfFunction, json::MAX_DESCRIPTION};

    fn key(salt: u8) -> DecryptionKey {
        let kdf = Kdf::new(KdfFunction::Pbkdf2 { c: 2 }, vec![salt; 32]).unwrap();
        DecryptionKey::derive(&Password::new("password").unwrap(), &kdf).unwrap()
    }

    #[test]
    fn two_keystores_of_one_key_differ_in_iv_and_uuid() {
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
    fn a_known_public_key_does_not_replace_the_one_that_is_named() {
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
    fn nothing_is_written_that_could_not_be_read_again() {
        let secret = SecretKey::derive_master(&[1; 32]).unwrap();
        let long = "x".repeat(MAX_DESCRIPTION + 1);
        assert!(Keystore::seal(&secret, &long, "", &key(1)).is_err());
        assert!(Keystore::seal(&secret, "", &long, &key(1)).is_err());
    }
}
