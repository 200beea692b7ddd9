//! The keys with which a device recognizes this computer.

use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};
use trezor_thp::credential::{CredentialStore, FoundCredential};
use x25519_dalek::x25519;
use zeroize::Zeroizing;

use super::pairing::{Pairing, STATIC_KEY};
use stockade_base::secret::{RandomError, SecretBytes};

/// The longest credential that the vendor's handshake takes.
const MAX_CREDENTIAL: usize = trezor_thp::channel::MAX_CREDENTIAL_LEN;

/// The keys that a handshake may use: those of earlier pairings, and a new one for other devices.
pub(super) struct Keys {
    pairings: Vec<Pairing>,
    new: SecretBytes<STATIC_KEY>,
    used: Mutex<Option<Used>>,
}

/// The device of the handshake, and its pairing.
struct Used {
    ephemeral: [u8; STATIC_KEY],
    masked: [u8; STATIC_KEY],
    pairing: Option<usize>,
}

impl Keys {
    pub(super) fn new(pairings: Vec<Pairing>) -> Result<Self, RandomError> {
        Ok(Self { pairings, new: SecretBytes::random()?, used: Mutex::default() })
    }

    /// The private key with which the device recognizes this computer from now on.
    pub(super) fn private_key(&self) -> &[u8; STATIC_KEY] {
        let used = self.used.lock().ok().and_then(|used| used.as_ref()?.pairing);
        let pairing = used.and_then(|index| self.pairings.get(index));
        pairing.map_or(&self.new, |pairing| &pairing.host_private_key).expose()
    }

    /// The public key of [`private_key`](Self::private_key).
    pub(super) fn public_key(&self) -> [u8; STATIC_KEY] {
        public_key(self.private_key())
    }

    /// Whether the handshake was with the device whose static key is `device`.
    pub(super) fn was_handshake_with(&self, device: &[u8; STATIC_KEY]) -> bool {
        let used = self.used.lock().ok();
        let used = used.as_ref().and_then(|used| used.as_ref());
        used.is_some_and(|used| mask(device, &used.ephemeral) == used.masked)
    }
}

/// The X25519 public key of `private_key`.
pub(super) fn public_key(private_key: &[u8; STATIC_KEY]) -> [u8; STATIC_KEY] {
    x25519(*private_key, x25519_dalek::X25519_BASEPOINT_BYTES)
}

/// A device hides its static key, so that it cannot be tracked: it sends the key's product with a
/// scalar that only those who know the key can compute.
fn mask(device: &[u8; STATIC_KEY], ephemeral: &[u8; STATIC_KEY]) -> [u8; STATIC_KEY] {
    let scalar: [u8; 32] =
        Sha256::new().chain_update(device).chain_update(ephemeral).finalize().into();
    x25519(scalar, *device)
}

/// The handshake's view of the keys.
pub(super) struct Lookup(pub(super) Arc<Keys>);

impl CredentialStore for Lookup {
    fn lookup<'a>(
        &self,
        ephemeral: &[u8],
        masked: &[u8],
        dest: &'a mut [u8],
    ) -> Option<FoundCredential<'a>> {
        let (ephemeral, masked) = (ephemeral.try_into().ok()?, masked.try_into().ok()?);
        let known = |pairing: &Pairing| mask(&pairing.device_public_key, &ephemeral) == masked;
        let pairing = self.0.pairings.iter().position(known);
        let credential = pairing.and_then(|index| self.0.pairings.get(index));
        let payload = credential.map_or_else(Zeroizing::default, Pairing::handshake_payload);
        *self.0.used.lock().ok()? = Some(Used { ephemeral, masked, pairing });

        let (key, rest) = dest.split_first_chunk_mut::<STATIC_KEY>()?;
        *key = *self.0.private_key();
        // A credential that is too long is not sent; the device then asks to pair again.
        let payload = if payload.len() > MAX_CREDENTIAL { &[][..] } else { &payload };
        let credential = rest.get_mut(..payload.len())?;
        credential.copy_from_slice(payload);
        Some(FoundCredential { local_static_privkey: key, auth_credential: credential })
    }
}
