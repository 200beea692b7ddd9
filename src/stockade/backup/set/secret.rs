//! The secret of a set, and what is derived from it.

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
    /// Makes a new secret.
    pub fn random() -> Result<Self, stockade_base::secret::RandomError> {
        SecretBytes::random().map(Self)
    }

    /// Opens seal/secret.age. `None` if this identity does not open it, or if the content is not 32
    /// bytes long.
    pub fn open(sealed: &[u8], identity: &Identity) -> Option<Self> {
        Self::from_bytes(&identity.open(sealed, MAX_LEN).ok()?)
    }

    /// The secret from its unsealed bytes; `None` if there are not exactly 32.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; 32] = bytes.try_into().ok()?;
        Some(Self(SecretBytes::new(|secret| secret.copy_from_slice(bytes))))
    }

    /// Combines `shares`, each with its x, to the secret.
    pub(crate) fn combine(shares: &[(u8, &SecretBytes<32>)]) -> Option<Self> {
        shamir::interpolate(shares, 0).map(Self)
    }

    /// Splits the secret into shares at x = 1 to `shares`, any `threshold` of which restore it.
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

    /// The identity that opens the set's other sealed files.
    pub fn files_identity(&self) -> Identity {
        Identity::from_secret(self.expand("files identity").expose())
    }

    /// The recipient of the files identity, which is enough to seal.
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

    /// Whether `mac` is the content of manifest.mac for these bytes. Compares in constant time.
    pub fn verify_manifest(&self, manifest: &[u8], mac: &[u8]) -> bool {
        let mut tag = [0; 32];
        let Some(digits) = mac.strip_suffix(b"\n") else { return false };
        hex::decode_to_slice(digits, &mut tag).is_ok()
            && self.mac_of(manifest).verify_slice(&tag).is_ok()
    }

    /// The MAC of an entry in the record of where keys may sign: 64 hex digits.
    pub(crate) fn whereabouts_mac(&self, entry: &[u8]) -> String {
        let mut mac = self.keyed("whereabouts mac", entry);
        hex::encode(mac.finalize_reset().into_bytes())
    }

    /// Whether `mac` is the MAC of an entry. Compares in constant time.
    pub(crate) fn verify_whereabouts(&self, entry: &[u8], mac: &str) -> bool {
        let mut tag = [0; 32];
        hex::decode_to_slice(mac, &mut tag).is_ok()
            && self.keyed("whereabouts mac", entry).verify_slice(&tag).is_ok()
    }

    fn mac_of(&self, manifest: &[u8]) -> Hmac<Sha256> {
        self.keyed("manifest mac", manifest)
    }

    /// HMAC of `bytes` with the key that is derived for `purpose`.
    fn keyed(&self, purpose: &str, bytes: &[u8]) -> Hmac<Sha256> {
        // HMAC pads a short key with zeros to the block size. Doing it here makes the length always
        // valid.
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
            // HKDF-SHA256 provides up to 255 x 32 bytes, so this never fails.
            let expanded = hkdf.expand(info.as_bytes(), secret);
            debug_assert!(expanded.is_ok());
        })
    }
}
