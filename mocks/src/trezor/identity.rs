//! The service for which a key is used (SLIP-0013, SLIP-0017): its URI, and the key's path.

use sha2::{Digest as _, Sha256};

use super::protobuf::Message;

/// The purposes: signing (SLIP-0013) and shared secrets (SLIP-0017).
pub(super) const SIGNS: u32 = 13;
pub(super) const SHARES: u32 = 17;

const HARDENED: u32 = 1 << 31;

pub(super) struct Identity {
    pub(super) proto: String,
    uri: String,
    index: u32,
}

impl Identity {
    /// Reads an IdentityType (messages-crypto.proto).
    pub(super) fn read(bytes: &[u8]) -> Self {
        let (message, _) = Message::read(bytes);
        let text = |field| message.text(field).filter(|text| !text.is_empty());
        let proto = text(1).unwrap_or_default();
        let mut uri = String::new();
        if !proto.is_empty() {
            uri += &format!("{proto}://");
        }
        if let Some(user) = text(2) {
            uri += &format!("{user}@");
        }
        uri += &text(3).unwrap_or_default();
        if let Some(port) = text(4) {
            uri += &format!(":{port}");
        }
        uri += &text(5).unwrap_or_default();
        Self { proto, uri, index: message.number(6).unwrap_or_default() as u32 }
    }

    /// The text for the user.
    pub(super) fn shown(&self) -> &str {
        &self.uri
    }

    /// `purpose'` and the first four words of the hash of index and URI, little-endian.
    pub(super) fn path(&self, purpose: u32) -> Vec<u32> {
        let hash = Sha256::new()
            .chain_update(self.index.to_le_bytes())
            .chain_update(self.uri.as_bytes())
            .finalize();
        let word =
            |bytes: &[u8]| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        let words = hash.chunks(4).take(4).map(|bytes| word(bytes) | HARDENED);
        std::iter::once(purpose | HARDENED).chain(words).collect()
    }
}
