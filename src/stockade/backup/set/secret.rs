//! The one secret of a set, and what is made from it.

use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::custodian::{Identity, Recipient, SealError, shamir};
use stockade_base::secret::{SecretBytes, SecretText};

/// The longest content of a part that is sealed to a custodian.
pub(crate) const MAX_LEN: u64 = 1024;

const SALT: &[u8] = b"stockade/set/v1";

/// 32 random bytes, sealed to the set's custodians.
#[derive(Debug)]
pub struct SetSecret(SecretBytes<32>);

impl SetSecret {
    /// A fresh one.
    pub fn random() -> Result<Self, stockade_base::secret::RandomError> {
        SecretBytes::random().map(Self)
    }

    /// Opens seal/secret.age; `None` when this identity does not open it, or it holds anything but
    /// 32 bytes.
    pub fn open(sealed: &[u8], identity: &Identity) -> Option<Self> {
        Self::from_bytes(&identity.open(sealed, MAX_LEN).ok()?)
    }

    /// The secret whose bytes were sealed; `None` for anything but 32 bytes.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; 32] = bytes.try_into().ok()?;
        Some(Self(SecretBytes::new(|secret| secret.copy_from_slice(bytes))))
    }

    /// The secret that `shares`, each with its x, are of.
    pub(crate) fn combine(shares: &[(u8, &SecretBytes<32>)]) -> Option<Self> {
        shamir::interpolate(shares, 0).map(Self)
    }

    /// Its shares at x = 1 to `shares`, any `threshold` of which give it back.
    pub(crate) fn split(
        &self,
        threshold: u8,
        shares: u8,
    ) -> Result<Vec<SecretBytes<32>>, stockade_base::secret::RandomError> {
        shamir::split(&self.0, threshold, shares)
    }

    /// The 32 bytes, to be sealed.
    pub(crate) fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// The password of the set's keystores: 64 lowercase hex characters.
    pub fn keystore_password(&self) -> SecretText {
        SecretText::new(hex::encode(self.expand("keystore password").expose()))
    }

    /// The identity of the set's other sealed files.
    pub fn files_identity(&self) -> Identity {
        Identity::from_secret(self.expand("files identity").expose())
    }

    /// The public half of it: sealing needs no more.
    pub(crate) fn files_recipient(&self) -> Result<Recipient, SealError> {
        let recipient = self.files_identity().recipient();
        Recipient::try_from(recipient).map_err(|why| SealError::Recipient(why.to_owned()))
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

    /// What vouches for an entry of the record of where keys may sign: 64 hex digits.
    pub(crate) fn whereabouts_mac(&self, entry: &[u8]) -> String {
        let mut mac = self.keyed("whereabouts mac", entry);
        hex::encode(mac.finalize_reset().into_bytes())
    }

    /// Whether `mac` vouches for an entry; compared in constant time.
    pub(crate) fn verify_whereabouts(&self, entry: &[u8], mac: &str) -> bool {
        let mut tag = [0; 32];
        hex::decode_to_slice(mac, &mut tag).is_ok()
            && self.keyed("whereabouts mac", entry).verify_slice(&tag).is_ok()
    }

    fn mac_of(&self, manifest: &[u8]) -> Hmac<Sha256> {
        self.keyed("manifest mac", manifest)
    }

    /// HMAC of `bytes`, by the key that is made for `purpose`.
    fn keyed(&self, purpose: &str, bytes: &[u8]) -> Hmac<Sha256> {
        // HMAC fills a short key up to the block with zeros; done here, the length always fits.
        let key = self.expand(purpose);
        let block = SecretBytes::<64>::new(|block| {
            block.iter_mut().zip(key.expose()).for_each(|(to, from)| *to = *from);
        });
        let mut mac = <Hmac<Sha256> as hmac::Mac>::new(block.expose().into());
        mac.update(bytes);
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
