//! The seed that BIP-39 derives from words and passphrase, and the keys below it.

use pbkdf2::pbkdf2_hmac;
use sha2::Sha512;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::Mnemonic;
use crate::bls::{KeyError, SecretKey};
use stockade_base::{
    eth::{AccountKey, NoKey},
    path::DerivationPath,
    secret::SecretBytes,
};

/// BIP-39's number of PBKDF2-HMAC-SHA512 rounds.
const ROUNDS: u32 = 2048;

/// A seed of 64 bytes. A wallet with the same words and passphrase derives the same keys from it.
#[derive(Debug)]
pub struct Seed(SecretBytes<64>);

impl Seed {
    /// Derives the seed. An empty passphrase is the same as no passphrase.
    pub fn new(mnemonic: &Mnemonic, passphrase: &str) -> Self {
        let salt = salt(passphrase);
        Self(SecretBytes::new(|seed| {
            pbkdf2_hmac::<Sha512>(mnemonic.sentence().as_bytes(), salt.as_bytes(), ROUNDS, seed);
        }))
    }

    /// The signing key of validator `index`, m/12381/3600/index/0/0 (EIP-2334).
    pub fn signing_key(&self, index: u32) -> Result<SecretKey, KeyError> {
        self.bls_key(&DerivationPath::signing_key(index))
    }

    /// The withdrawal key of validator `index`, m/12381/3600/index/0 (EIP-2334).
    pub fn withdrawal_key(&self, index: u32) -> Result<SecretKey, KeyError> {
        self.bls_key(&DerivationPath::withdrawal_key(index))
    }

    /// The key behind the check address of a wallet with these words and passphrase.
    pub fn check_key(&self) -> Result<AccountKey, NoKey> {
        AccountKey::derive(&self.0, &DerivationPath::check_address())
    }

    fn bls_key(&self, path: &DerivationPath) -> Result<SecretKey, KeyError> {
        Ok(SecretKey::derive_master(self.0.expose())?.derive_path(path))
    }
}

/// "mnemonic" followed by the passphrase in NFKD. Built in one allocation, so that no copy stays
/// behind.
fn salt(passphrase: &str) -> Zeroizing<String> {
    const PREFIX: &str = "mnemonic";

    let len: usize = passphrase.nfkd().map(char::len_utf8).sum();
    let mut salt = Zeroizing::new(String::with_capacity(PREFIX.len() + len));
    salt.push_str(PREFIX);
    passphrase.nfkd().for_each(|letter| salt.push(letter));
    salt
}
