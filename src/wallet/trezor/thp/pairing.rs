//! What is kept of a pairing, and where.

use std::fmt;

use protobuf::Message as _;
use serde::{Deserialize, Serialize};
use trezor_client::protos::ThpHandshakeCompletionReqNoisePayload;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use stockade_base::secret::SecretBytes;

/// The length of an X25519 key, in bytes.
pub const STATIC_KEY: usize = 32;

/// Far longer than any pairing that this writes.
const MAX_TEXT: usize = 4096;

/// What lets this computer connect again to a device that it was paired with. Whoever has it can
/// talk to the device in this computer's name, and still approve nothing on it.
pub struct Pairing {
    /// The device's X25519 public key, by which it is known again.
    pub device_public_key: [u8; STATIC_KEY],
    /// This computer's X25519 private key, for this device alone.
    pub host_private_key: SecretBytes<STATIC_KEY>,
    /// What the device gave to be shown it again.
    pub credential: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Pairing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pairing({})", self.id())
    }
}

/// Why pairings could not be read or kept.
pub type PairingsError = Box<dyn std::error::Error + Send + Sync>;

/// Where pairings are kept. The library has no such place of its own.
pub trait Pairings: Send + Sync {
    /// All that can be read, and why others cannot.
    fn load(&self) -> (Vec<Pairing>, Vec<PairingsError>);

    /// Keeps one, in the place of an earlier one with the same device.
    fn keep(&self, pairing: &Pairing) -> Result<(), PairingsError>;

    /// What the device calls this computer when it asks its user.
    fn host_name(&self) -> String;
}

/// Keeps none: every connection is paired anew.
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

/// As it is written: JSON, all bytes in hex.
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

/// A text that is no pairing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no pairing of version 1")]
pub struct PairingTextError;

impl Pairing {
    /// The most bytes that the text of one takes.
    pub const MAX_LEN: u64 = MAX_TEXT as u64;

    /// What tells it from pairings with other devices: 16 hex characters.
    pub fn id(&self) -> String {
        hex::encode(self.device_public_key.get(..8).unwrap_or_default())
    }

    /// As it is kept: see `docs/formats/trezor-pairing.md`.
    pub fn to_text(&self) -> Zeroizing<String> {
        let text = Text {
            format: FORMAT.to_owned(),
            version: VERSION,
            device_public_key: hex::encode(self.device_public_key),
            host_private_key: hex::encode(self.host_private_key.expose()),
            credential: hex::encode(&self.credential),
        };
        // Strings and a number always serialise.
        Zeroizing::new(serde_json::to_string(&text).unwrap_or_default() + "\n")
    }

    /// Reads what [`to_text`](Self::to_text) wrote.
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
        Ok(Self { device_public_key, host_private_key, credential: Zeroizing::new(credential) })
    }

    /// What the handshake shows the device of it.
    pub(super) fn handshake_payload(&self) -> Zeroizing<Vec<u8>> {
        let mut payload = ThpHandshakeCompletionReqNoisePayload::new();
        payload.host_pairing_credential = Some(self.credential.to_vec());
        // A message with one field of bytes always serialises.
        let bytes = Zeroizing::new(payload.write_to_bytes().unwrap_or_default());
        payload.host_pairing_credential.zeroize();
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairing() -> Pairing {
        Pairing {
            device_public_key: [0xa5; STATIC_KEY],
            host_private_key: SecretBytes::new(|key| key.fill(7)),
            credential: Zeroizing::new(vec![1, 2, 3]),
        }
    }

    #[test]
    fn a_pairing_survives_being_kept_and_is_not_shown() {
        let read = Pairing::parse(pairing().to_text().as_bytes()).unwrap();
        assert_eq!(read.device_public_key, pairing().device_public_key);
        assert_eq!(read.host_private_key.expose(), pairing().host_private_key.expose());
        assert_eq!(read.credential, pairing().credential);
        assert_eq!(format!("{read:?}"), "Pairing(a5a5a5a5a5a5a5a5)");
    }

    #[test]
    fn what_is_no_pairing_is_refused() {
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
