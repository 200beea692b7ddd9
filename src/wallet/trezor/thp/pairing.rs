//! Stored pairings.

use std::fmt;

use protobuf::Message as _;
use serde::{Deserialize, Serialize};
use trezor_client::protos::ThpHandshakeCompletionReqNoisePayload;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use stockade_base::secret::SecretBytes;

/// The length of an X25519 key, in bytes.
pub const STATIC_KEY: usize = 32;

/// Far longer than any pairing written here.
const MAX_TEXT: usize = 4096;

/// The credentials with which this computer connects again to a paired device. Somebody who obtains
/// them can connect to the device as this computer, but cannot approve anything on it.
#[non_exhaustive]
pub struct Pairing {
    /// The device's X25519 public key, which identifies it.
    pub device_public_key: [u8; STATIC_KEY],
    /// This computer's X25519 private key for this device.
    pub host_private_key: SecretBytes<STATIC_KEY>,
    /// The credential that the device issued.
    pub credential: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Pairing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pairing({})", self.id())
    }
}

/// An error of the storage behind [`Pairings`].
pub type PairingsError = Box<dyn std::error::Error + Send + Sync>;

/// Storage for pairings. This crate has no storage of its own.
pub trait Pairings: Send + Sync {
    /// Returns all readable pairings, and the errors of the others.
    fn load(&self) -> (Vec<Pairing>, Vec<PairingsError>);

    /// Stores `pairing`, and replaces an earlier one with the same device.
    fn keep(&self, pairing: &Pairing) -> Result<(), PairingsError>;

    /// This computer's name, which the device shows to its user.
    fn host_name(&self) -> String;
}

/// Stores nothing: every connection is paired again.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPairings;

impl Pairings for NoPairings {
    fn load(&self) -> (Vec<Pairing>, Vec<PairingsError>) {
        (Vec::new(), Vec::new())
    }

    fn keep(&self, _pairing: &Pairing) -> Result<(), PairingsError> {
        Ok(())
    }

    fn host_name(&self) -> String {
        "this computer".to_owned()
    }
}

/// The stored form: JSON, with all bytes in hex.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Text {
    format: String,
    version: u64,
    device_public_key: String,
    host_private_key: String,
    credential: String,
}

const FORMAT: &str = "stockade-trezor-pairing";
const VERSION: u64 = 1;

/// A text is not a pairing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a pairing of version 1: remove it and pair the device again")]
#[non_exhaustive]
pub struct PairingTextError;

impl Pairing {
    /// The longest text of a pairing, in bytes.
    pub const MAX_LEN: u64 = MAX_TEXT as u64;

    /// Combines the parts of a pairing.
    pub fn new(
        device_public_key: [u8; STATIC_KEY],
        host_private_key: SecretBytes<STATIC_KEY>,
        credential: Vec<u8>,
    ) -> Self {
        Self { device_public_key, host_private_key, credential: Zeroizing::new(credential) }
    }

    /// Distinguishes it from pairings with other devices: 16 hex characters.
    pub fn id(&self) -> String {
        hex::encode(self.device_public_key.get(..8).unwrap_or_default())
    }

    /// The stored form, described in `docs/formats/trezor-pairing.md`.
    pub fn to_text(&self) -> Zeroizing<String> {
        let text = Text {
            format: FORMAT.to_owned(),
            version: VERSION,
            device_public_key: hex::encode(self.device_public_key),
            host_private_key: hex::encode(self.host_private_key.expose()),
            credential: hex::encode(&self.credential),
        };
        // Strings and a number can always be serialized.
        Zeroizing::new(serde_json::to_string(&text).unwrap_or_default() + "\n")
    }

    /// Reads the stored form, as written by [`to_text`](Self::to_text).
    pub fn parse(bytes: &[u8]) -> Result<Self, PairingTextError> {
        if bytes.len() > MAX_TEXT {
            return Err(PairingTextError);
        }
        let text: Text = serde_json::from_slice(bytes).map_err(|_| PairingTextError)?;
        if text.format != FORMAT || text.version != VERSION {
            return Err(PairingTextError);
        }
        let mut device_public_key = [0; STATIC_KEY];
        hex::decode_to_slice(&text.device_public_key, &mut device_public_key)
            .map_err(|_| PairingTextError)?;
        let host_private_key =
            SecretBytes::try_new(|key| hex::decode_to_slice(&text.host_private_key, key))
                .map_err(|_| PairingTextError)?;
        let credential = hex::decode(&text.credential).map_err(|_| PairingTextError)?;
        Ok(Self::new(device_public_key, host_private_key, credential))
    }

    /// The payload with which the handshake presents the credential.
    pub(super) fn handshake_payload(&self) -> Zeroizing<Vec<u8>> {
        let mut payload = ThpHandshakeCompletionReqNoisePayload::new();
        payload.host_pairing_credential = Some(self.credential.to_vec());
        // A message with one field of bytes can always be encoded.
        let bytes = Zeroizing::new(payload.write_to_bytes().unwrap_or_default());
        payload.host_pairing_credential.zeroize();
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairing() -> Pairing {
        Pairing::new([0xa5; STATIC_KEY], SecretBytes::new(|key| key.fill(7)), vec![1, 2, 3])
    }

    #[test]
    fn a_stored_pairing_is_read_back_and_debug_does_not_show_it() {
        let read = Pairing::parse(pairing().to_text().as_bytes()).unwrap();
        assert_eq!(read.device_public_key, pairing().device_public_key);
        assert_eq!(read.host_private_key.expose(), pairing().host_private_key.expose());
        assert_eq!(read.credential, pairing().credential);
        assert_eq!(format!("{read:?}"), "Pairing(a5a5a5a5a5a5a5a5)");
    }

    #[test]
    fn other_texts_are_rejected() {
        let good = pairing().to_text();
        for (from, to) in [
            ("stockade-trezor-pairing", "stockade-custodian"),
            ("\"version\":1", "\"version\":2"),
            ("a5a5", "a5"),
            ("0707", "07zz"),
            ("}", ",\"more\":1}"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, *good);
            assert_eq!(Pairing::parse(bad.as_bytes()).unwrap_err(), PairingTextError, "{bad}");
        }
        assert!(Pairing::parse(&[b' '; MAX_TEXT + 1]).is_err());
    }
}
