//! Keystores with one damaged byte. The right password shows them for what they are: something
//! then opens to the very key that the file names, which no chance brings about.

use super::{DecryptionKey, Keystore, cipher};
use crate::bls::SecretKey;

/// The part of a keystore that is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `crypto.checksum.message`. Reads as a wrong password.
    Checksum,
    /// One byte of `crypto.cipher.message`. Reads as a wrong password.
    CipherText,
    /// One byte of `crypto.cipher.params.iv`, which the checksum does not cover.
    Iv {
        /// Whether the damaged keystore opens, to another key.
        opens: bool,
    },
}

impl Part {
    /// The field's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checksum => "crypto.checksum.message",
            Self::CipherText => "crypto.cipher.message",
            Self::Iv { .. } => "crypto.cipher.params.iv",
        }
    }
}

/// For a keystore whose checksum does not fit: is the password right after all?
pub(super) fn behind_the_checksum(
    keystore: &Keystore,
    key: &DecryptionKey,
) -> Option<(Part, SecretKey)> {
    let mut tried = keystore.clone();
    tried.checksum = cipher::checksum(key.bytes(), &keystore.ciphertext);
    if let Ok(secret) = tried.open_with(key) {
        return Some((Part::Checksum, secret));
    }
    tried.checksum = keystore.checksum;
    let secret = one_byte_changed(&mut tried, |keystore| &mut keystore.ciphertext, key)?;
    Some((Part::CipherText, secret))
}

/// For a keystore that opens to another key than it names, or to none: the key that it names.
pub(super) fn behind_the_iv(keystore: &Keystore, key: &DecryptionKey) -> Option<SecretKey> {
    one_byte_changed(&mut keystore.clone(), |keystore| &mut keystore.iv, key)
}

fn one_byte_changed<const N: usize>(
    keystore: &mut Keystore,
    field: fn(&mut Keystore) -> &mut [u8; N],
    key: &DecryptionKey,
) -> Option<SecretKey> {
    let original = *field(keystore);
    for place in 0..N {
        for change in 1..=u8::MAX {
            let mut bytes = original;
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= change;
            }
            *field(keystore) = bytes;
            if let Ok(secret) = keystore.open_with(key) {
                return Some(secret);
            }
        }
    }
    None
}
