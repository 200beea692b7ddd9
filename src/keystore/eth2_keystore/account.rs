//! Accounts in the wallets of ethdo and dirk: keystores with a name, in a format of their own.

use serde::Serialize;

use super::{Keystore, KeystoreError, crypto_json::Crypto, random};
use stockade_base::json::to_string_indented;

/// An account's file.
#[derive(Serialize)]
struct Account<'a, M> {
    uuid: &'a str,
    name: &'a str,
    pubkey: String,
    crypto: Crypto,
    /// Go's keystorev4, by the name that it gives itself.
    encryptor: &'static str,
    version: u32,
    #[serde(flatten)]
    more: &'a M,
}

/// No more fields.
#[derive(Serialize)]
struct Nothing {}

impl Keystore {
    /// The content of an account's file in a wallet of ethdo or dirk, and the account's uuid, which is
    /// the file's name.
    pub fn to_account(&self, name: &str) -> Result<(String, String), KeystoreError> {
        self.to_account_with(name, &Nothing {})
    }

    /// Like [`Keystore::to_account`], with the fields of `more`.
    pub(crate) fn to_account_with(
        &self,
        name: &str,
        more: &impl Serialize,
    ) -> Result<(String, String), KeystoreError> {
        let uuid = match &self.uuid {
            Some(uuid) => uuid.clone(),
            None => random::uuid()?,
        };
        let account = Account {
            uuid: &uuid,
            name,
            pubkey: self.pubkey.to_string(),
            crypto: Crypto::write(&self.kdf, &self.checksum, &self.iv, &self.ciphertext),
            encryptor: "keystore",
            version: 4,
            more,
        };
        let text = to_string_indented(&account)?;
        Ok((uuid, text))
    }
}

/// A random uuid, for a wallet of ethdo or dirk.
pub fn random_uuid() -> Result<String, KeystoreError> {
    random::uuid()
}
