//! Finds a single damaged byte in a keystore. With the right password, one change of a byte gives the
//! key that the file names, which cannot happen by chance.

use super::{DecryptionKey, Keystore, cipher};
use crate::bls::SecretKey;

/// The part of a keystore that is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `crypto.checksum.message`. Looks like a wrong password.
    Checksum,
    /// One byte of `crypto.cipher.message`. Looks like a wrong password.
    CipherText,
    /// One byte of `crypto.cipher.params.iv`, which the checksum does not cover.
    Iv {
        /// Whether the damaged keystore opens and gives another key.
        opens: bool,
    },
}

impl Part {
    /// The path of the field.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Checksum => "crypto.checksum.message",
            Self::CipherText => "crypto.cipher.message",
            Self::Iv { .. } => "crypto.cipher.params.iv",
        }
    }
}

/// For a keystore whose checksum does not match: finds the damage, if the password is right after all.
pub(super) fn repair_checksum_or_ciphertext(
    keystore: &Keystore,
    key: &DecryptionKey,
) -> Option<(Part, SecretKey)> {
    let mut tried = keystore.clone();
    tried.checksum = cipher::checksum(key.bytes(), &keystore.ciphertext);
    if let Ok(secret) = tried.open_with(key) {
        return Some((Part::Checksum, secret));
    }
    tried.checksum = keystore.checksum;
    let secret = try_all_bytes(&mut tried, |keystore| &mut keystore.ciphertext, key)?;
    Some((Part::CipherText, secret))
}

/// For a keystore that gives another key than it names, or none: finds the key that it names.
pub(super) fn repair_iv(keystore: &Keystore, key: &DecryptionKey) -> Option<SecretKey> {
    try_all_bytes(&mut keystore.clone(), |keystore| &mut keystore.iv, key)
}

fn try_all_bytes<const N: usize>(
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
