//! The one secret of a set, and what is made from it.

use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::{
    custodian::{self, Custodian, Identity},
    secret::{SecretBytes, SecretText},
};

const SALT: &[u8] = b"stockade/set/v1";

/// 32 random bytes, sealed to the set's custodians.
#[derive(Debug)]
pub struct SetSecret(SecretBytes<32>);

/// Why a set secret could not be sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// A custodian's recipient is none that age takes.
    #[error("custodian {0} has a recipient that cannot be sealed to")]
    Recipient(String),
    /// age could not write.
    #[error("sealing failed: {0}")]
    Io(#[from] std::io::Error),
}

impl SetSecret {
    /// A fresh one.
    pub fn random() -> Result<Self, getrandom::Error> {
        SecretBytes::random().map(Self)
    }

    /// The secret sealed so that any one of `custodians` opens it: a plain age file.
    pub fn seal(&self, custodians: &[Custodian]) -> Result<Vec<u8>, SealError> {
        let recipients: Result<Vec<_>, _> = custodians
            .iter()
            .map(|c| c.recipient.to_age().map_err(|_| SealError::Recipient(c.id.to_string())))
            .collect();
        Ok(custodian::seal(self.0.expose(), &recipients?)?)
    }

    /// Opens what [`SetSecret::seal`] wrote; `None` when this identity does not open it, or it
    /// holds anything but 32 bytes.
    pub fn open(sealed: &[u8], identity: &Identity) -> Option<Self> {
        let plain = identity.open(sealed, 64).ok()?;
        let bytes: &[u8; 32] = plain.as_slice().try_into().ok()?;
        Some(Self(SecretBytes::new(|secret| secret.copy_from_slice(bytes))))
    }

    /// The password of the set's keystores: 64 lowercase hex characters.
    pub fn keystore_password(&self) -> SecretText {
        SecretText::new(hex::encode(self.expand("keystore password").expose()))
    }

    /// The identity of the set's other sealed files.
    pub fn files_identity(&self) -> Identity {
        Identity::from_secret(self.expand("files identity").expose())
    }

    /// The content of manifest.mac for a manifest's bytes.
    pub fn manifest_mac(&self, manifest: &[u8]) -> String {
        let mut mac = self.mac_of(manifest);
        let tag = hex::encode(mac.finalize_reset().into_bytes());
        format!("{tag}\n")
    }

    /// Whether `mac` is the content of manifest.mac for these bytes; compared in constant time.
    pub fn verify_manifest(&self, manifest: &[u8], mac: &[u8]) -> bool {
        let mut tag = [0; 32];
        let Some(digits) = mac.strip_suffix(b"\n") else { return false };
        hex::decode_to_slice(digits, &mut tag).is_ok()
            && self.mac_of(manifest).verify_slice(&tag).is_ok()
    }

    fn mac_of(&self, manifest: &[u8]) -> Hmac<Sha256> {
        // HMAC fills a short key up to the block with zeros; done here, the length always fits.
        let key = self.expand("manifest mac");
        let block = SecretBytes::<64>::new(|block| {
            block.iter_mut().zip(key.expose()).for_each(|(to, from)| *to = *from);
        });
        let mut mac = <Hmac<Sha256> as hmac::Mac>::new(block.expose().into());
        mac.update(manifest);
        mac
    }

    fn expand(&self, info: &str) -> SecretBytes<32> {
        let hkdf = Hkdf::<Sha256>::new(Some(SALT), self.0.expose());
        SecretBytes::new(|secret| {
            // 32 bytes are within what HKDF-SHA256 gives (255 x 32), so this never fails.
            let expanded = hkdf.expand(info.as_bytes(), secret);
            debug_assert!(expanded.is_ok());
        })
    }
}
